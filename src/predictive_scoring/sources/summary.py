"""A history in a few lines for a person."""

from predictive_scoring.contract.history import History
from predictive_scoring.errors import counted


def summarise(history: History) -> list[str]:
    """Return a line for each table that says where its rows went, then the notes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from predictive_scoring.contract.history import HistoryFacts, RowAccount
    >>> account = RowAccount(read=10, kept=8, collapsed=1, quarantined={"ragged_row": 1})
    >>> facts = HistoryFacts(name="acme", description="", licence="internal", rows={"leads": account})
    >>> summarise(History(Path("history"), facts))
    ['leads: 10 rows read, 8 kept, 1 collapsed, 1 quarantined (ragged_row 1)']
    """
    lines = []
    for name, account in history.facts.rows.items():
        parts = [f"{counted(account.read, 'row')} read", f"{account.kept:,} kept"]
        parts += [f"{account.collapsed:,} collapsed"] if account.collapsed else []
        for what, counts in (("left out", account.left_out), ("quarantined", account.quarantined)):
            if counts:
                detail = ", ".join(f"{why} {n:,}" for why, n in counts.items())
                parts.append(f"{sum(counts.values()):,} {what} ({detail})")
        lines.append(f"{name}: {', '.join(parts)}")
    return [*lines, *(f"note: {note}" for note in history.facts.notes)]
