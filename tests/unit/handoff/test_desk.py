"""Sales' desk: nobody is given twice but by the agreed rule, and a week has no more calls than were agreed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import agreed_world
from agreed_world import TARGET, before, found
from finished_folder import AS_OF
from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement, Stages, Version
from predictive_scoring.agreement.terms import Budgets, HandOff, Recycle
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.history import INSTANT, Attribute
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff.again import SalesWords
from predictive_scoring.handoff.brief import hand_off
from predictive_scoring.handoff.desk import GIVEN, Desk, desk_in, read_given, record_given
from predictive_scoring.handoff.dispositions import DISPOSITIONS
from predictive_scoring.handoff.nurture import warming
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.replay import Candidates, replay
from predictive_scoring.handoff.situation import Situation, situation
from predictive_scoring.snapshots.instants import to_micros
from predictive_scoring.storage import read_parquet, write_parquet

NAMES = ("anna", "bert", "carl", "dora", "emil")


def given(*rows: tuple[str, datetime]) -> pa.Table:
    """Return a record of hand-offs."""
    return pa.Table.from_pylist(
        [{"lead_id": name, "target": "won", "given_at": at, "grade": "A"} for name, at in rows], GIVEN
    )


def said(*words: tuple[str, datetime, str]) -> pa.Table:
    """Return dispositions."""
    rows = [{"lead_id": name, "decided_at": at, "decision": decision} for name, at, decision in words]
    return pa.Table.from_pylist(rows, DISPOSITIONS)


def on(night: datetime, here: Situation) -> Situation:
    """Return the same scores as of another instant."""
    return replace(here, finished=replace(here.finished, manifest={"as_of": night.isoformat()}))


def handed_over(here: Situation) -> list[str]:
    told = standings(here)["standing"].to_pylist()
    return [name for name, each in zip(here.people["lead_id"].to_pylist(), told, strict=True) if each == "handed_over"]


def standing_of(name: str, here: Situation) -> str:
    told = standings(here)["standing"].to_pylist()
    return str(dict(zip(here.people["lead_id"].to_pylist(), told, strict=True))[name])


@pytest.fixture
def five(tmp_path: Path) -> Situation:
    """Five people who all qualify, best first; carl was lost and came back three days before the scores."""
    leads = [{"lead_id": name, "account_id": "soft", "created_at": before(60), "owner": "ana" if name < "c" else "ben"}
             for name in NAMES]  # fmt: skip
    visits = [{"lead_id": name, "occurred_at": before(50), "kind": "visit"} for name in NAMES]
    history = write_history(
        tmp_path / "history",
        leads=leads,
        accounts=[{"account_id": "soft"}],
        activities=[*visits, {"lead_id": "carl", "occurred_at": before(3), "kind": "visit"}],
        outcomes=[{"lead_id": "carl", "occurred_at": before(20), "stage": "gone cold"}],
        attributes=[Attribute(table="leads", name="owner", type="category", known="at_creation")],
    )
    scores = agreed_world.finished_folder(
        tmp_path / "scores", [agreed_world.lead(rank, name, grade="A") for rank, name in enumerate(NAMES, start=1)]
    )
    stages = Stages(sql=(), opportunity=(), customer=("won",), lost=("gone cold",))
    version = Version(valid_from="2025-01-01", own_actions=("visit",), stages=stages)
    return situation(history, scores, Agreement(versions=(version,)), (TARGET, Snapshots()))


def agreed(here: Situation, **terms: object) -> Situation:
    """Return the same situation under other terms of the hand-off."""
    version = here.version.model_copy(update={"hand_off": HandOff.model_validate({"grades": ("A",), **terms})})
    return replace(here, agreement=Agreement(versions=(version,)))


def test_whoever_was_handed_over_on_an_earlier_night_is_not_handed_over_again(five: Situation) -> None:
    assert handed_over(five) == list(NAMES)
    here = replace(five, desk=Desk(given(("anna", before(7)), ("bert", before(1)))))
    assert handed_over(here) == ["carl", "dora", "emil"]
    assert standing_of("anna", here) == "handed_over_before"
    assert "anna" not in {one.lead_id for one in warming(here, standings(here))}  # sales have it: nothing to nurture


def test_the_planted_bug_of_a_hand_off_without_memory_is_caught(
    five: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replace(five, desk=Desk(given(("anna", before(7)))))
    monkeypatch.setattr(Desk, "others", lambda _self, _as_of, _target: GIVEN.empty_table())
    assert handed_over(here) == list(NAMES)


def test_a_lead_comes_again_by_the_agreed_rule_and_by_no_other(five: Situation) -> None:
    desk = Desk(given(*((name, before(10)) for name in NAMES)))
    here = replace(five, desk=desk)
    assert handed_over(here) == ["carl"]  # was lost, and has come back since
    assert handed_over(replace(five, desk=Desk(given(("carl", before(2)))))) == ["anna", "bert", "dora", "emil"]
    sooner = agreed(here, recycle=Recycle(after_days=10, on_own_action=False))
    assert handed_over(sooner) == list(NAMES)
    assert handed_over(agreed(here, recycle=Recycle(after_days=11, on_own_action=False))) == []


@pytest.mark.parametrize(
    ("decision", "expected"), [("rejected", "decided"), ("accepted", "decided"), ("no_contact", "handed_over")]
)
def test_a_word_of_sales_since_the_hand_off_is_what_counts(five: Situation, decision: str, expected: str) -> None:
    record = given(("anna", before(10)))
    assert standing_of("anna", replace(five, desk=Desk(record, said(("anna", before(4), decision))))) == expected
    earlier = replace(five, desk=Desk(record, said(("anna", before(30), decision))))
    assert standing_of("anna", earlier) == ("handed_over_before" if decision == "no_contact" else "decided")


def test_the_nights_of_a_week_share_its_calls(five: Situation) -> None:
    """The scores are of a Tuesday."""
    assert AS_OF.weekday() == 1
    here = agreed(five, calls_per_week=2)
    assert handed_over(here) == ["anna", "bert"]
    monday = replace(here, desk=Desk(given(("emil", before(1)))))
    assert handed_over(monday) == ["anna"]
    assert handed_over(replace(here, desk=Desk(given(("emil", before(2)))))) == ["anna", "bert"]  # a Sunday's
    stranger = replace(here, desk=Desk(given(("left the export since", before(1)))))
    assert handed_over(stranger) == ["anna"]  # a call that was made stays made
    assert hand_off(stranger, "en").n_this_week == 1
    full = replace(here, desk=Desk(given(*((name, before(1)) for name in NAMES[:3]))))
    assert handed_over(full) == []  # an agreement that was changed to fewer calls asks nobody to take any back


def test_what_a_week_has_used_is_taken_from_the_budget_of_its_holder(five: Situation) -> None:
    here = agreed(five, budgets=Budgets(by="owner", each=1))
    assert handed_over(here) == ["anna", "carl"]
    assert handed_over(replace(here, desk=Desk(given(("bert", before(1)))))) == ["carl"]
    assert handed_over(replace(here, desk=Desk(given(("dora", before(1)))))) == ["anna"]


def test_a_night_run_twice_hands_over_the_same_and_is_recorded_once(five: Situation, tmp_path: Path) -> None:
    path, here = tmp_path / "given.parquet", agreed(five, calls_per_week=2)
    record_given(path, "won", [("emil", "B")], before(1))
    for _ in range(2):
        tonight = replace(here, desk=Desk(read_given(path)))
        assert handed_over(tonight) == ["anna"]
        record_given(path, "won", [(name, "A") for name in handed_over(tonight)], AS_OF)
    assert [(row["lead_id"], row["grade"]) for row in read_given(path).to_pylist()] == [("emil", "B"), ("anna", "A")]
    with pytest.raises(ConfigurationError, match="a later night"):
        record_given(path, "won", [("bert", "A")], before(1))
    assert len(read_given(path)) == 2


def test_whom_a_night_handed_over_stays_handed_over_though_the_agreement_changes_before_it_runs_again(
    five: Situation, tmp_path: Path
) -> None:
    """Their tasks are made: left out they would be forgotten, and handed over anew the next night."""
    path = tmp_path / "given.parquet"
    record_given(path, "won", [("anna", "A"), ("bert", "A")], AS_OF)
    stricter = agreed(replace(five, desk=Desk(read_given(path))), calls_per_week=3, least_probability=0.9)
    assert handed_over(stricter) == ["anna", "bert"]
    more = agreed(replace(five, desk=Desk(read_given(path))), calls_per_week=3)
    assert handed_over(more) == ["anna", "bert", "carl"]  # one call of the week was left
    record_given(path, "won", [(name, "A") for name in handed_over(more)], AS_OF)
    assert read_given(path)["lead_id"].to_pylist() == ["anna", "bert", "carl"]
    refused = replace(more, desk=Desk(read_given(path), said(("anna", before(-1), "rejected"))))
    assert handed_over(refused) == ["bert", "carl"]  # but not whom sales have refused meanwhile


def test_targets_share_a_record_without_taking_each_others_rows(five: Situation, tmp_path: Path) -> None:
    path, here = tmp_path / "given.parquet", agreed(five, calls_per_week=3)
    record_given(path, "accepted", [("anna", "A"), ("bert", "A")], AS_OF)
    tonight = replace(here, desk=Desk(read_given(path)))
    assert handed_over(tonight) == ["carl"]  # the others are on sales' desk already, and two calls are gone
    record_given(path, "won", [("carl", "A")], AS_OF)
    assert read_given(path)["lead_id"].to_pylist() == ["anna", "bert", "carl"]
    assert hand_off(replace(here, desk=Desk(read_given(path))), "en").n_this_week == 2


def test_that_somebody_was_not_reached_frees_them_once(five: Situation) -> None:
    """Said at 01:00 on the day whose scores are of 00:00: a word of today must not answer today's hand-off too."""
    record, word = given(("anna", before(2))), said(("anna", before(-1 / 24), "no_contact"))
    assert standing_of("anna", replace(five, desk=Desk(record, word))) == "handed_over_before"
    next_night = on(before(-1), replace(five, desk=Desk(record, word)))
    assert standing_of("anna", next_night) == "handed_over"
    after = on(before(-2), replace(five, desk=Desk(given(("anna", before(2)), ("anna", before(-1))), word)))
    assert standing_of("anna", after) == "handed_over_before"


