"""Whether everybody is in exactly one state at every instant, along declared ways, and whether the funnel adds up.

    python benchmarks/walk.py --history data/interim --agreement data/agreement.yaml
    python benchmarks/walk.py --history DIR --agreement data/agreements/bpic2012.yaml --instants 60 --by-hand 200

takes a history that `extract` wrote, looks at so many instants spread over its life, and holds what the life cycle says
against the rows: nothing is asked of the package but its table of moves and its funnel. Some people are walked through
once more by a plain loop over their own rows. Ends with 1 if anything is broken.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import Agreement, Condition, load_agreement
from predictive_scoring.agreement.funnel import Step, counts, steps
from predictive_scoring.agreement.held import as_told, held_from
from predictive_scoring.agreement.life import lives, states_at
from predictive_scoring.agreement.states import EDGES, Mark, State
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.params import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.snapshots.instants import NEVER, micros_of, to_datetime, to_micros
from predictive_scoring.storage import read_parquet

WITHIN = timedelta(days=90)
Move = tuple[int, State, Mark | None]  # microseconds, the state that began, and what began it


def moves_of(found: pa.Table) -> dict[int, list[Move]]:
    """Return each person's moves in the order of the table."""
    moves: dict[int, list[Move]] = {}
    columns = (found["lead_no"], pc.cast(found["since"], pa.int64()), found["state"], found["mark"])
    for person, at, state, mark in zip(*(column.to_pylist() for column in columns), strict=True):
        moves.setdefault(person, []).append((at, State(state), None if mark is None else Mark(mark)))
    return moves


def broken_moves(moves: dict[int, list[Move]]) -> Iterator[str]:
    """Yield every move that no edge declares, every one back in time, and every life that begins otherwise."""
    for person, life in moves.items():
        if life[0][1:] != (State.CONTACT, None):
            yield f"{person} begins as {life[0][1].name}"
        for (before, start, _), (at, end, mark) in pairwise(life):
            if at < before or mark is None or EDGES[start].get(mark) is not end:
                yield f"{person}: {start.name} to {end.name} by {mark}"


def in_force(life: list[Move], at: int) -> list[State]:
    """Return every state whose half-open stretch of time holds an instant: one, if nothing is broken."""
    ends = [since for since, _, _ in life[1:]] + [NEVER]
    return [state for (since, state, _), end in zip(life, ends, strict=True) if since < at <= end]


def broken_states(
    found: pa.Table, moves: dict[int, list[Move]], created: dict[int, int], at: datetime
) -> Iterator[str]:
    """Yield who is in no state, in several or in another than the table says, and who is in one before creation."""
    said = states_at(found, at)
    now = Counter(said["lead_no"].to_pylist())
    states = dict(zip(said["lead_no"].to_pylist(), said["state"].to_pylist(), strict=True))
    for person, since in created.items():
        held = in_force(moves.get(person, []), to_micros(at)) if moves.get(person) else []
        if since >= to_micros(at):
            if now[person] or held:
                yield f"{person} before creation"
        elif now[person] != 1 or held != [State(states[person])]:
            yield f"{person}: {now[person]} states, {[state.name for state in held]}"


def broken_funnel(found: pa.Table, n_created: int, groups: list[np.ndarray[Any, Any]], at: datetime) -> Iterator[str]:
    """Yield every sum of the funnel that does not come out; groups share everybody out."""
    if n_created == 0:
        return
    told = as_told(found, at)
    if (n := sum(counts(told, at).values())) != n_created:
        yield f"{n} people in states, {n_created} created"
    walked = list(steps(told, at, WITHIN))
    if walked and walked[0].n_entered != n_created:
        yield f"{walked[0].n_entered} contacts of {n_created}"
    for step in walked:
        if step.n_entered != step.n_mature + step.n_immature or not 0 <= step.n_went_on <= step.n_mature:
            yield f"{step}"
    for step, following in product(walked, walked):
        if following.start is step.end and step.n_reached + step.n_around != following.n_entered:
            yield f"{step.n_reached} + {step.n_around} came to {step.end.name}, {following.n_entered} entered it"
    parts = [list(steps(told, at, WITHIN, members)) for members in groups]
    yield from _broken_parts(walked, parts)


def _broken_parts(walked: list[Step], parts: list[list[Step]]) -> Iterator[str]:
    for place, step in enumerate(walked):
        for name in ("n_entered", "n_mature", "n_immature", "n_went_on", "n_reached", "n_around"):
            if sum(getattr(part[place], name) for part in parts) != getattr(step, name):
                yield f"{name} of {step.start.name} to {step.end.name}: parts do not add up"


def by_hand(person: int, rows: "Rows", agreement: Agreement, at: int) -> State:
    """Return a person's state by a plain loop over its own rows."""
    marks = sorted((max(when, rows.created[person]), mark) for when, mark in rows.marks(person, agreement))
    held = rows.held[person]
    if held < NEVER:
        marks = sorted([(when, mark) for when, mark in marks if when < held] + [(held, Mark.HELD)])
    state = State.CONTACT
    for when, mark in marks:
        if when < at:
            state = EDGES[state].get(mark, state)
    return state


