"""Whether low grades still get outcomes: a model that only sees what it chose learns that it was right."""

from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Contacts:
    """When we turned to whom: outbound activities of leads, read once however many runs are judged."""

    lead_id: NDArray[Any]  # of every lead, by its number
    lead_no: NDArray[np.int64]  # (n,) of each outbound activity
    occurred: NDArray[np.int64]  # (n,) microseconds

    @classmethod
    def of(cls, history: History) -> "Contacts | None":
        """Return the contacts of a history; None if it has none, as where it does not say which way activities go."""
        numbers, instants = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for batch in ActivityStream(history, ["lead_no", "occurred_at", "direction"]).batches():
            ours = pc.fill_null(pc.equal(batch["direction"].cast(pa.string()), "outbound"), False)
            rows = pa.array(np.flatnonzero(pc.and_(ours, pc.is_valid(batch["lead_no"])).to_numpy(zero_copy_only=False)))
            numbers.append(batch["lead_no"].take(rows).to_numpy().astype(np.int64))
            instants.append(micros_of(batch["occurred_at"].take(rows)))
        lead_no = np.concatenate(numbers)
        if not len(lead_no):
            return None
        leads = read_parquet(history.path("leads"), ["lead_id"])["lead_id"].to_numpy(zero_copy_only=False)
        return cls(leads.astype(str), lead_no, np.concatenate(instants))

    def within(self, lead_id: NDArray[Any], as_of: datetime, horizon: timedelta) -> NDArray[np.bool_]:
        """Return which of some leads were contacted in ``[as_of, as_of + horizon)``; shape (n,)."""
        inside = (self.occurred >= to_micros(as_of)) & (self.occurred < to_micros(as_of + horizon))
        return np.isin(lead_id.astype(str), self.lead_id[np.unique(self.lead_no[inside])])


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
