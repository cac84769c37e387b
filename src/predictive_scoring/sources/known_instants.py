"""When anything came to be known: the ends of a history, and its silences."""

from datetime import datetime, timedelta
from typing import Final

from predictive_scoring.contract.source_columns import KnownFrom
from predictive_scoring.contract.source_file import Source
from predictive_scoring.engine.duck import Engine, quoted

SILENCE: Final = timedelta(days=31)


def latest_instant(engine: Engine, source: Source) -> datetime | None:
    """Return the latest instant at which anything came to be known; the history says nothing of what is later."""
    latest = engine.sql(f"select max(known) as known from ({known_instants(source)}) as found(known)")["known"][
        0
    ].as_py()
    return latest if isinstance(latest, datetime) else None


def known_instants(source: Source) -> str:
    """Return the query of every instant at which a kept row came to be known, one column."""
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


def silences(engine: Engine, source: Source) -> list[tuple[datetime, datetime]]:
    """Return the stretches of more than `SILENCE` in which nothing came to be known, the longest first."""
    days = f"select distinct date_trunc('day', known) as day from ({known_instants(source)}) as found(known)"
    rows = engine.sql(
        f"select day, next from (select day, lead(day) over (order by day) as next from ({days})) "
        f"where next - day > interval {SILENCE.days} day order by next - day desc, day"
    ).to_pylist()
    return [(row["day"], row["next"]) for row in rows]
