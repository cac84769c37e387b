"""Everybody is in one state at every instant, gets there along declared ways, and by what was known by then."""

import random
import re
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from history_builder import write_history
from predictive_scoring.agreement import life
from predictive_scoring.agreement.definition import (
    Agreement,
    Condition,
    Grading,
    Qualification,
    Version,
    load_agreement,
)
from predictive_scoring.agreement.funnel import counts, steps
from predictive_scoring.agreement.held import as_told, held_from
from predictive_scoring.agreement.life import lives, states_at
from predictive_scoring.agreement.states import EDGES, Mark, State
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.storage import read_parquet

START = datetime(2024, 1, 1, tzinfo=UTC)
DOWNLOADS = Condition(kinds=("download", "webinar"), at_least=2, within_days=10)
AGREEMENT = Agreement(
    versions=(
        Version(
            valid_from="2024-01-01",
            own_actions=("visit", "download", "webinar", "demo", "login"),
            mql=Qualification(any_of=(Condition(kinds=("demo",)), DOWNLOADS)),
            pql=Qualification(any_of=(Condition(kinds=("login",), at_least=3, within_days=7),)),
        ),
        Version(
            valid_from="2024-03-01",
            own_actions=("visit", "download", "webinar", "demo", "login"),
            mql=Qualification(any_of=(Condition(kinds=("demo",), at_least=2, within_days=30),)),
        ),
    )
)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def _random_rows(seed: int) -> dict[str, list[dict[str, Any]]]:
    lot = random.Random(seed)
    leads = [{"lead_id": f"L{n}", "created_at": day(lot.randrange(60))} for n in range(12)]
    activities, outcomes = [], []
    for lead in leads:
        for _ in range(lot.randrange(14)):
            at = day(lot.randrange(120) + lot.choice((0, 0.5)))
            activities.append(
                {
                    "lead_id": lead["lead_id"],
                    "occurred_at": at,
                    "recorded_at": at + timedelta(days=lot.choice((0, 0, 4))),
                    "kind": lot.choice(("visit", "download", "webinar", "demo", "login", "mail")),
                    "direction": lot.choice((None, "inbound", "outbound")),
                }
            )  # fmt: skip
        for _ in range(lot.randrange(4)):
            at = lead["created_at"] + timedelta(days=lot.randrange(80))
            stage = lot.choice(("sql", "opportunity", "won", "lost", "meeting"))
            outcomes.append({"lead_id": lead["lead_id"], "occurred_at": at, "stage": stage})
    return {"leads": leads, "activities": activities, "outcomes": outcomes}


def _by_hand(rows: dict[str, list[dict[str, Any]]], as_of: datetime) -> dict[str, str]:
    """Walk through each person's rows, one after the other."""
    found = {}
    for lead in rows["leads"]:
        if lead["created_at"] < as_of:
            state = State.CONTACT
            for at, mark in sorted((max(at, lead["created_at"]), mark) for at, mark in _marks(rows, lead["lead_id"])):
                state = EDGES[state].get(mark, state) if at < as_of else state
            found[lead["lead_id"]] = state.name
    return found


def _marks(rows: dict[str, list[dict[str, Any]]], lead_id: str) -> list[tuple[datetime, Mark]]:
    own = [
        (max(row["occurred_at"], row["recorded_at"]), row["kind"])
        for row in rows["activities"]
        if row["lead_id"] == lead_id and row["direction"] != "outbound" and row["kind"] != "mail"
    ]
    marks = [(at, Mark.OWN_ACTION) for at, _ in own]
    for at, kind in own:
        version = AGREEMENT.versions[0 if at < datetime(2024, 3, 1, tzinfo=UTC) else 1]
        for mark, rule in ((Mark.MQL, version.mql), (Mark.PQL, version.pql)):
            marks += [(at, mark) for asked in rule.any_of if kind in asked.kinds and _is_met(asked, own, at)]
    names = {"sql": Mark.SQL, "opportunity": Mark.OPPORTUNITY, "won": Mark.CUSTOMER, "lost": Mark.LOST}
    said = [row for row in rows["outcomes"] if row["lead_id"] == lead_id and row["stage"] in names]
    return marks + [(row["occurred_at"], names[row["stage"]]) for row in said]


