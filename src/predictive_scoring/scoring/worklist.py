"""Whom to work: the best by rank, and a few drawn by lot whatever their score.

If only leads with high scores are worked, low ones have no outcomes, and the next model learns that it was right.
A small share drawn by lot keeps telling how the others would have gone; the chance of being drawn is noted beside each
lead, so that outcomes can be weighted by it.
"""

import hashlib
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import INSTANT

WORKLIST = "worklist.parquet"
COLUMNS = ("lead_id", "as_of", "target", "rank", "grade")  # of the scores
RANK, EXPLORE = "rank", "explore"
SCHEMA = pa.schema(
    [
        ("lead_id", pa.string()),
        ("as_of", INSTANT),
        ("target", pa.string()),
        ("place", pa.int64()),  # 1 = work first; those drawn by lot lie evenly among the others
        ("rank", pa.int64()),
        ("grade", pa.string()),
        ("chosen_by", pa.string()),  # rank or explore
        ("propensity", pa.float64()),  # chance of this lead to be on the list: 1 by rank, else the share that is drawn
    ]
)


def worklist(scores: pa.Table, settings: Score) -> pa.Table:
    """Return the list of a batch of scores: those ranked up to `settings.worklist_length`, and the slice drawn by lot.

    Parameters
    ----------
    scores
        At least `COLUMNS`; one batch, every row as of the same instant.

    Returns
    -------
    pyarrow.Table
        `SCHEMA`, in the order of place.
    """
    rank = scores["rank"].to_numpy()
    ids = scores["lead_id"].to_numpy(zero_copy_only=False)
    as_of = scores["as_of"][0].as_py() if scores.num_rows else None
    lot = lots(ids, as_of, settings.explore_seed)
    by_rank = rank <= settings.worklist_length
    drawn = ~by_rank & (lot < settings.explore_share)
    listed = np.flatnonzero(by_rank | drawn)
    # Those drawn by lot come in the order of their lots, spread over the list: at its end nobody would reach them.
    key = np.where(by_rank, rank / max(1, int(by_rank.sum())), lot / max(settings.explore_share, 1e-12))
    listed = listed[np.lexsort((rank[listed], key[listed]))]
    columns: dict[str, Any] = {
        **{name: scores[name].take(pa.array(listed)) for name in COLUMNS},
        "place": np.arange(1, len(listed) + 1),
        "chosen_by": np.where(by_rank, RANK, EXPLORE)[listed].astype(object),
        "propensity": np.where(by_rank, 1.0, settings.explore_share)[listed],
    }
    return pa.table([_column(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def lots(lead_id: NDArray[Any], as_of: datetime | None, seed: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each lead, even and independent, the same whenever it is drawn again.

    SipHash of the id, keyed by the seed and the instant: it depends on no other lead and on no order.
    """
    key = hashlib.sha256(f"{seed}|{as_of.isoformat() if as_of else ''}".encode()).hexdigest()[:16]
    if not len(lead_id):
        return np.zeros(0)
    hashed = pd.util.hash_array(lead_id.astype(object), hash_key=key, categorize=False)
    return np.asarray((hashed >> np.uint64(11)).astype(np.float64) / 2.0**53, dtype=np.float64)


def _column(values: Any, type_: pa.DataType) -> pa.Array:
    return values.cast(type_) if isinstance(values, pa.ChunkedArray) else pa.array(values, type_)
