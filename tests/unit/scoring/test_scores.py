"""Every lead that was read is in the scores, among the not scored with its reason, or in quarantine."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from history_builder import write_history
from predictive_scoring.contract.history import Attribute, History, RowAccount
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring import write
from predictive_scoring.scoring.describe import describe, instant_notes
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.scoring.job import score_history
from predictive_scoring.scoring.schema import SCORES
from predictive_scoring.scoring.trace import trace
from predictive_scoring.scoring.write import ScoringSummary, write_scores
from predictive_scoring.storage import read_parquet, sha256_of, write_parquet
from small_company import CHANNEL, END, SmallCompany

AS_OF = datetime(2025, 3, 1, tzinfo=UTC)
BUSY = END - timedelta(days=60)  # an instant with many open leads
SHOE = Attribute(table="leads", name="shoe", type="number", known="at_creation")


def seven_leads(folder: Path, **account: Any) -> History:
    """Write one lead for each thing that can become of a lead; `account` changes where the rows of leads went."""
    made = "2025-02-10"
    leads = [
        {"lead_id": "open", "created_at": made, "channel": "ads"},
        {"lead_id": "bought", "created_at": made, "channel": "ads"},
        {"lead_id": "lost", "created_at": made, "channel": "ads"},
        {"lead_id": "opted out", "created_at": made, "channel": "ads"},
        {"lead_id": "old", "created_at": "2024-06-01", "channel": "ads"},
        {"lead_id": "tomorrow", "created_at": "2025-03-02", "channel": "ads"},
        {"lead_id": "blank", "created_at": made},
        {"lead_id": "unheard of", "created_at": made, "shoe": 41.0},
    ]
    activities = [
        {"lead_id": "open", "occurred_at": "2025-02-12", "kind": "page_view"},
        {"lead_id": "opted out", "occurred_at": "2025-02-12", "kind": "opt_out"},
    ]
    outcomes = [
        {"lead_id": "bought", "occurred_at": "2025-02-12", "stage": "won"},
        {"lead_id": "lost", "occurred_at": "2025-02-12", "stage": "lost"},
    ]
    rows = RowAccount(**{"read": 8, "kept": 8, **account})
    return write_history(
        folder,
        leads=leads,
        activities=activities,
        outcomes=outcomes,
        attributes=[CHANNEL, SHOE],
        observed_until=AS_OF + timedelta(days=5),
        rows={"leads": rows},
    )


def scored(bundle: Bundle, history: History, as_of: datetime, **more: Any) -> list[dict[str, Any]]:
    batches, _ = score_history(bundle, history, as_of, **more)
    return [row for batch in batches for row in batch.to_pylist()]


def test_F11_F12_F14_each_lead_that_is_not_scored_has_its_reason(bundle: Bundle, tmp_path: Path) -> None:
    _, not_scored = score_history(bundle, seven_leads(tmp_path), AS_OF)
    reasons = dict(zip(not_scored["lead_id"].to_pylist(), not_scored["reason"].to_pylist(), strict=True))
    assert reasons == {
        "bought": "already_converted",
        "lost": "excluded",
        "opted out": "opt_out",
        "old": "too_old",
        "tomorrow": "not_yet_created",
        "blank": "no_data",
    }


def test_F13_a_lead_of_which_the_model_knows_nothing_has_no_grade(bundle: Bundle, tmp_path: Path) -> None:
    rows = {row["lead_id"]: row for row in scored(bundle, seven_leads(tmp_path), AS_OF)}
    assert set(rows) == {"open", "unheard of"}
    assert rows["unheard of"]["grade"] == "?"
    assert rows["open"]["grade"] in set("ABCD")


def test_rows_read_are_rows_scored_not_scored_quarantined_or_collapsed(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path / "history", read=11, collapsed=2, quarantined={"missing_key": 1})
    summary = write_scores(bundle, history, AS_OF, tmp_path / "scores")
    assert summary.adds_up
    assert (summary.n_scored, sum(summary.n_not_scored.values())) == (2, 6)
    manifest = json.loads((tmp_path / "scores" / "manifest.json").read_text())
    rows = manifest["rows"]
    assert (rows["read"], rows["scored"], rows["identical_duplicates"]) == (11, 2, 2)
    assert rows["quarantined"] == {"missing_key": 1}
    assert {name: sha256_of(tmp_path / "scores" / name) for name in manifest["files"]} == {
        name: file["sha256"] for name, file in manifest["files"].items()
    }
    assert any("scored 2 of 8 leads" in line for line in summary.lines())


def test_leads_that_the_source_file_leaves_out_are_counted(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path / "history", read=11, left_out={"not_selected": 3})
    summary = write_scores(bundle, history, AS_OF, tmp_path / "scores")
    assert summary.adds_up
    assert json.loads((tmp_path / "scores" / "manifest.json").read_text())["rows"]["left_out"] == 3
    assert "left out by the source file: 3" in list(summary.lines())


def test_planted_bug_a_lead_lost_on_the_way_stops_the_run_and_leaves_no_folder(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path / "history", read=9)
    with pytest.raises(AssertionError, match="lost or counted twice"):
        write_scores(bundle, history, AS_OF, tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_the_account_does_not_add_up_when_one_is_missing() -> None:
    parts = {"n_collapsed": 1, "n_scored": 2, "n_not_scored": {"too_old": 3}, "n_quarantined": {"missing_key": 4}}
    assert ScoringSummary(Path("s"), AS_OF, n_read=10, **parts).adds_up  # type: ignore[arg-type]
    assert not ScoringSummary(Path("s"), AS_OF, n_read=11, **parts).adds_up  # type: ignore[arg-type]


def test_F07_no_open_lead_gives_an_empty_table_with_every_column(bundle: Bundle, tmp_path: Path) -> None:
    before_all = datetime(2020, 1, 1, tzinfo=UTC)
    summary = write_scores(bundle, seven_leads(tmp_path / "history"), before_all, tmp_path / "scores")
    table = pq.read_table(tmp_path / "scores" / "scores.parquet")
    assert (table.num_rows, summary.n_scored) == (0, 0)
    assert table.schema.equals(SCORES)
    assert summary.n_not_scored == {"not_yet_created": 8}


def test_base_plus_points_is_the_probability_and_ranks_follow_it(company: SmallCompany, bundle: Bundle) -> None:
    rows = scored(bundle, company.history, BUSY)
    assert len(rows) > 50
    for row in rows:
        total = row["base_probability"] + sum(reason["points"] for reason in row["reasons"])
        assert total == pytest.approx(row["probability"], abs=1e-9)
        assert row["probability_low"] <= row["probability"] <= row["probability_high"]
        moves = [abs(reason["points"]) for reason in row["reasons"]]
        assert moves == sorted(moves, reverse=True)
    chances = [row["probability"] for row in rows]
    assert chances == sorted(chances, reverse=True)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))


def test_F08_a_lead_alone_or_in_small_batches_scores_as_in_a_large_one(company: SmallCompany, bundle: Bundle) -> None:
    together = scored(bundle, company.history, BUSY)
    in_sevens = scored(bundle, company.history, BUSY, batch_rows=7)
    keep = [name for name in SCORES.names if name != "scored_at"]
    assert [[row[name] for name in keep] for row in together] == [[row[name] for name in keep] for row in in_sevens]
    chosen = together[len(together) // 2]
    (alone,) = scored(bundle, company.history, BUSY, only=chosen["lead_id"])
    assert alone["probability"] == chosen["probability"]
    assert alone["reasons"] == chosen["reasons"]


def test_the_score_at_an_instant_is_the_training_row_at_that_instant(company: SmallCompany, bundle: Bundle) -> None:
    table = company.dataset.table
    (monday,) = [t for t, _ in Counter(company.dataset.rows("test")["as_of"].to_pylist()).most_common(1)]
    live = {row["lead_id"]: row["probability"] for row in scored(bundle, company.history, monday)}
    at = [place for place, moment in enumerate(table["as_of"].to_pylist()) if moment == monday]
    rows = table.take(at)
    trained = bundle.explain(company.dataset.frame(rows)).probability
    ids = rows["lead_id"].to_pylist()
    assert len(ids) > 20
    np.testing.assert_allclose([live[name] for name in ids], trained, rtol=0, atol=1e-12)


def test_about_tells_the_model_and_which_concepts_weigh_most(company: SmallCompany, bundle: Bundle) -> None:
    about = describe(bundle, company.history, BUSY, bundle.terms.grades)
    weights = [concept.mean_abs_points for concept in about.concepts]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(sum(bundle.reference.mean_abs_points))
    assert about.evaluation is not None
    assert about.evaluation.auc == company.judgement.metrics["model"]["roc_auc"]["value"]
    assert about.horizon_days == 30


def test_a_trace_ends_in_the_score_and_an_unknown_lead_is_refused(company: SmallCompany, bundle: Bundle) -> None:
    row = scored(bundle, company.history, BUSY)[0]
    found = trace(bundle, company.history, BUSY, row["lead_id"])
    assert found.scored is not None
    assert found.scored["probability"] == row["probability"]
    assert all(activity["occurred_at"] < BUSY for activity in found.rows)
    with pytest.raises(ConfigurationError, match="no such lead"):
        trace(bundle, company.history, BUSY, "nobody")


def test_a_lead_in_quarantine_is_told_from_one_that_is_not_in_the_export(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path)
    rows = [
        {"table": "leads", "rule": "duplicate_key", "text": '{"Id":"twice"}'},
        {"table": "leads", "rule": "ragged_row", "text": "ragged;2025-01-01"},
        {"table": "activities", "rule": "unknown_lead", "text": '{"Id":"nobody"}'},
    ]
    write_parquet(history.folder / "quarantine.parquet", pa.Table.from_pylist(rows))
    for lead_id, said in (("twice", "duplicate_key 1"), ("ragged", "ragged_row 1")):
        with pytest.raises(ConfigurationError, match=rf"in quarantine[\s\S]*{said}"):
            trace(bundle, history, AS_OF, lead_id)
    with pytest.raises(ConfigurationError, match="copy the id"):
        trace(bundle, history, AS_OF, "nobody")


def test_a_lead_that_is_closed_is_traced_to_its_reason(bundle: Bundle, tmp_path: Path) -> None:
    assert trace(bundle, seven_leads(tmp_path), AS_OF, "bought").status == "not scored: already_converted"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2025-03-01", AS_OF),
        ("2025-03-01T02:00:00+02:00", AS_OF),
        (datetime(2025, 3, 1), AS_OF),
        ("latest", AS_OF + timedelta(days=5)),
    ],
)
def test_a_date_means_its_first_instant_in_utc(tmp_path: Path, given: str | datetime, expected: datetime) -> None:
    assert as_of_instant(given, seven_leads(tmp_path)) == expected


def test_as_of_that_is_no_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a date or an instant"):
        as_of_instant("next week", seven_leads(tmp_path))


def test_A24_a_flipped_byte_in_the_scores_is_noticed(bundle: Bundle, tmp_path: Path) -> None:
    write_scores(bundle, seven_leads(tmp_path / "history"), AS_OF, tmp_path / "scores")
    path = tmp_path / "scores" / "scores.parquet"
    content = bytearray(path.read_bytes())
    content[40] ^= 0x10
    path.write_bytes(bytes(content))
    with pytest.raises(OSError, match=r"(?i)crc|checksum|corrupt|deserialize|thrift"):
        read_parquet(path)


def test_a_folder_that_holds_anything_else_is_refused_and_nothing_in_it_is_lost(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path / "history")
    other = tmp_path / "scores"
    (other / "2025-04-01").mkdir(parents=True)
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="not a folder of scores"):
        write_scores(bundle, history, AS_OF, other)
    assert (other / "thesis.txt").read_text() == "years of work"
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="not a folder of scores"):
        write_scores(bundle, history, AS_OF, tmp_path / "note.txt")
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_scores_that_stand_there_are_replaced(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path / "history")
    write_scores(bundle, history, AS_OF, tmp_path / "scores")
    write_scores(bundle, history, AS_OF, tmp_path / "scores")
    assert len(list((tmp_path / "scores").iterdir())) == 7


def test_C18_what_a_job_prints_tells_of_a_table_that_was_cut(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "cut_tables", lambda history, as_of, spill: [f"cut before {as_of:%Y-%m-%d}"])
    summary = write_scores(bundle, seven_leads(tmp_path / "history"), AS_OF, tmp_path / "scores")
    assert f"note: cut before {AS_OF:%Y-%m-%d}" in list(summary.lines())


def test_an_instant_after_the_end_of_the_data_or_inside_the_training_is_noted(bundle: Bundle, tmp_path: Path) -> None:
    history = seven_leads(tmp_path / "history")
    end = history.facts.observed_until
    assert end is not None
    late = [note.en for note in instant_notes(bundle, history, end + timedelta(days=30))]
    assert late == ["the history ends 30 days before these scores: a lead's silence since then may be the export's"]
    learned = datetime.fromisoformat(bundle.terms.trained_until or "")
    early = [note.en for note in instant_notes(bundle, history, learned - timedelta(days=1))]
    assert any("learned from leads of this time" in note for note in early)
    between = max(end, learned)
    assert instant_notes(bundle, history, between) == []
