"""The wish to buy as a score of its own, from the model's own contributions."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.explain.percentiles import percentile_of, percentile_table
from predictive_scoring.features.naming import CODES, slug

Floats = NDArray[np.float64]


def intent_points(scores: pa.Table, kinds: tuple[str, ...]) -> Floats:
    """Return how much the activities that tell of intent moved each lead's probability; shape (n,).

    Parameters
    ----------
    scores
        Of a finished folder, with the column `reasons`.
    kinds
        The agreement's `intent`.
    """
    reasons = scores["reasons"].combine_chunks()
    owner = pc.list_parent_indices(reasons).to_numpy()
    flat = pc.list_flatten(reasons)
    wanted = pa.array(sorted({slug(kind) for kind in kinds}), pa.string())
    counts = pc.and_(
        pc.equal(pc.struct_field(flat, "code"), CODES["activity"]),
        pc.is_in(pc.struct_field(flat, "concept"), wanted),
    )
    points = pc.struct_field(flat, "points").to_numpy(zero_copy_only=False)
    weight = np.where(counts.to_numpy(zero_copy_only=False), points, 0.0)
    return np.asarray(np.bincount(owner, weight, minlength=scores.num_rows), dtype=np.float64)


def intent_scores(scores: pa.Table, kinds: tuple[str, ...]) -> NDArray[np.int64]:
    """Return intent as a rank among the leads of the same batch, 1 to 100, 100 the keenest; shape (n,).

    Fit and engagement are ranked among the reference leads that the bundle carries. What counts as intent is agreed
    after the training, so that no reference can know it: the batch itself is the measure. Leads of equal points share
    the middle of their ranks.
    """
    points = intent_points(scores, kinds)
    if len(points) == 0:
        return np.zeros(0, np.int64)
    return percentile_of(points, percentile_table(points, np.ones(len(points))))