def _is_met(asked: Condition, own: list[tuple[datetime, str]], at: datetime) -> bool:
    start = at - timedelta(days=asked.within_days)
    return sum(start <= other <= at and kind in asked.kinds for other, kind in own) >= asked.at_least


def _states(history: History, as_of: datetime) -> dict[str, str]:
    table = states_at(lives(history, AGREEMENT, Exclude()), as_of)
    names = [f"L{n}" for n in range(12)]
    order = sorted(names)  # leads without an account are numbered in the order of their ids
    return {
        order[no]: State(s).name for no, s in zip(table["lead_no"].to_pylist(), table["state"].to_pylist(), strict=True)
    }


@pytest.mark.parametrize("seed", range(25))
def test_states_are_those_of_a_walk_through_the_rows(seed: int, tmp_path: Path) -> None:
    rows = _random_rows(seed)
    history = write_history(tmp_path, **rows)  # type: ignore[arg-type]
    for as_of in (day(20.25), day(59), day(61), day(140)):
        assert _states(history, as_of) == _by_hand(rows, as_of)


def test_the_planted_bug_of_a_window_closed_too_early_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = life._met
    monkeypatch.setattr(life, "_met", lambda own, rule: (q.replace("n >= 2", "n >= 3") for q in real(own, rule)))
    wrong = 0
    for seed in range(25):
        rows = _random_rows(seed)
        history = write_history(tmp_path / str(seed), **rows)  # type: ignore[arg-type]
        wrong += _states(history, day(140)) != _by_hand(rows, day(140))
    assert wrong > 0


@pytest.mark.parametrize("seed", range(10))
def test_moves_follow_declared_edges_and_what_comes_later_changes_no_state(seed: int, tmp_path: Path) -> None:
    rows = _random_rows(seed)
    found = lives(write_history(tmp_path / "whole", **rows), AGREEMENT, Exclude())  # type: ignore[arg-type]
    people, states, marks = (found[name].to_pylist() for name in ("lead_no", "state", "mark"))
    for place in range(1, len(people)):
        if people[place] == people[place - 1]:
            assert EDGES[State(states[place - 1])][Mark(marks[place])] == State(states[place])
    cut = day(61)
    early = {
        "leads": rows["leads"],
        "activities": [row for row in rows["activities"] if row["recorded_at"] < cut],
        "outcomes": [row for row in rows["outcomes"] if row["occurred_at"] < cut],
    }
    again = lives(write_history(tmp_path / "cut", **early), AGREEMENT, Exclude())  # type: ignore[arg-type]
    assert states_at(found, cut).equals(states_at(again, cut))


def test_counts_add_up_to_everybody_and_steps_to_those_who_entered(tmp_path: Path) -> None:
    rows = _random_rows(3)
    found = lives(write_history(tmp_path, **rows), AGREEMENT, Exclude())  # type: ignore[arg-type]
    for as_of in (day(50), day(140)):
        created = sum(lead["created_at"] < as_of for lead in rows["leads"])
        assert sum(counts(found, as_of).values()) == created
        first, *others = steps(found, as_of, timedelta(days=30))
        assert first.start is State.CONTACT
        assert first.n_entered == created
        for step in (first, *others):
            assert step.n_entered == step.n_mature + step.n_immature
            assert 0 <= step.n_went_on <= step.n_mature


