"""Where a bad row stands: its file and line, in whichever batch, file or part it was read; and what that costs."""

import numpy as np
import pyarrow as pa
import pytest
from source_builder import LENIENT, NO_OUTCOMES, OUTCOMES, write_source

from predictive_scoring.sources import extract as extracting
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.quarantine import quarantine_rows
from predictive_scoring.sources.rows import FileRows, _numbered
from predictive_scoring.storage import read_parquet


class Counted(list):
    """A list that counts the items that are ever taken from slices of it."""

    n_taken = 0

    def __getitem__(self, place):
        found = super().__getitem__(place)
        self.n_taken += len(found) if isinstance(place, slice) else 1
        return found

    def __iter__(self):
        self.n_taken += len(self)
        return super().__iter__()


@pytest.mark.parametrize("seed", range(4))
def test_A07_records_keep_their_numbers_though_rows_between_them_were_skipped(tmp_path, seed):
    """Rows are skipped while batches are parsed; each batch asks for those of its own neighbourhood only."""
    rng = np.random.default_rng(seed)
    is_skipped = rng.random(5000) < 0.3
    rows = FileRows(tmp_path / "leads.csv", iter(()), ragged=Counted())

    def batches():
        for start in range(0, 5000, 50):
            numbers = np.arange(start, start + 50) + 2
            for number in numbers[is_skipped[start : start + 50]]:
                rows.ragged.append((int(number), "text"))
            kept = numbers[~is_skipped[start : start + 50]]
            yield pa.RecordBatch.from_pydict({"_c0": pa.array([str(number) for number in kept], pa.string())})

    found = [row for batch in _numbered(rows, batches(), first_record=2) for row in batch.to_pylist()]
    assert [row["_record"] for row in found] == [int(row["_c0"]) for row in found]
    assert rows.n_records == 5001
    assert rows.ragged.n_taken <= 2 * is_skipped.sum()  # each once or twice, not once a batch


def test_every_bad_row_is_named_by_its_own_file_and_line(tmp_path):
    header, good = "id,at\n", "L{0},2024-01-01T10:00Z\n"
    files = {f"a_{n}.csv": header + good.format(n) + f",bad of a_{n}\n" for n in range(3)}
    files["b_0.csv"] = header + good.format(7)  # without a bad row, between others
    files["b_1.csv"] = header + '"L8\n and more",2024-01-01T10:00Z\n,bad of b_1\n'
    files["outcomes.csv"] = NO_OUTCOMES + ",,\nL0,2024-02-01T10:00Z,\n"
    leads = {"path": "*_*.csv", "columns": {"lead_id": "id", "created_at": "at"}}
    path = write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, files)
    history = extract(path, tmp_path / "history", LENIENT)
    found = read_parquet(history.folder / "quarantine.parquet").select(["table", "file", "line"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        ("leads", "a_0.csv", 3), ("leads", "a_1.csv", 3), ("leads", "a_2.csv", 3), ("leads", "b_1.csv", 4),
        ("outcomes", "outcomes.csv", 3),
    ]  # fmt: skip


def test_the_quarantine_is_gathered_once(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(extracting, "quarantine_rows", lambda *given: calls.append(1) or quarantine_rows(*given))
    leads = {"path": "a.csv", "columns": {"lead_id": "id", "created_at": "at"}}
    files = {"a.csv": "id,at\nL1,2024-01-01T10:00Z\n", "outcomes.csv": NO_OUTCOMES}
    extract(write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, files), tmp_path / "history", LENIENT)
    assert calls == [1]
