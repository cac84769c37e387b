"""What conversions brought: an amount for each lead that reached the target's stage."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.snapshots.instants import NEVER, micros_of, to_micros
from predictive_scoring.storage import read_parquet


@dataclass(frozen=True)
class Amounts:
    """Amounts of conversions by lead, and when each came to be known; NaN of a lead means that none is.

    A lead has one: that of its first time at the stage, which is its conversion. An amount of nothing or less is a
    field that nobody filled in, or a refund, and tells nothing of what a conversion brings.
    """

    amount: "pd.Series[float]"  # by lead_id, distinct
    known_at: "pd.Series[int]"  # microseconds, by the same ids

    @classmethod
    def of(cls, history: History, target: Target) -> "Amounts":
        """Return the amounts that a history tells of a target's stage."""
        columns = ["lead_no", "occurred_at", "known_at", "stage", "amount"]
        rows = read_parquet(history.path("outcomes"), columns)
        rows = rows.filter(pc.equal(rows["stage"], target.stage))
        lead_id = read_parquet(history.path("leads"), ["lead_id"])["lead_id"].take(rows["lead_no"])
        told = pd.DataFrame(
            {
                "lead_id": lead_id.to_numpy(zero_copy_only=False),
                "occurred_at": micros_of(rows["occurred_at"]),
                "known_at": micros_of(rows["known_at"]),
                "amount": rows["amount"].cast(pa.float64()).to_numpy(zero_copy_only=False),
            }
        ).sort_values(["lead_id", "occurred_at", "known_at"], kind="stable")
        first = told[told["occurred_at"] == told.groupby("lead_id")["occurred_at"].transform("min")]
        real = (
            first[(first["amount"] > 0) & np.isfinite(first["amount"])].drop_duplicates("lead_id").set_index("lead_id")
        )
        return cls(real["amount"], real["known_at"])

    def of_rows(self, rows: pa.Table, known_before: datetime | None = None) -> NDArray[np.float64]:
        """Return what the conversion of each row brought, NaN where it does not convert or no amount is known.

        Parameters
        ----------
        rows
            Labelled snapshots: lead_id, converted. A lead that converts within the horizon of a look does so by its
            first time at the stage, so all its looks have one amount.
        known_before
            An amount that was recorded at this instant or later is not used; None: all are.
        """
        until = NEVER if known_before is None else to_micros(known_before)
        usable = self.amount.where(self.known_at < until)
        found = usable.reindex(rows["lead_id"].to_numpy(zero_copy_only=False)).to_numpy(np.float64)
        converts = pc.fill_null(rows["converted"], False).to_numpy(zero_copy_only=False)
        return np.asarray(np.where(converts, found, np.nan), dtype=np.float64)