@pytest.mark.parametrize("seed", range(25))
def test_whoever_entered_a_state_came_by_the_step_or_went_around_it(seed: int, tmp_path: Path) -> None:
    found = lives(write_history(tmp_path, **_random_rows(seed)), AGREEMENT, Exclude())  # type: ignore[arg-type]
    until = day(140)
    walked = list(steps(found, until, timedelta(days=20)))
    for step, following in product(walked, walked):
        if following.start is step.end:
            assert step.n_reached + step.n_around == following.n_entered
    tried = State.PQL in found.filter(pc.less(found["since"], pa.scalar(until)))["state"].to_pylist()
    by_product = [(step.start, step.end) for step in walked if State.PQL in {step.start, step.end}]
    assert by_product == ([(State.LEAD, State.PQL), (State.PQL, State.SQL)] if tried else [])
    for step in walked:
        first: dict[tuple[int, int], datetime] = {}
        for row in found.to_pylist():
            if row["since"] < until:
                first.setdefault((row["lead_no"], row["state"]), row["since"])
        came = {lead: at for (lead, state), at in first.items() if state == step.end}
        by_way = [lead for lead, at in came.items() if first.get((lead, int(step.start)), until) <= at]
        assert (step.n_reached, step.n_around) == (len(by_way), len(came) - len(by_way))


def test_the_planted_bug_of_customers_who_were_never_an_sql_and_are_in_no_row_is_caught(tmp_path: Path) -> None:
    leads = [{"lead_id": f"L{n}", "created_at": day(0)} for n in range(3)]
    visits = [{"lead_id": f"L{n}", "occurred_at": day(1), "kind": "demo"} for n in range(3)]
    outcomes = [
        {"lead_id": "L0", "occurred_at": day(2), "stage": "sql"},
        {"lead_id": "L0", "occurred_at": day(3), "stage": "won"},
        {"lead_id": "L1", "occurred_at": day(4), "stage": "won"},
    ]
    history = write_history(tmp_path, leads=leads, activities=visits, outcomes=outcomes)
    found = lives(history, AGREEMENT, Exclude())
    last = list(steps(found, day(140), timedelta(days=20)))[-1]
    assert (last.start, last.end, last.n_reached, last.n_around) == (State.SQL, State.CUSTOMER, 1, 1)
    n_customers = counts(found, day(140))[State.CUSTOMER]
    assert last.n_reached + last.n_around == n_customers
    assert last.n_reached != n_customers  # what the step alone would have said


STAFF = Exclude(email_groups=("staff",), leads={"relation": ("supplier", "bot")})


def _company(folder: Path, known_at: float | None = None) -> History:
    """Write a seller, a supplier who is known as one from a day on, a bot and a buyer: all of them ask for a demo."""
    since = {"relation__known_at": None if known_at is None else day(known_at)}
    leads = [
        {"lead_id": "seller", "email_group": "staff"},
        {"lead_id": "supplier", "relation": "supplier", **since},
        {"lead_id": "bot", "relation": "bot", "relation__known_at": day(0)},
        {"lead_id": "buyer", "relation": None},
    ]
    names = [lead["lead_id"] for lead in leads]
    acts = [{"lead_id": name, "occurred_at": day(n), "kind": "demo"} for name in names for n in (1, 5, 12)]
    outcomes = [
        {"lead_id": name, "occurred_at": day(n), "stage": stage}
        for name in names
        for n, stage in ((6, "sql"), (8, "won"))
    ]
    return write_history(
        folder,
        leads=[{"created_at": day(0)} | lead for lead in leads],
        activities=acts,
        outcomes=outcomes,
        attributes=[Attribute(table="leads", name="relation", type="category", known="at_instant")],
        email_groups=("staff",),
    )


def _state_of(found: pa.Table, history: History, name: str, as_of: datetime) -> str:
    numbers = read_parquet(history.path("leads"))["lead_id"].to_pylist()
    now = states_at(found, as_of).to_pylist()
    return next(State(row["state"]).name for row in now if numbers[row["lead_no"]] == name)


