"""What `export` does and says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.cli.language import language as spoken
from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError, SourceUnreachableError
from predictive_scoring.scoring.basis import in_words
from predictive_scoring.scoring.brief import VALUE_COLUMNS, brief_scores, needed_columns
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.json_sink import needed_columns as json_columns
from predictive_scoring.scoring.json_sink import write_scores_json
from predictive_scoring.storage import write_parquet

CRMS = ("hubspot", "salesforce")
FILES = frozenset({".csv", ".xlsx", ".json"})


@dataclass(frozen=True)
class ExportJob:
    """What the command line asks for."""

    scores: Path
    to: str
    language: str = "en"
    top: int | None = None
    env: str = ""
    table: str = "lead_scores"
    record: Path | None = None
    dry_run: bool = False


def export_lines(job: ExportJob) -> Iterator[str]:
    """Carry finished scores on and yield how many went where.

    Raises
    ------
    ConfigurationError
        If the place is none of those known.
    SourceUnreachableError
        If a service is out of reach, or a CRM did not take every lead; the record says which batch failed and why.
    """
    language = spoken(job.language)
    suffix = Path(job.to).suffix.lower()
    is_file = suffix in FILES
    if not is_file and job.to not in (*CRMS, "postgresql"):
        raise ConfigurationError(
            f"--to {job.to}: unknown", expected="FILE.csv, FILE.xlsx, FILE.json, postgresql, hubspot or salesforce"
        )
    columns = [*needed_columns(), *(json_columns() if suffix == ".json" else [])]
    finished = FinishedScores.load(job.scores, columns, [*VALUE_COLUMNS])
    rows = brief_scores(finished, language, job.top)
    if job.dry_run:
        yield f"would write {rows.num_rows:,} leads to {job.to}; nothing was written"
    elif suffix == ".json":
        write_scores_json(rows, finished, Path(job.to), language)
        yield f"{rows.num_rows:,} leads -> {job.to}"
    elif is_file:
        yield from _to_file(in_words(rows, language), Path(job.to), language)
    elif job.to == "postgresql":
        yield from _to_postgres(rows, job)
    else:
        yield from _to_crm(in_words(rows, language), job)


def _to_file(rows: pa.Table, path: Path, language: Language) -> Iterator[str]:
    from predictive_scoring.scoring.table_sinks import write_csv, write_workbook  # noqa: PLC0415

    (write_csv if path.suffix.lower() == ".csv" else write_workbook)(rows, path, language)
    yield f"{rows.num_rows:,} leads -> {path}"


def _to_postgres(rows: pa.Table, job: ExportJob) -> Iterator[str]:
    from predictive_scoring.scoring.postgres_sink import write_postgres  # noqa: PLC0415

    if not job.env:
        raise ConfigurationError("--env is missing", expected="the variable that holds the database's address")
    yield f"{write_postgres(rows, job.env, job.table):,} leads -> table {job.table}"


def _to_crm(rows: pa.Table, job: ExportJob) -> Iterator[str]:
    from predictive_scoring.scoring.crm_sink import RECORD, Crm, door, write_back  # noqa: PLC0415

    crm = cast(Crm, job.to)
    record = job.record or job.scores.with_name(f"{job.scores.name}.{crm}.parquet")
    into = door(crm)
    done: list[pa.RecordBatch] = []
    try:
        done.extend(write_back(rows, crm, into))
    finally:
        written = pa.Table.from_batches(done, RECORD)
        write_parquet(record, written)
    n_written = pc.sum(pc.equal(written["status"], "written")).as_py() or 0
    yield f"{n_written:,} of {rows.num_rows:,} leads -> {crm}; record: {record}"
    if n_written < rows.num_rows:
        causes = sorted(set(written["why"].drop_null().to_pylist()))
        raise SourceUnreachableError(
            f"{crm}: {rows.num_rows - n_written:,} leads were not taken",
            found=", ".join(causes[:5]),
            fix="see the record; the fields must be there first (docs/export.md names them); running it again writes "
            "them all anew, which does no harm",
        )