@pytest.mark.parametrize("speaks", [False, True])
def test_week_after_week_is_what_a_simulation_replays(five: Situation, tmp_path: Path, speaks: bool) -> None:
    """The nightly rule against the simulation's: the same people on the same Mondays, whatever sales say."""
    mondays = [datetime(2025, 4, 7, tzinfo=UTC) + timedelta(weeks=n) for n in range(6)]
    spoken = [("anna", mondays[0] + timedelta(days=2), "no_contact"),
              ("bert", mondays[0] + timedelta(days=3), "rejected")]  # fmt: skip
    words = said(*(spoken if speaks else ()))
    path, here = tmp_path / "given.parquet", agreed(five, calls_per_week=2, recycle=Recycle(after_days=14))
    found_nightly = []
    for monday in mondays:
        for night in (monday, monday + timedelta(days=1), monday + timedelta(days=4)):
            tonight = on(
                night,
                replace(
                    here,
                    desk=Desk(
                        read_given(path, begins=True), said(*(one for one in spoken if speaks and one[1] < night))
                    ),
                ),
            )
            names = handed_over(tonight)
            record_given(path, "won", [(name, "A") for name in names], night)
            found_nightly += [(monday, name) for name in names]
    n, weeks = len(NAMES), len(mondays)
    lead_no, at = np.repeat(np.arange(n), weeks), np.tile([to_micros(monday) for monday in mondays], n)
    never, rule = np.full(n * weeks, LONG_AGO), Recycle(after_days=14)
    heard = SalesWords.of(words, five.history, five.version.own_actions)
    decided = heard.decided(lead_no, at, never, rule, heard=at)
    looks = Candidates(
        lead_no, at, -lead_no.astype(float), ~decided, never, rule, word=heard.last(lead_no, at)
    )  # fmt: skip
    rows = replay(looks, {to_micros(monday): 2 for monday in mondays}).rows
    assert found_nightly == [(mondays[row % weeks], NAMES[row // weeks]) for row in rows]
    first_weeks = [name for _, name in found_nightly][:6]
    assert first_weeks == ["anna", "bert", *(("anna", "carl", "dora", "emil") if speaks else NAMES[2:4] + NAMES[:2])]
    deaf = replay(replace(looks, word=None), {to_micros(monday): 2 for monday in mondays}).rows
    assert (deaf.tolist() != rows.tolist()) == speaks  # the planted bug of a simulation that hears no answer


def test_the_folder_of_sales_need_not_be_there_and_what_lies_in_it_is_read_strictly(tmp_path: Path) -> None:
    here, folder = found(tmp_path), tmp_path / "sales"
    assert desk_in(folder, here.history) == Desk()
    folder.mkdir()
    (folder / "dispositions.csv").write_text("lead_id,decided_at,decision\nready,2025-03-30,rejected\n")
    record_given(folder / "hand-offs.parquet", "won", [("cool", "D"), ("erased since", "A")], before(9))
    desk = desk_in(folder, here.history)
    assert desk.said is not None
    assert (desk.given["lead_id"].to_pylist(), desk.said["lead_id"].to_pylist()) == (
        ["cool", "erased since"],
        ["ready"],
    )
    header = "lead_id,decided_at,decision\n"
    (folder / "dispositions.csv").write_text(f"{header}erased since,2025-03-30,rejected\nready,2025-03-30,rejected\n")
    again = desk_in(folder, here.history)  # the record knows it: who was erased stops no job
    assert again.said is not None
    assert again.said["lead_id"].to_pylist() == ["ready"]
    (folder / "dispositions.csv").write_text(f"{header}nobody,2025-03-30,rejected\n")
    with pytest.raises(DataContractError, match="of no lead"):
        desk_in(folder, here.history)


@pytest.mark.parametrize("wrong", ["another table", "an empty cell"])
def test_a_file_that_is_no_record_is_refused_and_left_alone(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "given.parquet"
    rows = given(("anna", AS_OF))
    if wrong == "another table":
        rows = rows.rename_columns(["lead_id", "target", "decided_at", "grade"])
    else:
        rows = rows.set_column(2, "given_at", pa.array([None], INSTANT))
    write_parquet(path, rows)
    with pytest.raises(DataContractError, match="no record of hand-offs"):
        record_given(path, "won", [("bert", "A")], AS_OF)
    assert read_parquet(path).equals(rows)


def test_a_record_that_is_no_longer_readable_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "record.parquet").touch()
    for begins in (True, False):
        with pytest.raises(DataContractError, match="not readable as Parquet") as refused:
            read_given(tmp_path / "record.parquet", begins=begins)
        assert refused.value.found == "0 bytes"
