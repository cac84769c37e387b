"""What chosen leads did and read of their own accord, and what their colleagues did."""

from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import literal, open_engine, path_literal
from predictive_scoring.handoff.situation import Situation

READ_DAYS = 90
COLLEAGUE_DAYS = 30


def own_actions(found: Situation, lead_no: pa.ChunkedArray, days: int = READ_DAYS) -> pa.Table:
    """Return what leads did of their own accord in the last days: lead_no, kind, topic, n, last_at.

    Newest first within a lead; what came to be known only later is left out.
    """
    with open_engine() as engine:
        return engine.sql(
            "select a.lead_no, a.kind, a.topic, count(*) as n, max(a.occurred_at) as last_at "
            f"from ({_own(found.history, found.version.own_actions, found.as_of, days)}) a "
            "join chosen using (lead_no) group by all order by lead_no, last_at desc, kind, topic",
            chosen=pa.table({"lead_no": lead_no}),
        )


def colleagues(found: Situation, lead_no: pa.ChunkedArray, days: int = COLLEAGUE_DAYS) -> pa.Table:
    """Return what others of the same account did of their own accord: lead_no, kind, n, n_people, last_at.

    Whoever has opted out or is kept out is not counted. The row without a kind is for all kinds together.
    """
    chosen = pa.table({"lead_no": lead_no, "account_no": found.leads["account_no"].take(lead_no)})
    shown = found.leads.select(["lead_no", "account_no"]).filter(pa.array(~found.hidden))
    counted = "count(*) as n, count(distinct s.lead_no) as n_people, max(a.occurred_at) as last_at"
    with open_engine() as engine:
        return engine.sql(
            f"select c.lead_no, a.kind, {counted} "
            f"from ({_own(found.history, found.version.own_actions, found.as_of, days)}) a "
            "join shown s using (lead_no) join chosen c on c.account_no = s.account_no and c.lead_no <> s.lead_no "
            "group by grouping sets ((c.lead_no, a.kind), (c.lead_no)) order by c.lead_no, n desc, a.kind nulls first",
            chosen=chosen,
            shown=shown,
        )


def who_did(found: Situation, lead_no: NDArray[np.int64], kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which leads are known to have ever done something of some kinds of their own accord; shape (n,)."""
    if not kinds:
        return np.zeros(len(lead_no), np.bool_)
    with open_engine() as engine:
        did = engine.sql(f"select distinct lead_no from ({_own(found.history, kinds, found.as_of)})")
    return np.isin(lead_no, did["lead_no"].to_numpy())


def _own(history: History, kinds: tuple[str, ...], as_of: datetime, days: int | None = None) -> str:
    """Return a query of what leads did of their own accord, in the last days or ever, as it was known at an instant."""
    until = f"timestamptz '{as_of.isoformat()}'"
    recent = "" if days is None else f"and occurred_at >= {until} - interval {days} day "
    return (
        f"select lead_no, kind, topic, occurred_at from read_parquet({path_literal(history.path('activities'))}) "
        f"where lead_no is not null and direction is distinct from 'outbound' and known_at < {until} "
        f"and occurred_at < {until} {recent}"
        f"and kind in ({', '.join(literal(kind) for kind in kinds)})"
    )


def by_lead(rows: pa.Table) -> dict[int, list[dict[str, object]]]:
    """Return rows as dicts, by lead_no; meant for the few leads of a hand-off."""
    grouped: dict[int, list[dict[str, object]]] = {}
    for row in rows.to_pylist():
        grouped.setdefault(row["lead_no"], []).append(row)
    return grouped
