"""What sales said comes back: read strictly, counted with intervals, and held against what happened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from finished_folder import AS_OF, finished_folder, lead
from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement, Condition, Qualification, Version
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.contract.words import LANGUAGES, Words
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.evaluate.proportions import wilson
from predictive_scoring.handoff import acceptance, promise
from predictive_scoring.handoff.acceptance import disagreements
from predictive_scoring.handoff.contacts import hand_offs, last_words, work_done
from predictive_scoring.handoff.desk import Desk
from predictive_scoring.handoff.dispositions import latest, read_dispositions
from predictive_scoring.handoff.meeting import Meeting, Table, meeting
from predictive_scoring.handoff.told import N_TALKED_OF, meeting_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.storage import read_parquet, write_parquet

NOW = AS_OF + timedelta(days=60)
CHANNEL = Attribute(table="leads", name="channel", type="category", known="at_creation")
AGREEMENT = Agreement(
    versions=(
        Version(
            valid_from="2025-01-01",
            own_actions=("demo", "visit"),
            mql=Qualification(any_of=(Condition(kinds=("demo",)),)),
            hand_off=HandOff(first_contact_hours=24, contact_kinds=("call",)),
        ),
    )
)
HEADER = "lead_id,decided_at,decision,reason,by_team"
SAID = f"""{HEADER}
missed,2025-04-02T09:00:00Z,no_contact,,north
missed,2025-04-03T11:00:00+02:00,Rejected,no budget,north
lucky,2025-04-02,accepted,,south
fine,2025-04-02,accepted,,south
dull,2025-04-02,rejected,no need,south
quiet,2025-04-02,no_contact,,south
missed,2025-07-01,accepted,,south
"""


def _at(days: float) -> datetime:
    return AS_OF + timedelta(days=days)


def _history(folder: Path) -> History:
    names = ("missed", "lucky", "fine", "dull", "quiet", "idle", "called", "lost", "fresh")
    leads = [{"lead_id": name, "created_at": _at(-30), "channel": "web" if "l" in name else "fair"} for name in names]
    demos = [{"lead_id": name, "occurred_at": _at(59.5 if name == "fresh" else -10), "kind": "demo"} for name in names]
    calls: list[dict[str, Any]] = [
        {"lead_id": "called", "occurred_at": _at(-9.5), "kind": "call", "direction": "outbound"},
        {"lead_id": "called", "occurred_at": _at(-9), "kind": "visit"},
        {"lead_id": "lost", "occurred_at": _at(-20), "kind": "call", "direction": "outbound"},  # before the hand-off
    ]
    outcomes = [
        {"lead_id": "missed", "occurred_at": _at(20), "stage": "won"},
        {"lead_id": "lucky", "occurred_at": _at(30), "stage": "won"},
        {"lead_id": "fine", "occurred_at": _at(30), "stage": "won"},
        {"lead_id": "lost", "occurred_at": _at(5), "stage": "lost"},
        {"lead_id": "dull", "occurred_at": _at(90), "stage": "won"},  # after the meeting: not known yet
    ]
    return write_history(folder, leads=leads, activities=demos + calls, outcomes=outcomes, attributes=[CHANNEL])


def _scores(folder: Path) -> Path:
    grades = {"missed": "A", "lucky": "D", "fine": "A", "dull": "A", "quiet": "B"}
    return finished_folder(folder, [lead(n, name, grade=grades[name]) for n, name in enumerate(grades, 1)])


def _read(tmp_path: Path, history: History, text: str = SAID) -> pa.Table:
    (tmp_path / "said.csv").write_text(text, encoding="utf-8")
    return read_dispositions(tmp_path / "said.csv", read_parquet(history.path("leads"))["lead_id"])


def _meeting(tmp_path: Path, by: str = "channel") -> Meeting:
    history = _history(tmp_path / "history")
    folders = [_scores(tmp_path / "nights" / "1").parent]
    return meeting(
        history, AGREEMENT, Desk(said=_read(tmp_path, history)), folders, Table(NOW, np.zeros(9, bool), Exclude(), by)
    )


def test_the_last_word_counts_and_instants_are_read_in_utc(tmp_path: Path) -> None:
    said = _read(tmp_path, _history(tmp_path / "history"))
    final = {row["lead_id"]: row for row in latest(said.slice(0, 6)).to_pylist()}
    assert final["missed"]["decision"] == "rejected"
    assert final["missed"]["decided_at"] == datetime(2025, 4, 3, 9, tzinfo=UTC)


def test_acceptance_is_counted_by_grade_channel_and_reason_with_intervals(tmp_path: Path) -> None:
    found = _meeting(tmp_path)
    assert (found.n_decided, found.n_not_reached, found.n_later) == (4, 1, 1)
    by_grade = {rate.value: (rate.n_hits, rate.n) for rate in found.acceptance["grade"]}
    assert by_grade == {"A": (1, 3), "D": (1, 1)}
    best = next(rate for rate in found.acceptance["grade"] if rate.value == "A")
    assert (best.low, best.high) == pytest.approx(wilson(1, 3, 0.95), abs=1e-9)  # every lead is its own account
    assert {rate.value: (rate.n_hits, rate.n) for rate in found.acceptance["reason"]} == {
        "no budget": (1, 4),
        "no need": (1, 4),
    }
    assert {rate.value for rate in found.acceptance["channel"]} == {"web", "fair"}


def test_the_meeting_talks_of_the_best_grade_refused_and_of_a_low_grade_taken_the_decided_first(
    tmp_path: Path,
) -> None:
    found = _meeting(tmp_path)
    assert [(one.kind, one.lead_id, one.grade, one.decision) for one in found.disagreements] == [
        ("rejected_and_won", "missed", "A", "rejected"),
        ("accepted_and_won", "lucky", "D", "accepted"),
        ("rejected", "dull", "A", "rejected"),  # converts after the meeting: nobody knows it yet
    ]
    assert found.disagreements[2].converted_at is None


def _judged(*rows: tuple[str, str, int, int | None]) -> pa.Table:
    """Return grade, decision, the day it was said and the day of the conversion."""
    return pa.Table.from_pylist(
        [
            {
                "lead_id": f"{n}", "grade": grade, "decision": decision, "reason": None, "decided_at": _at(said),
                "converted_at": None if won is None else _at(won),
            }
            for n, (grade, decision, said, won) in enumerate(rows)
        ]
    )  # fmt: skip


def _handing_over(*versions: tuple[int, tuple[str, ...]]) -> Agreement:
    return Agreement.model_validate(
        {
            "versions": [
                {"valid_from": f"{_at(day):%Y-%m-%d}", "own_actions": ["visit"], "hand_off": {"grades": grades}}
                for day, grades in versions
            ]
        }
    )


def test_what_is_a_disagreement_follows_what_the_agreement_of_that_day_hands_over() -> None:
    table = _judged(
        ("B", "rejected", 1, None), ("B", "rejected", 11, None), ("C", "accepted", 2, 40), ("C", "accepted", 12, 40),
        ("A", "accepted", 13, None), ("?", "accepted", 14, None), ("A", "no_contact", 15, None),
    )  # fmt: skip
    agreed = _handing_over((0, ("A", "B")), (10, ("B", "C")))
    assert [(one.kind, one.lead_id) for one in disagreements(table, agreed)] == [
        ("accepted_and_won", "2"),  # C was not handed over yet
        ("accepted", "4"),  # A is not handed over any more
        ("rejected", "1"),  # B is the best that is
    ]


def test_whoever_sales_refused_and_history_proved_right_is_talked_of_whatever_the_grade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the lesser grades only those: that many of them are refused is no surprise, that one of them bought is."""
    table = _judged(("B", "rejected", 1, 5), ("B", "rejected", 1, None), ("C", "rejected", 1, 5))
    agreed = _handing_over((0, ("A", "B")))
    assert [(one.kind, one.lead_id) for one in disagreements(table, agreed)] == [("rejected_and_won", "0")]
    real = acceptance._dispute  # the planted bug: only the best grade is looked at, as it was
    monkeypatch.setattr(acceptance, "_dispute", lambda row, given: real(row, (min(given),)))
    assert disagreements(table, agreed) == []


