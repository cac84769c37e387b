"""What stands beside the tables: attributes and when they are known, the end of the history, notes in plain words."""

from datetime import datetime, timedelta

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import Attribute, HistoryFacts, RowAccount, TableName
from predictive_scoring.contract.source_columns import KnownFrom
from predictive_scoring.contract.source_file import Source
from predictive_scoring.engine.duck import Engine, quoted
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.likely_duplicates import likely_duplicates, notes_of

SILENCE = timedelta(days=31)
FEW_ROWS, FEW_SHARE, ENOUGH_ROWS = 2, 0.001, 200


def facts_of(engine: Engine, source: Source, rows: dict[TableName, RowAccount], settings: Extract) -> HistoryFacts:
    """Return the facts of a source whose kept tables are made."""
    leads = source.tables.leads
    counts = likely_duplicates(engine, has_email=leads.columns.email is not None)
    if source.ends_at is None:
        _refuse_lonely_end(engine, source)
    return HistoryFacts(
        name=source.name,
        description=source.description,
        licence=source.licence,
        simulated=source.simulated,
        ordering=leads.order or "time",
        flat=leads.outcome is not None,
        observed_until=source.ends_at or _latest_instant(engine, source),
        attributes=_attributes(source),
        words=source.words,
        rows=rows,
        email_groups=tuple(source.email_groups),
        counts=counts,
        notes=(*_notes(engine, source, rows), *notes_of(counts, same_email=settings.same_email)),
    )


def _attributes(source: Source) -> tuple[Attribute, ...]:
    found = []
    for table, parts in source.tables.given.items():
        if table in ("leads", "accounts"):
            part = parts[0]
            for header, name in part.attribute_names.items():
                given = part.attributes[header]
                known = "at_instant" if isinstance(given.known, KnownFrom) else given.known
                described = {"table": table, "name": name, "type": given.type, "known": known, "header": header}
                found.append(Attribute.model_validate(described))
    return tuple(found)


def _refuse_lonely_end(engine: Engine, source: Source) -> None:
    """Refuse a history whose last few rows lie long after all others: a planned meeting, or a wrong year.

    Its end would be taken for theirs, and every lead before it would count as not converting.
    """
    known = _known_instants(source)
    n_rows = engine.scalar(f"select count(*) from ({known}) as found(known)")
    if n_rows < ENOUGH_ROWS:
        return
    share = 1 - max(FEW_ROWS / n_rows, FEW_SHARE)
    row = engine.sql(
        f"select max(known) as latest, quantile_disc(known, {share}) as nearly, "
        f"count(*) filter (known > (select quantile_disc(known, {share}) from ({known}) as others(known))) as after "
        f"from ({known}) as found(known)"
    ).to_pylist()[0]
    if row["latest"] - row["nearly"] > SILENCE:
        raise DataContractError(
            f"source '{source.name}': the end of the history is not clear",
            found=f"{row['after']:,} of {n_rows:,} rows lie after {row['nearly']:%Y-%m-%d}, "
            f"up to {row['latest']:%Y-%m-%d}",
            expected="rows up to the day of the export",
            fix='add `exported_at: "YYYY-MM-DD"` to the source file; later rows then go to quarantine',
        )


def _latest_instant(engine: Engine, source: Source) -> datetime | None:
    """Return the latest instant at which anything came to be known; the history says nothing of what is later."""
    latest = engine.sql(f"select max(known) as known from ({_known_instants(source)}) as found(known)")["known"][
        0
    ].as_py()
    return latest if isinstance(latest, datetime) else None


def _known_instants(source: Source) -> str:
    leads = source.tables.leads
    columns = [("kept_leads", "created_at")]
    columns += [
        ("kept_leads", f"{name}__known_at")
        for header, name in leads.attribute_names.items()
        if isinstance(leads.attributes[header].known, KnownFrom)
    ]
    columns += [(f"kept_{name}", "known_at") for name in ("activities", "outcomes") if name in source.tables.given]
    return " union all ".join(
        f"select {quoted(column)} from {table} where {quoted(column)} is not null" for table, column in columns
    )


def _notes(engine: Engine, source: Source, rows: dict[TableName, RowAccount]) -> list[str]:
    tables = source.tables
    latest = _latest_instant(engine, source)
    notes = []
    if source.ends_at is not None and latest is not None and source.ends_at - latest > SILENCE:
        notes.append(
            f"exported_at is {source.ends_at:%Y-%m-%d}, but nothing is known after {latest:%Y-%m-%d}: if the export "
            "ends there, leads of the time between count as not converting; correct exported_at"
        )
    notes += [f"{name}: no rows were kept" for name, account in rows.items() if account.kept == 0]
    for name in ("activities", "outcomes"):
        parts = tables.given.get(name, ())
        if any("recorded_at" not in part.mapped for part in parts):
            notes.append(
                f"{name}: `recorded_at` is not given, so each row counts as known from the instant it occurred; "
                "history that was written later cannot be told"
            )
    named = [name for part in tables.activities for name in part.attribute_names.values()]
    if named:
        given = ", ".join(dict.fromkeys(named))
        notes.append(f"activities: attributes are not used by any feature and were left out: {given}")
    if tables.accounts is not None:
        unknown = "select count(*) from kept_leads join account_numbers using (account_id) where not is_described"
        if n := engine.scalar(unknown):
            notes.append(
                f"leads: {n:,} name an account that the accounts table does not have; its attributes are unknown"
            )
    if tables.activities:
        early = (
            "select count(*) from kept_activities a join lead_numbers l using (lead_no) where a.known_at < l.created_at"
        )
        if n := engine.scalar(early):
            notes.append(f"activities: {n:,} lie before their lead was created and count as its history")
    return notes
