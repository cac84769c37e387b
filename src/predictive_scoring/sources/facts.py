"""What stands beside the tables: attributes and when they are known, and the end of the history."""

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import Attribute, HistoryFacts, RowAccount, TableName
from predictive_scoring.contract.source_columns import KnownFrom
from predictive_scoring.contract.source_file import Source
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.known_instants import SILENCE, known_instants, latest_instant
from predictive_scoring.sources.likely_duplicates import likely_duplicates
from predictive_scoring.sources.notes import notes

ENOUGH_ROWS = 200  # of fewer, no pattern is told
FEW_ROWS, FEW_SHARE = 2, 0.001


def facts_of(engine: Engine, source: Source, rows: dict[TableName, RowAccount], settings: Extract) -> HistoryFacts:
    """Return the facts of a source whose kept tables are made."""
    leads = source.tables.leads
    has_email = leads.columns.email is not None
    is_one = settings.same_email == "one_lead"
    if source.ends_at is None:
        _refuse_lonely_end(engine, source)
    return HistoryFacts(
        name=source.name,
        description=source.description,
        licence=source.licence,
        simulated=source.simulated,
        ordering=leads.order or "time",
        flat=leads.outcome is not None,
        observed_until=source.ends_at or latest_instant(engine, source),
        attributes=_attributes(source),
        words=source.words,
        rows=rows,
        email_groups=tuple(source.email_groups),
        counts=likely_duplicates(engine, same_email_is_one=is_one) if has_email else {},
        notes=tuple(notes(engine, source, rows, same_email_is_one=is_one and has_email)),
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
    known = known_instants(source)
    n_rows = engine.scalar(f"select count(*) from ({known}) as found(known)")
    if n_rows < ENOUGH_ROWS:
        return
    n_last = max(FEW_ROWS, int(FEW_SHARE * n_rows)) + 1
    last = f"(select known from ({known}) as found(known) order by known desc limit {n_last})"  # a quantile holds all
    row = engine.sql(
        f"select max(known) as latest, min(known) as nearly, "
        f"count(*) filter (known > (select min(known) from {last})) as after from {last}"
    ).to_pylist()[0]
    if row["latest"] - row["nearly"] > SILENCE:
        raise DataContractError(
            f"source '{source.name}': the end of the history is not clear",
            found=f"{row['after']:,} of {n_rows:,} rows lie after {row['nearly']:%Y-%m-%d}, "
            f"up to {row['latest']:%Y-%m-%d}",
            expected="rows up to the day of the export",
            fix='add `exported_at: "YYYY-MM-DD"` to the source file; later rows then go to quarantine',
        )
