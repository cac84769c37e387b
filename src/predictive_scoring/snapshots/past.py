"""What could have been learned from at an instant of the past, and what for: the split, one history shorter."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.split import Split
from predictive_scoring.snapshots.instants import micros_of, to_micros

Rows = NDArray[np.int64]
USES: Final = ("train", "between", "calibration")


@dataclass(frozen=True)
class Past:
    """Places of the rows for each use, in a table of snapshots; without windows of their own all are for 'train'."""

    rows: dict[str, Rows]

    @property
    def all(self) -> Rows:
        """Every row that is learned from."""
        return np.sort(np.concatenate([*self.rows.values()]))


def past_of(table: pa.Table, until: datetime, horizon: timedelta, settings: Split) -> Past:
    """Return the rows of a dataset whose labels were known at an instant, divided as the last training divides them.

    Calibration follows training with a gap of one horizon, a lead belongs to the earlier of them, and the gap is in the
    final fit. Where there is too little for that, as `split_windows` judges it, all is for training.

    Parameters
    ----------
    table
        lead_id, account_no, as_of, state, converted; mature rows are looked at.
    until
        A label is known if its horizon had passed by then.
    """
    gap = horizon // timedelta(microseconds=1)
    position = micros_of(table["as_of"])
    mature = pc.equal(table["state"], "mature").to_numpy()
    known = np.flatnonzero(mature & (position + gap <= to_micros(until)))
    if len(known) == 0:
        return Past({"train": known})
    place = position[known]
    start, end = int(place.min()), int(place.max()) + 1
    bounds = _bounds(start, end, gap, settings)
    if bounds is None:
        return Past({"train": known})
    kept = table["account_no" if settings.keep == "accounts" else "lead_id"].take(pa.array(known))
    use = _use(place, kept, bounds)
    rows = {name: known[use == number] for number, name in enumerate(USES)}
    calibrating = rows["calibration"]
    converted = table["converted"].to_numpy(zero_copy_only=False)[calibrating].astype(bool)
    converting = table["lead_id"].take(pa.array(calibrating[converted]))
    return Past(rows if pc.count_distinct(converting).as_py() >= settings.min_positives else {"train": known})


def _bounds(start: int, end: int, gap: int, settings: Split) -> tuple[int, int] | None:
    """Return where training ends and where calibration begins; None if it is too short."""
    left = end - start - gap
    calibrate = settings.calibrate_share / (1 - settings.test_share)
    if 2 * left < end - start or settings.calibrate_share + settings.test_share > 0.5:
        return None
    train_end = start + round(left * (1 - calibrate))
    return train_end, train_end + gap


def _use(place: NDArray[np.int64], kept: pa.ChunkedArray, bounds: tuple[int, int]) -> NDArray[np.int64]:
    """Return the number of each row's use in `USES`; `kept` is what is never on two sides."""
    use = np.searchsorted(bounds, place, side="right")
    whose = np.unique(kept.to_numpy(zero_copy_only=False), return_inverse=True)[1]
    begun_early = np.zeros(int(whose.max()) + 1, dtype=np.bool_)
    begun_early[whose[use == USES.index("train")]] = True
    later_looks = begun_early[whose] & (use == USES.index("calibration"))
    return np.where(later_looks, USES.index("between"), use).astype(np.int64)