class Rows:
    """The rows of a few people, as plain values."""

    def __init__(
        self, history: History, people: list[int], held: np.ndarray[Any, Any], created: dict[int, int]
    ) -> None:
        self.created, self.held = created, held
        self.acts: dict[int, list[tuple[int, str]]] = {person: [] for person in people}
        self.said: dict[int, list[tuple[int, str]]] = {person: [] for person in people}
        wanted = pa.array(people, pa.int64())
        acts = read_parquet(history.path("activities"), ["lead_no", "known_at", "kind", "direction"])
        acts = acts.filter(pc.is_in(acts["lead_no"].cast(pa.int64()), wanted))
        kinds, ways = (acts[name].cast(pa.string()).to_pylist() for name in ("kind", "direction"))
        owners = acts["lead_no"].to_pylist()
        for person, at, kind, way in zip(owners, micros_of(acts["known_at"]).tolist(), kinds, ways, strict=True):
            if way != "outbound":
                self.acts[person].append((at, kind))
        said = read_parquet(history.path("outcomes"), ["lead_no", "known_at", "stage"])
        said = said.filter(pc.is_in(said["lead_no"].cast(pa.int64()), wanted))
        stages = said["stage"].cast(pa.string()).to_pylist()
        for person, at, stage in zip(
            said["lead_no"].to_pylist(), micros_of(said["known_at"]).tolist(), stages, strict=True
        ):
            self.said[person].append((at, stage))

    def marks(self, person: int, agreement: Agreement) -> Iterator[tuple[int, Mark]]:
        """Yield every mark of a person, each judged by the version of its day."""
        for at, kind in self.acts[person]:
            version = agreement.on(to_datetime(at).date())
            own = [(when, what) for when, what in self.acts[person] if what in version.own_actions]
            if kind in version.own_actions:
                yield at, Mark.OWN_ACTION
                for mark, rule in ((Mark.MQL, version.mql), (Mark.PQL, version.pql)):
                    if any(kind in asked.kinds and _is_met(asked, own, at) for asked in rule.any_of):
                        yield at, mark
        for at, stage in self.said[person]:
            stages = agreement.on(to_datetime(at).date()).stages
            for mark, names in (
                (Mark.SQL, stages.sql), (Mark.OPPORTUNITY, stages.opportunity), (Mark.CUSTOMER, stages.customer),
                (Mark.LOST, stages.lost),
            ):  # fmt: skip
                if stage in names:
                    yield at, mark


def _is_met(asked: Condition, own: list[tuple[int, str]], at: int) -> bool:
    start = at - asked.within_days * 86_400_000_000
    return sum(start <= when <= at and kind in asked.kinds for when, kind in own) >= asked.at_least


def instants(history: History, created: dict[int, int], n: int) -> list[datetime]:
    """Return so many instants from the first person's creation to the end of the history."""
    end = history.facts.observed_until
    assert end is not None
    start = to_datetime(min(created.values()))
    return [start + (end - start) * place / n for place in range(1, n + 1)]


def broken(
    history: History, agreement: Agreement, rules: Exclude, n_instants: int, n_by_hand: int
) -> tuple[str, list[str]]:
    """Return what was looked at, in words, and everything that is broken."""
    found = lives(history, agreement, rules)
    since = micros_of(read_parquet(history.path("leads")).sort_by("lead_no")["created_at"])
    created = {person: int(at) for person, at in enumerate(since) if abs(int(at)) < NEVER}
    moves = moves_of(found)
    some = sorted(random.Random(0).sample(sorted(created), min(n_by_hand, len(created))))
    rows = Rows(history, some, held_from(history, rules), created)
    thirds = [np.array([person for person in created if person % 3 == part]) for part in range(3)]
    problems, n_states = list(broken_moves(moves)), 0
    for at in instants(history, created, n_instants):
        n_created = sum(when < to_micros(at) for when in created.values())
        n_states += n_created
        problems += [*broken_states(found, moves, created, at), *broken_funnel(found, n_created, thirds, at)]
        for person in some:
            states, plain = in_force(moves[person], to_micros(at)), by_hand(person, rows, agreement, to_micros(at))
            if created[person] < to_micros(at) and states != [plain]:
                problems.append(f"{person} on {at:%Y-%m-%d}: {[state.name for state in states]}, by hand {plain.name}")
    n_moves = sum(len(life) - 1 for life in moves.values())
    return (
        f"{history.facts.name}: {len(created):,} people, {n_moves:,} moves, {n_instants} instants, {n_states:,} states;"
        f" {len(some)} people by hand at each instant"
    ), problems


def main() -> None:
    """Print what was looked at and everything that is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=Path, required=True)
    parser.add_argument("--agreement", type=Path, required=True)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--instants", type=int, default=60)
    parser.add_argument("--by-hand", type=int, default=200)
    asked = parser.parse_args()
    rules = load_params(asked.params).snapshots.exclude
    history, agreement = History.load(asked.history), load_agreement(asked.agreement)
    said, problems = broken(history, agreement, rules, asked.instants, asked.by_hand)
    print(f"{said}; broken: {len(problems)}")
    for problem in problems[:20]:
        print(f"  {problem}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
