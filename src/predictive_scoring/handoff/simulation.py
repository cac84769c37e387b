"""An agreement tried on history before anybody signs it: whom it would have handed over, and what became of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff import weeks
from predictive_scoring.handoff.again import SalesWords
from predictive_scoring.handoff.budgets import Purses
from predictive_scoring.handoff.desk import first_given
from predictive_scoring.handoff.eligible import Position, obstacles
from predictive_scoring.handoff.forecast import QUARTER_DAYS, Forecast, PastWeeks, forecast, time_after
from predictive_scoring.handoff.question import Question, World, record_of
from predictive_scoring.handoff.record import Record, what_became, within
from predictive_scoring.handoff.replay import Candidates, Replay, replay
from predictive_scoring.model.points_table import PointsTable
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, to_datetime, to_micros
from predictive_scoring.snapshots.population import OPEN, status_at

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_TABLE_EVERY: Final = 4  # weeks: looks at one lead are alike, and the points table needs no more of them


@dataclass(frozen=True)
class Simulation:
    """Whom the agreement and the points table hand over, from before its start to after its end."""

    question: Question
    world: World
    looks: weeks.Looks
    above: Flags  # (n,) looks whose grade and chance meet the agreement
    obstacles: dict[str, Flags]  # what else keeps each look's person back
    by_model: Replay
    by_points: Replay | None
    without_line: Replay  # whom the weeks would take if chance alone drew the line

    @cached_property
    def _span(self) -> tuple[int, int]:
        return to_micros(self.question.start), to_micros(self.question.until)

    def counted(self, found: Replay) -> Ints:
        """Return the places of those whom the weeks from start to end handed over."""
        monday = self.looks.monday[found.rows]
        return found.rows[(monday >= self._span[0]) & (monday < self._span[1])]

    def figures(self) -> dict[str, Any]:
        """Return what the agreement would have done, and what else was or could have been done in the same weeks.

        Returns
        -------
        dict
            model, points, given, contacted and accepted, each what `what_became` returns or None; above_the_line,
            weeks, proposal, without_a_line, forecast, happened.
        """
        record, asked = self.world.record, self.question.asked
        rows = self.counted(self.by_model)
        chance = self.looks.chance[rows]
        mature = self.looks.monday[rows] + asked.horizon <= record.complete_until
        found: dict[str, Any] = {
            "model": self._became(rows) | {"expected_of_mature": float(chance[mature].sum())},
            "points": None if self.by_points is None else self._became(self.counted(self.by_points)),
        }
        given = self.question.given
        in_fact = {
            "given": None if given is None else first_given(given, self.world.history, self._span),
            "contacted": self._first_contacts(),
            "accepted": record.accepted,
        }
        for name, at in in_fact.items():
            if at is None:
                found[name] = None
                continue
            people = np.flatnonzero((at >= self._span[0]) & (at < self._span[1]))
            people = people[self._was_open(people, at[people])]
            found[name] = what_became(record, people, at[people], asked)
        return found | {
            "above_the_line": self.above_the_line(),
            "weeks": list(self.weeks(self.by_model)),
            "proposal": self.proposal(self.by_model),
            "without_a_line": self.proposal(self.without_line),
            "forecast": self.forecast(),
            "happened": self.happened(),
        }

    def _became(self, rows: Ints) -> dict[str, Any]:
        looks = self.looks
        return what_became(self.world.record, looks.lead_no[rows], looks.monday[rows], self.question.asked)

    def _first_contacts(self) -> Micros:
        everybody = np.arange(len(self.world.held.created))
        return self.world.record.first_contact(everybody, np.full(len(everybody), -NEVER))

    def _was_open(self, people: Ints, at: Micros) -> Flags:
        when = np.full(len(self.world.held.created), 0, np.int64)
        when[people] = at
        policy = self.question.bundle.terms.snapshots
        is_open: Flags = status_at(self.world.held, when, policy.max_age_days)[people] == OPEN
        return is_open

    def weeks(self, found: Replay) -> Iterator[dict[str, Any]]:
        """Yield for each Monday: whom it hands over, the least chance among them, who waits below, what became."""
        rows = self.counted(found)
        record, horizon = self.world.record, self.question.horizon
        lead_no, at = self.looks.lead_no[rows], self.looks.monday[rows]
        converted, accepted = (within(each[lead_no], at, horizon) for each in (record.reached, record.accepted))
        for monday in weeks.mondays(*self._span).tolist():
            mine = at == monday
            yield {
                "monday": to_datetime(monday).date().isoformat(),
                "handed_over": int(mine.sum()),
                "left_below": found.left_below.get(monday, 0),
                "least_chance": float(self.looks.chance[rows[mine]].min()) if mine.any() else None,
                "mature": bool(monday + horizon <= record.complete_until),
                "converted": int(converted[mine].sum()),
                "accepted": int(accepted[mine].sum()),
            }

    def above_the_line(self) -> dict[str, float]:
        """Return how many open people a Monday found above the line on average, by what became of them there.

        Who is kept back by several things is counted for the first. ``before`` are those handed over earlier.
        """
        start, until = self._span
        mine = self.above & (self.looks.monday >= start) & (self.looks.monday < until)
        days = weeks.mondays(start, until).tolist()
        first = np.select([*self.obstacles.values()], [*self.obstacles], "")[mine]
        found = {name: int((first == name).sum()) for name in self.obstacles}
        found["handed_over"] = len(self.counted(self.by_model))
        found["beyond_capacity"] = sum(self.by_model.left_below.get(day, 0) for day in days)
        found["before"] = int(mine.sum()) - sum(found.values())
        return {name: n / len(days) for name, n in found.items()}

    def proposal(self, found: Replay) -> dict[str, Any] | None:
        """Return the chance that fills the capacity by itself, with what it would have brought; None: never full.

        It is the median over the full weeks of the least chance that was handed over. Nobody moves it but the teams.
        """
        calls = self.question.rules.hand_off.calls_per_week
        full = [week for week in self.weeks(found) if week["handed_over"] == calls]
        if not full:
            return None
        least = float(np.median([week["least_chance"] for week in full]))
        rows = self.counted(found)
        kept = self._became(rows[self.looks.chance[rows] >= least])
        return {"least_probability": least, "full_weeks": len(full), "kept": kept}

    def forecast(self) -> Forecast | None:
        """Return how many of those handed over in the quarter after the end should convert in it."""
        rows = self.counted(self.by_model)
        days, record = weeks.mondays(*self._span), self.world.record
        at, reached = self.looks.monday[rows], record.reached[self.looks.lead_no[rows]]
        week = np.searchsorted(days, at)
        volume = np.bincount(week, self.looks.chance[rows], minlength=len(days)).astype(np.float64)
        did = (reached >= at) & (reached < record.complete_until)
        past = PastWeeks(days, volume, week[did], (reached - at)[did], record.complete_until)
        return forecast(past, self._span[1], self.question.asked.level)

    def happened(self) -> int | None:
        """Return how many of them did, where the history goes on for so long; None where it does not."""
        start, end = self._span[1], self._span[1] + QUARTER_DAYS * DAY
        later = self._later_record()
        if later is None or later.complete_until < end:
            return None
        rows = self.by_model.rows
        at = self.looks.monday[rows]
        mine = (at >= start) & (at < end)
        reached = later.reached[self.looks.lead_no[rows[mine]]]
        return int(((reached >= at[mine]) & (reached < end)).sum())

    def _later_record(self) -> Record | None:
        observed = self.world.history.facts.observed_until
        if observed is None:
            return None
        world = self.world
        return record_of(world.history, world.held, world.lives, self.question, to_micros(observed))


def simulate_agreement(history: History, question: Question) -> Simulation:
    """Return the replay of an agreement on a history, week by week.

    Each Monday looks at the open leads with what was known before it, and hands over the best that meet the agreement,
    as many as sales can take. Weeks before the start hand over too, as many as a lead can be old, and are not counted:
    a team that begins on a day has called people before, and would otherwise start with a harvest of the whole stock.
    The points table is made of what was known at the start; each week it hands over as many as the model did, of the
    same people, whatever their grade.

    Raises
    ------
    ConfigurationError
        If the history is flat, or start and end enclose no Monday.
    """
    start, until = to_micros(question.start), to_micros(question.until)
    if not len(weeks.mondays(start, until)):
        raise ConfigurationError("agreement simulate: no Monday lies between --from and --until")
    world = World.of(history, question)
    policy = question.bundle.terms.snapshots
    days = weeks.mondays(start - policy.max_age_days * DAY, until + time_after(history, until))
    lead_no, at = weeks.open_on(world.held, days, policy)
    table = _points_table(world, question, start) if question.with_points else None
    looks = weeks.scored(question.bundle, history, lead_no, at, table, question.rules.grades)
    position = Position.of(world.lives, len(world.held.created), lead_no, at)
    rules = question.rules.hand_off
    kept_back = obstacles(history, question.rules, position, lead_no, at)
    word = None
    if question.said is not None:
        words = SalesWords.of(question.said, history, question.rules.own_actions)
        kept_back["decided"] = words.decided(lead_no, at, position.came_back, rules.comes_again, heard=at)
        word = words.last(lead_no, at)
    may = ~np.logical_or.reduce(list(kept_back.values()))
    above = np.isin(looks.grade, rules.grades) & (looks.chance >= rules.least_probability)
    purses = Purses.of(history, rules.budgets, lead_no, at)

    def chosen(merit: weeks.Floats, fits: Flags, calls: dict[int, int]) -> Replay:
        rule = rules.comes_again
        return replay(Candidates(lead_no, at, merit, fits, position.came_back, rule, purses, word), calls)

    every = dict.fromkeys(days.tolist(), rules.calls_per_week)
    by_model, without_line = chosen(looks.chance, may & above, every), chosen(looks.chance, may, every)
    by_points = None
    if looks.points is not None:
        mondays, counts = np.unique(at[by_model.rows], return_counts=True)
        by_points = chosen(looks.points, may, dict(zip(mondays.tolist(), counts.tolist(), strict=True)))
    return Simulation(question, world, looks, above, kept_back, by_model, by_points, without_line)


def _points_table(world: World, question: Question, start: int) -> PointsTable | None:
    """Return the points table that could be made at the start, of all that was known then."""
    bundle, held = question.bundle, world.held
    known = record_of(world.history, held, world.lives, question, start)
    created = held.created[held.created > -NEVER]
    days = weeks.mondays(int(created.min(initial=start)), known.complete_until - question.horizon + 1)
    lead_no, at = weeks.open_on(held, days[::-_TABLE_EVERY][::-1], bundle.terms.snapshots)
    decided = known.reached[lead_no] < at
    lead_no, at = lead_no[~decided], at[~decided]
    converted = within(known.reached[lead_no], at, question.horizon).astype(np.float64)
    return weeks.points_table(bundle, world.history, lead_no, at, converted)