def test_staff_suppliers_and_bots_are_contacts_at_every_instant_whatever_they_do(tmp_path: Path) -> None:
    history = _company(tmp_path, known_at=0)
    found = lives(history, AGREEMENT, STAFF)
    for hours in range(1, 24 * 14, 5):
        for name in ("seller", "supplier", "bot"):
            assert _state_of(found, history, name, day(hours / 24)) == "CONTACT"
    assert _state_of(found, history, "buyer", day(9)) == "CUSTOMER"
    assert counts(as_told(found, day(20)), day(20)) == dict.fromkeys(State, 0) | {
        State.CONTACT: 3,
        State.CUSTOMER: 1,
    }
    assert [step.n_entered for step in steps(as_told(found, day(20)), day(20), timedelta(days=5))] == [4, 1, 1, 1]


def test_the_planted_bug_of_rules_that_reach_no_life_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = _company(tmp_path, known_at=0)
    monkeypatch.setattr(life, "held_from", lambda history, _rules: held_from(history, Exclude()))
    assert _state_of(lives(history, AGREEMENT, STAFF), history, "seller", day(9)) == "CUSTOMER"


def test_who_turns_out_to_be_a_supplier_goes_back_to_contact_and_was_never_a_lead_in_what_is_told_then(
    tmp_path: Path,
) -> None:
    history = _company(tmp_path, known_at=7)
    found = lives(history, AGREEMENT, STAFF)
    assert _state_of(found, history, "supplier", day(6.5)) == "SQL"  # as it was known then
    for at in (7.1, 9, 13):
        assert _state_of(found, history, "supplier", day(at)) == "CONTACT"
    assert counts(as_told(found, day(9)), day(9))[State.CONTACT] == 3
    assert [step.n_entered for step in steps(as_told(found, day(9)), day(9), timedelta(days=1))] == [4, 1, 1, 1]
    assert [step.n_entered for step in steps(found, day(9), timedelta(days=1))] == [4, 2, 2, 2]  # the planted bug


def test_whoever_did_nothing_of_their_own_is_no_lead_and_no_mql_whatever_we_sent_them(tmp_path: Path) -> None:
    mails = [{"lead_id": "L0", "occurred_at": day(n), "kind": "demo", "direction": "outbound"} for n in range(1, 9)]
    history = write_history(tmp_path, leads=[{"lead_id": "L0", "created_at": day(0)}], activities=mails)
    found = lives(history, AGREEMENT, Exclude())
    assert [State(state) for state in found["state"].to_pylist()] == [State.CONTACT]


def test_a_young_cohort_is_marked_immature_and_no_loss(tmp_path: Path) -> None:
    leads = [{"lead_id": f"L{n}", "created_at": day(0 if n < 4 else 50)} for n in range(8)]
    visits = [{"lead_id": lead["lead_id"], "occurred_at": lead["created_at"], "kind": "visit"} for lead in leads]
    demos = [
        {"lead_id": "L0", "occurred_at": day(5), "kind": "demo"},
        {"lead_id": "L7", "occurred_at": day(51), "kind": "demo"},
    ]
    found = lives(write_history(tmp_path, leads=leads, activities=visits + demos), AGREEMENT, Exclude())
    _, step = steps(found, day(60), timedelta(days=30))
    assert (step.n_entered, step.n_mature, step.n_immature, step.n_went_on) == (8, 4, 4, 1)
    assert step.share == 0.25
    assert step.median_days == pytest.approx(5)
    only_late = np.array([4, 5, 6, 7])
    _, late = steps(found, day(60), timedelta(days=30), only_late)
    assert late.share is None


