"""Every look at the untouched window is written down, and a second run does not forget the first."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.publish.ledger import note_look, read_ledger, window_digest
from predictive_scoring.publish.tracking import Run
from small_company import SmallCompany

NOW = datetime(2026, 5, 3, tzinfo=UTC)


class Tagged(Run):
    """A run that keeps its tags in memory."""

    tags: dict[str, str]

    def tag(self, tags: object) -> None:
        object.__setattr__(self, "tags", tags)


def noted(company: SmallCompany, path: Path) -> tuple[dict[str, object], Tagged]:
    run = Tagged(path.parent, "r1")
    judgement, _ = note_look(path, ("won", company.dataset, company.candidate), company.judgement, run, NOW)
    return judgement.documents["ledger"], run


def test_looks_are_counted_across_runs_and_quoted(company: SmallCompany, tmp_path: Path) -> None:
    path = tmp_path / "models" / "ledger.jsonl"
    assert noted(company, path)[0]["times"] == 1
    record, run = noted(company, path)
    assert (record["times"], record["models"]) == (2, 1)
    tuned = company.candidate.predictions
    place = tuned.schema.get_field_index("model")
    other = tuned.set_column(place, "model", pc.multiply(tuned["model"], 0.9))
    record, run = noted(replace(company, candidate=replace(company.candidate, predictions=other)), path)
    assert (record["times"], record["models"]) == (3, 2)
    assert "looked at 3 times, by 2 different models" in record["words"]["en"]  # type: ignore[index]
    assert run.tags["ledger.times"] == "3"


def test_planted_bug_a_ledger_that_is_written_anew_would_forget(company: SmallCompany, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    noted(company, path)
    first = path.read_bytes()
    noted(company, path)
    assert path.read_bytes().startswith(first)
    path.write_bytes(first)  # what a rewriting ledger would leave
    assert len(read_ledger(path)) == 1


def test_another_window_is_another_count_and_a_torn_line_is_passed_over(company: SmallCompany, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    noted(company, path)
    with path.open("a") as file:
        file.write('{"at": "2026-')
        file.write("\n")
    rows = company.dataset.table
    fewer = rows.filter(pc.not_equal(rows["lead_id"], rows.filter(pc.equal(rows["window"], "test"))["lead_id"][0]))
    record, _ = noted(replace(company, dataset=replace(company.dataset, table=fewer)), path)
    assert record["times"] == 1
    assert len(read_ledger(path)) == 2


def test_the_order_of_the_rows_makes_no_other_window(company: SmallCompany) -> None:
    rows = company.dataset.rows("test")
    backwards = rows.take(pa.array(range(rows.num_rows - 1, -1, -1)))
    assert window_digest(rows) == window_digest(backwards)
