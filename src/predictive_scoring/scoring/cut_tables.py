"""A warning of `check` that a nightly job must not miss: a table that ends long before the others."""

from datetime import date, datetime
from pathlib import Path

from predictive_scoring.audit.early_end import early_end_findings
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine


def cut_tables(history: History, as_of: datetime, spill: Path | None = None) -> list[str]:
    """Return what `check` says of each table of events that had fallen silent for good by the instant of scoring.

    Parameters
    ----------
    spill
        A folder for what memory does not hold; a temporary one where none is given.
    """
    if history.facts.flat:
        return []
    with open_engine(spill=spill) as engine:
        found = list(early_end_findings(engine, history))
    return [each.what for each in found if date.fromisoformat(each.examples[0]) < as_of.date()]