def test_a_flat_table_has_no_life_cycle(tmp_path: Path) -> None:
    history = write_history(tmp_path, leads=[{"lead_id": "L0", "created_at": day(0)}], flat=True)
    with pytest.raises(ConfigurationError, match="no life cycle"):
        lives(history, AGREEMENT, Exclude())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("versions: []", "nothing is listed; at least 1 must be"),
        ('versions: [{valid_from: "2024-13-01", own_actions: [a]}]', "month must be in"),
        ('versions: [{valid_from: "2024-01-01", own_actions: [a], mql: {any_of: [{kinds: [b]}]}}]', "own actions"),
        ('versions: [{valid_from: "2024-01-01", own_actions: [a], stages: {sql: [x], lost: [x]}}]', "two states"),
        ('versions: [{valid_from: "20240101", own_actions: [a]}]', "with dashes, like 2025-01-01 .found '20240101'"),
        ('versions: [{valid_from: "2024-W01-1", own_actions: [a]}]', "with dashes"),
        ('versions: [{valid_from: "2024-01-01", own_action: [a]}]', "did you mean 'own_actions'"),
        (
            'versions: [{valid_from: "2025-01-01", own_actions: [a]}, {valid_from: "2024-01-01", own_actions: [a]}]',
            "rise",
        ),
    ],
)
def test_an_agreement_that_says_nothing_clear_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "agreement.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=complaint):
        load_agreement(tmp_path / "agreement.yaml")


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ("hand_off: {grades: []}", "hand_off.grades: nothing is listed; at least 1 must be"),
        ("hand_off: {grades: [A, A]}", "hand_off.grades: value error, given twice: ['A']"),
        ("hand_off: {actions: {A: nurture, B: leave}}", "hand_off: value error, grades that are handed over, and that "
         "`actions` gives nobody to call: A (nurture), B (leave); let their action be one of"),
        ("hand_off: {grades: [A, C], actions: {A: call_today, C: nurture}}", "nobody to call: C (nurture)"),
        ("hand_off: {actions: {A: call_today}}", "nobody to call: B (nothing)"),
        ("hand_off: {grades: [B], actions: {A: call_today, B: follow_up, C: follow_up}}", "grades that are not handed "
         "over, and that `actions` has called: A (call_today), C (follow_up); no seller is told of them"),
        ("hand_off: {least_probability: 1.0}", "hand_off.least_probability: input should be less than 1"),
        ("grades: {by: probability, A: 0.2, B: 0.08, C: 0.02}, hand_off: {grades: [B], least_probability: 0.2}",
         "hand_off.least_probability 0.2 leaves nobody: B (chances below 0.2); lower it"),
        ("grades: {by: probability, A: 0.2, B: 0.08, C: 0.02}, hand_off: {grades: [A, B, D], least_probability: 0.1}",
         "leaves nobody: D (chances below 0.02)"),
        ("hand_off: {questions: [budget, budget]}", "hand_off.questions: value error, given twice: ['budget']"),
        ("intent: [a, a]", "intent: value error, given twice: ['a']"),
        ("mql: {any_of: [{kinds: [a, a], at_least: 2}]}", "kinds: value error, given twice: ['a']"),
        ("profile: [{attribute: x, at_least: 5, separator: ';'}]", "x: a separator needs any_of"),
        ("hand_off: {states: []}", "hand_off.states: nothing is listed; at least 1 must be"),
        ("hand_off: {states: [sql]}", "hand_off.states.0: input should be 'lead', 'mql', 'pql' or 'recycled'"),
        ("profile: [{attribute: x, any_of: ['']}]", "x: any_of has an empty value"),
        ("profile: [{attribute: x, any_of: [a, ' ']}]", "x: any_of has an empty value"),
        ("profile: [{attribute: x, at_least: 5}, {attribute: y, any_of: [a]}, {attribute: x, at_least: 5.0}]",
         "profile: value error, criteria that stand there twice: ['x']; each needs one line"),
        ("profile: [{attribute: y, any_of: [a, b]}, {attribute: y, any_of: [b, 'a '], essential: true}]", "['y']"),
        ("profile: [{attribute: x, at_least: 50, essential: true}, {attribute: x, at_most: 9, essential: true}]",
         "essential criteria that nobody can meet together: ['x']; write one line for each"),
        ("profile: [{attribute: y, any_of: [a], essential: true}, {attribute: y, any_of: [b], essential: true}]",
         "nobody can meet together: ['y']"),
    ],
)  # fmt: skip
def test_an_agreement_that_contradicts_itself_is_refused(tmp_path: Path, part: str, complaint: str) -> None:
    (tmp_path / "agreement.yaml").write_text(f"versions: [{{valid_from: '2024-01-01', own_actions: [a], {part}}}]")
    with pytest.raises(ConfigurationError, match=re.escape(complaint)) as refused:
        load_agreement(tmp_path / "agreement.yaml")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "part",
    [
        "profile: [{attribute: x, at_least: 5, essential: true}, {attribute: x, at_least: 50}]",
        "profile: [{attribute: x, at_least: 5}, {attribute: x, table: leads, at_least: 5}]",
        "profile: [{attribute: x, at_least: 50, essential: true}, {attribute: x, at_most: 9}]",
        "profile: [{attribute: x, at_least: 5, essential: true}, {attribute: x, at_most: 5, essential: true}]",
        "hand_off: {grades: [B], actions: {A: leave, B: follow_up}}",
        "profile: [{attribute: y, any_of: [a], separator: ';', essential: true}, {attribute: y, any_of: [b], "
        "separator: ';', essential: true}]",  # a cell may hold both
        "grades: {by: probability, A: 0.2, B: 0.08, C: 0.02}, hand_off: {grades: [B], least_probability: 0.19}",
        "grades: {by: probability, A: 0.2, B: 0.08, C: 0.02}, hand_off: {grades: [A], least_probability: 0.99}",
        "grades: {by: share, A: 0.05, B: 0.2, C: 0.5}, hand_off: {grades: [B], least_probability: 0.9}",
    ],
)
def test_what_only_looks_like_a_contradiction_is_not_refused(tmp_path: Path, part: str) -> None:
    (tmp_path / "agreement.yaml").write_text(f"versions: [{{valid_from: '2024-01-01', own_actions: [a], {part}}}]")
    load_agreement(tmp_path / "agreement.yaml")


