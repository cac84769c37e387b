"""What `fetch` and `check` say."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import RowAccount, TableName
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.fetch import fetch
from predictive_scoring.sources.summary import summarise


def fetch_lines(name: str, into: Path) -> Iterator[str]:
    """Fetch a public data set and yield what it is, under which licence, and where it lies."""
    fetched = fetch(name, into)
    yield f"{name}: {fetched.description}"
    yield f"licence: {fetched.licence}"
    yield f"cite: {fetched.citation}"
    for path in fetched.paths:
        yield f"{path}  (SHA-256 checked)"


def refuse_bad_tables(rows: dict[TableName, RowAccount]) -> None:
    """Refuse what the pipeline would refuse by default: a table of which too many rows went to quarantine.

    Raises
    ------
    DataContractError
        Naming the tables.
    """
    limit = Extract().max_quarantine_share
    bad = [name for name, account in rows.items() if sum(account.quarantined.values()) > limit * account.read]
    if bad:
        raise DataContractError(
            f"more than {limit:.0%} of the rows break a rule: {', '.join(bad)}",
            fix="correct formats, types and `read` in the source file, or raise extract.max_quarantine_share",
        )


def check_lines(source: Path, *, as_json: bool) -> Iterator[str]:
    """Read a source into a scratch folder, keep nothing, and yield where its rows went."""
    with tempfile.TemporaryDirectory(prefix="predictive-scoring-") as scratch:
        history = extract(source, Path(scratch) / "history", Extract(max_quarantine_share=1.0))
        if as_json:
            yield json.dumps(history.facts.model_dump(mode="json", include={"name", "rows", "notes", "observed_until"}))
        else:
            yield from summarise(history)
        refuse_bad_tables(history.facts.rows)
