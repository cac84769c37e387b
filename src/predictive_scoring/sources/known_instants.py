"""When anything came to be known, and the end of a history."""

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