def test_a_conversion_before_sales_spoke_decides_nothing_and_the_newest_comes_first() -> None:
    table = _judged(
        ("A", "rejected", 1, 0), ("A", "rejected", 2, None), ("A", "rejected", 0, 1), ("D", "accepted", 1, 3)
    )
    found = disagreements(table, _handing_over((0, ("A",))))
    assert [(one.kind, one.lead_id) for one in found] == [
        ("accepted_and_won", "3"), ("rejected_and_won", "2"), ("rejected", "1"), ("rejected", "0"),
    ]  # fmt: skip


def test_a_list_of_what_was_decided_alone_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    table, agreed = _judged(("A", "rejected", 1, None), ("C", "accepted", 2, None)), _handing_over((0, ("A", "B")))
    assert len(disagreements(table, agreed)) == 2
    real = acceptance._dispute  # the planted bug: only those of A and D that converted, as it was

    def old(row: dict[str, Any], handed_over: tuple[str, ...]) -> acceptance.Dispute | None:
        kind = real(row, handed_over)
        return kind if kind is not None and kind.is_decided and row["grade"] in "AD" else None

    monkeypatch.setattr(acceptance, "_dispute", old)
    assert disagreements(table, agreed) == []


def test_paper_has_a_bounded_number_and_says_how_many_more(tmp_path: Path) -> None:
    found = _meeting(tmp_path)
    many = replace(found, disagreements=[replace(found.disagreements[2], lead_id=f"L{n}") for n in range(25)])
    english, spanish = (list(meeting_told(many, Voice(language, Words()))) for language in LANGUAGES)
    assert english[-1] == "  and 5 more, in --json"
    assert spanish[-1] == "  y 5 más, en --json"
    assert sum("L" in line and "no need" in line for line in english) == N_TALKED_OF == 20
    assert "  L0: the best grade (A), rejected (no need) on April 2, 2025; has not converted so far" in english
    told = list(meeting_told(found, Voice("es", Words())))
    assert (
        "  lucky: nivel D, que no se traspasa, aceptado el 2 de abril de 2025, y convirtió el 1 de mayo de 2025" in told
    )
    assert (
        told[-1]
        == "  dull: el mejor nivel (A), rechazado (no need) el 2 de abril de 2025; no ha convertido hasta ahora"
    )


