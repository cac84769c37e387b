"""Where the rows of a source went, as findings: by table and rule, with the places of the first few."""

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import History, TableName
from predictive_scoring.contract.rules import FIX, MEANING, Rule
from predictive_scoring.errors import counted
from predictive_scoring.storage import read_parquet

N_EXAMPLES: Final = 5
PLACEHOLDERS: Final = r"\b(1900-01-01|1970-01-01|1899-12-3[01]|9999-12-31|01/01/19[07]0|31/12/9999)\b"
APART: Final[dict[TableName, str]] = {
    "activities": "; if they are events of their own, tell them apart: export instants with seconds, or map what they "
    "differ in as `topic` (a page, a channel, at worst their id), `value` or `recorded_at`",
    "outcomes": "; if they are events of their own, tell them apart: export instants with seconds, or map what they "
    "differ in as `amount`, `reason` or `recorded_at`",
}
OF_ITS_LEAD: Final = "the activities and outcomes of a lead in quarantine follow it there, as unknown_lead"


def row_findings(history: History, max_share: float) -> Iterator[Finding]:
    """Yield a finding for each rule that rows of a table break, for copies, and for each table with too many bad rows.

    Parameters
    ----------
    max_share
        The share of a table's rows, in [0, 1], of which more in quarantine refuse the run.
    """
    quarantine = read_parquet(history.folder / "quarantine.parquet")
    for name, account in history.facts.rows.items():
        if account.collapsed:
            yield Finding(
                id="key.exact_duplicates", severity="warn", n=account.collapsed, table=name,
                what=f"{name}: {counted(account.collapsed, 'exact duplicate')} of another row, collapsed into it",
                fix=f"nothing, if the export repeats rows{APART.get(name, '')}",
            )  # fmt: skip
        for rule, n in account.quarantined.items():
            here = pc.and_(pc.equal(quarantine["table"], name), pc.equal(quarantine["rule"], rule))
            first = _first(Rule(rule), name, history)
            yield _quarantined(name, Rule(rule), n, quarantine.filter(here), f"{first}{FIX[Rule(rule)]}")
        bad = sum(account.quarantined.values())
        if bad > max_share * account.read:
            yield Finding(
                id="row.too_many_bad", severity="refuse", n=bad, table=name,
                what=f"{name}: {counted(bad, 'row')} of {account.read:,} in quarantine ({bad / account.read:.1%}); at "
                f"most {max_share:.1%} may be (extract.max_quarantine_share)",
                fix="correct formats, types and `read` in the source file, or the export itself",
            )  # fmt: skip
    yield from _placeholders(quarantine)


def _first(rule: Rule, table: TableName, history: History) -> str:
    """Return what to do before anything else where a lead's quarantined row takes other rows with it, or nothing."""
    leads = history.facts.rows.get("leads")
    n_leads = sum(leads.quarantined.values()) if leads else 0
    if rule is Rule.UNKNOWN_LEAD and n_leads:
        return f"put right the {counted(n_leads, 'row')} of leads in quarantine first: {OF_ITS_LEAD}; then "
    if rule is Rule.DUPLICATE_KEY and table == "leads":
        return f"put this right before unknown_lead: {OF_ITS_LEAD}; "
    return ""


def _quarantined(table: TableName, rule: Rule, n: int, rows: pa.Table, fix: str) -> Finding:
    first = rows.slice(0, N_EXAMPLES)
    places = [f"{file}:{line}" for file, line in zip(first["file"].to_pylist(), first["line"].to_pylist(), strict=True)]
    columns = [name for name in rows["column"].unique().to_pylist() if name] if "column" in rows.schema.names else []
    where = f" (column {', '.join(repr(name) for name in sorted(columns))})" if columns else ""
    return Finding(
        id=f"row.{rule.value}", severity="quarantine", n=n, table=table,
        column=columns[0] if len(columns) == 1 else None,
        what=f"{table}: {counted(n, 'row')}{where}: {MEANING[rule]}", examples=tuple(places), fix=fix,
    )  # fmt: skip


def _placeholders(quarantine: pa.Table) -> Iterator[Finding]:
    unread = quarantine.filter(pc.equal(quarantine["rule"], Rule.BAD_TIMESTAMP.value))
    blank = unread.filter(pc.match_substring_regex(unread["text"], PLACEHOLDERS))
    for table in blank["table"].unique().to_pylist():
        n = pc.sum(pc.equal(blank["table"], table)).as_py()
        yield Finding(
            id="time.placeholder", severity="warn", n=n, table=table,
            what=f"{table}: {counted(n, 'quarantined row')} with a date such as 1900-01-01 or 9999-12-31, which "
            "systems write where there is none", fix="export an empty cell where there is no date",
        )  # fmt: skip
