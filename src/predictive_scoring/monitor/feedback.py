"""Whether low grades still get outcomes: a model that only sees what it chose learns that it was right."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.findings import percent
from predictive_scoring.monitor.findings import Finding, note, warning
from predictive_scoring.monitor.maturity import Matured
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.instants import micros_of, to_micros
from predictive_scoring.storage import read_parquet

LOW_GRADES = ("C", "D")
_EXPECTED = 4.6  # with so many conversions expected, none at all has a chance of one in a hundred


def by_grade(rows: Matured, contacted: NDArray[np.bool_] | None) -> list[dict[str, Any]]:
    """Return for each grade: leads, conversions expected and found, share contacted, and the same among those by lot.

    Parameters
    ----------
    contacted : (n,) array or None
        Whether we turned to the lead within the horizon; None where the history does not say which way activities go.
    """
    found = []
    for grade in sorted(set(rows.grade)):
        members = rows.grade == grade
        drawn = members & rows.explored
        found.append(
            {
                "grade": str(grade),
                "leads": int(members.sum()),
                "expected": float(rows.chance[members].sum()),
                "converted": int(rows.converted[members].sum()),
                "contacted_share": None if contacted is None else float(contacted[members].mean()),
                "by_lot": int(drawn.sum()),
                "by_lot_converted": int(rows.converted[drawn].sum()),
            }
        )
    return found


def contacted_within(
    history: History, lead_id: NDArray[Any], as_of: datetime, horizon: timedelta
) -> NDArray[np.bool_] | None:
    """Return which leads have an outbound activity in ``[as_of, as_of + horizon)``; None if there is none in all.

    Parameters
    ----------
    lead_id : (n,) array
    """
    start, end = to_micros(as_of), to_micros(as_of + horizon)
    numbers, seen = [], False
    for batch in ActivityStream(history, ["lead_no", "occurred_at", "direction"]).batches():
        ours = pc.fill_null(pc.equal(batch["direction"].cast(pa.string()), "outbound"), False)
        ours = pc.and_(ours, pc.is_valid(batch["lead_no"])).to_numpy(zero_copy_only=False)
        seen = seen or bool(ours.any())
        occurred = micros_of(batch["occurred_at"])
        chosen = np.flatnonzero(ours & (occurred >= start) & (occurred < end))
        numbers.append(batch["lead_no"].take(pa.array(chosen)).to_numpy())
    if not seen:
        return None
    leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"])
    reached = leads["lead_id"].to_numpy(zero_copy_only=False)[np.unique(np.concatenate(numbers)).astype(np.int64)]
    return np.isin(lead_id.astype(str), reached.astype(str))


def feedback_findings(grades: list[dict[str, Any]]) -> Iterator[Finding]:
    """Yield how many leads were worked whatever their score, and a warning if low grades get no outcomes."""
    n_leads, n_drawn = sum(grade["leads"] for grade in grades), sum(grade["by_lot"] for grade in grades)
    share = n_drawn / n_leads if n_leads else 0.0
    text = f"{percent(share)} of the leads ({n_drawn:,}) were drawn to be worked whatever their score"
    yield note("hold_out", "quality", text if n_drawn else f"{text}; score.explore_share draws some")
    low = [grade for grade in grades if grade["grade"] in LOW_GRADES]
    expected, converted = sum(grade["expected"] for grade in low), sum(grade["converted"] for grade in low)
    if expected >= _EXPECTED and not converted:
        text = f"no lead graded {' or '.join(LOW_GRADES)} converted, {expected:.0f} were expected"
        yield warning("feedback", "quality", f"{text}: if nobody works them, the next model learns from its own choice")
    shares = {grade["grade"]: grade["contacted_share"] for grade in grades if grade["contacted_share"] is not None}
    if shares.get("A", 0) > 0 and all(shares.get(grade, 1.0) == 0 for grade in LOW_GRADES):
        text = "no lead graded C or D was contacted within the horizon: what becomes of them says nothing of the scores"
        yield warning("feedback", "quality", text)