def test_who_must_not_be_shown_is_not_talked_of(tmp_path: Path) -> None:
    history = _history(tmp_path / "history")
    leads = read_parquet(history.path("leads"))
    hidden = np.array([name == "missed" for name in leads["lead_id"].to_pylist()])
    at = Table(NOW, hidden, Exclude())
    found = meeting(history, AGREEMENT, Desk(said=_read(tmp_path, history)), [_scores(tmp_path / "scores")], at)
    assert [one.lead_id for one in found.disagreements] == ["lucky", "dull"]


def _work(tmp_path: Path) -> dict[str, str]:
    history = _history(tmp_path / "history")
    walked = lives(history, AGREEMENT, Exclude())
    given = hand_offs(history, walked, AGREEMENT, NOW)
    leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"])
    done = work_done(given, walked, NOW, last_words(_read(tmp_path, history), leads, NOW))
    return dict(zip(leads["lead_id"].take(pa.array(given.lead_no)).to_pylist(), map(str, done), strict=True))


def test_leads_that_nobody_worked_are_told_from_leads_that_were_lost(tmp_path: Path) -> None:
    assert _work(tmp_path) == {
        "missed": "won",
        "lucky": "won",
        "fine": "won",
        "dull": "rejected",
        "quiet": "not_reached",
        "idle": "not_worked",
        "called": "contacted",
        "lost": "lost",
        "fresh": "in_time",
    }


def test_the_planted_bug_of_a_promise_without_an_end_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promise, "HOUR", 10**15)
    assert _work(tmp_path)["idle"] == "in_time"