def test_whoever_is_handed_over_is_called_where_nobody_said_what_their_grade_gets() -> None:
    assert HandOff().actions == {"A": "call_today", "B": "follow_up", "C": "nurture", "D": "leave"}
    assert HandOff(grades=("A", "D")).actions == HandOff().actions | {"B": "nurture", "D": "follow_up"}
    assert HandOff(grades=("B",)).actions == HandOff().actions | {"A": "nurture"}  # and nobody else is


def test_without_the_look_at_the_letters_an_agreement_that_hands_over_nobody_could_be_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    void = {
        "valid_from": "2024-01-01",
        "own_actions": ["a"],
        "grades": {"by": "probability", "A": 0.2, "B": 0.08, "C": 0.02},
        "hand_off": {"grades": ["B"], "least_probability": 0.5},
    }
    with pytest.raises(ValueError, match=r"leaves nobody: B"):
        Version.model_validate(void)
    monkeypatch.setattr(Grading, "chance_below", lambda *_: 1.0)  # the planted bug: only chances above 1 looked at
    Version.model_validate(void)


def test_without_the_look_at_dashes_a_version_would_never_be_in_force_in_its_year() -> None:
    old, new = (Version(valid_from=day, own_actions=("a",)) for day in ("2024-01-01", "2025-03-01"))
    bare = new.model_copy(update={"valid_from": "20250301"})  # the planted bug: it was let in
    at = date(2025, 4, 1)
    assert Agreement(versions=(old, new)).on(at) == new
    assert Agreement(versions=(old, bare)).on(at) == old


def test_an_agreement_that_is_not_there_is_told_with_where_one_is_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no agreement lies here(?s:.*)docs/agreement\.md"):
        load_agreement(tmp_path / "agreement.yaml")