def test_only_contacts_after_the_hand_off_keep_the_promise(tmp_path: Path) -> None:
    history = _history(tmp_path)
    given = hand_offs(history, lives(history, AGREEMENT, Exclude()), AGREEMENT, NOW)
    names = read_parquet(history.path("leads"))["lead_id"].take(pa.array(given.lead_no)).to_pylist()
    kept = dict(zip(names, given.in_time().tolist(), strict=True))
    assert [name for name, in_time in kept.items() if in_time] == ["called"]
    answered = dict(zip(names, (given.answered < given.contacted + 10**15).tolist(), strict=True))
    assert answered["called"]
    assert given.is_due(NOW).sum() == 8


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("lead_id,decision\nfine,accepted\n", r"1 column missing: \['decided_at'\]"),
        (f"{HEADER}\nfine,yesterday,accepted,,\n", r"decided_at is no instant: 1 row, the first on lines \[2\]"),
        (f"{HEADER}\nfine,2025-04-02,maybe,,\n", "decision is none of those known: 1 row"),
        (f"{HEADER}\nAna Ruiz,2025-04-02,accepted,,\n", "lead_id is of no lead of the history: 1 row"),
        (f"{HEADER}\n,2025-04-02,accepted,,\n", "no lead_id: 1 row"),
        (
            f"{HEADER}\nfine,2025-04-02,accepted,,\ndull,2025-04-02,rejected,,\nfine,2025-04-02,rejected,,\n",
            r"two decisions at one decided_at: 2 rows, the first on lines \[2, 4\]",
        ),
    ],
)
def test_a_table_that_breaks_a_rule_is_refused_without_a_word_of_anybody(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(DataContractError, match=complaint) as error:
        _read(tmp_path, _history(tmp_path / "history"), text)
    assert "Ana" not in str(error.value)


def test_the_same_decision_said_twice_contradicts_nobody(tmp_path: Path) -> None:
    text = f"{HEADER}\nfine,2025-04-02,accepted,,\nfine,2025-04-02,Accepted,,\n"
    assert latest(_read(tmp_path, _history(tmp_path / "history"), text)).num_rows == 1


def test_no_file_another_format_and_no_scores_are_told_apart(tmp_path: Path) -> None:
    history = _history(tmp_path / "history")
    ids = read_parquet(history.path("leads"))["lead_id"]
    with pytest.raises(SourceUnreachableError, match="no such file"):
        read_dispositions(tmp_path / "none.csv", ids)
    (tmp_path / "said.xml").write_text("<a/>")
    with pytest.raises(ConfigurationError, match="neither CSV nor Parquet"):
        read_dispositions(tmp_path / "said.xml", ids)
    with pytest.raises(SourceUnreachableError, match="no finished scores"):
        meeting(
            history,
            AGREEMENT,
            Desk(said=_read(tmp_path, history)),
            [tmp_path / "x"],
            Table(NOW, np.zeros(9, bool), Exclude()),
        )
    with pytest.raises(ConfigurationError, match="--by colour"):
        _meeting(tmp_path / "again", by="colour")


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    history = _history(tmp_path / "history")
    said = _read(tmp_path, history)
    write_parquet(tmp_path / "said.parquet", said)
    assert read_dispositions(tmp_path / "said.parquet", read_parquet(history.path("leads"))["lead_id"]).equals(said)


def test_a_day_without_a_time_is_over_before_it_counts(tmp_path: Path) -> None:
    """Read as its first moment, an answer of the day of a hand-off would lie before the hand-off."""
    leads = pa.chunked_array([["L1"]], pa.string())
    (tmp_path / "said.csv").write_text("lead_id,decided_at,decision\nL1,2025-04-01,no_contact\n", encoding="utf-8")
    end = datetime(2025, 4, 2, tzinfo=UTC) - timedelta(microseconds=1)
    assert read_dispositions(tmp_path / "said.csv", leads)["decided_at"].to_pylist() == [end]
    midnight = datetime(2025, 4, 1, tzinfo=UTC)
    for at, read in ((pa.array([midnight.date()], pa.date32()), end), (pa.array([midnight]), midnight)):
        write_parquet(
            tmp_path / "said.parquet", pa.table({"lead_id": ["L1"], "decided_at": at, "decision": ["accepted"]})
        )
        assert read_dispositions(tmp_path / "said.parquet", leads)["decided_at"].to_pylist() == [read]
