"""The wish to buy as a score of its own, from the model's own contributions."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.explain.percentiles import percentile_of, percentile_table
from predictive_scoring.features.naming import CODES, slug

Floats = NDArray[np.float64]
NO_INTENT: Final = 1  # of everybody who is not known to have done anything that tells of intent
_EDGE = 1e-12  # chances of exactly 0 or 1 have no log-odds


def log_odds_per_point(probability: Floats, base: Floats) -> Floats:
    r"""Return how many log-odds one point of each lead stands for; shape (n,), positive.

    A lead's points share :math:`p - p_0` out in proportion to its contributions in log-odds (`explain.points`), so that
    one factor a lead leads back from points to log-odds:

    .. math:: \frac{\operatorname{logit} p - \operatorname{logit} p_0}{p - p_0}
        \quad\longrightarrow\quad \frac{1}{p_0 (1 - p_0)} \quad (p \to p_0)

    Points cannot be compared between leads: where chances are small, a point more is a great change, so the same act
    moves a hot lead by more points than a cold one. What it adds to their log-odds can. The log-odds are those of the
    calibrated chance.

    Parameters
    ----------
    probability, base
        Shape (n,), in [0, 1]: the calibrated chance and that of the base.

    Examples
    --------
    >>> log_odds_per_point(np.array([0.5, 0.2, 0.8]), np.array([0.5, 0.5, 0.5])).round(3).tolist()
    [4.0, 4.621, 4.621]
    """
    start = np.clip(base, _EDGE, 1 - _EDGE)
    moved = np.clip(probability, _EDGE, 1 - _EDGE) - start
    stays = moved == 0.0
    # The difference of two logits by log1p: near the base, where both are nearly equal, it keeps its digits.
    log_odds = np.log1p(moved / start) - np.log1p(-moved / (1 - start))
    return np.asarray(np.where(stays, 1 / (start * (1 - start)), log_odds / np.where(stays, 1.0, moved)))


def intent_log_odds(scores: pa.Table, kinds: tuple[str, ...]) -> Floats:
    """Return how much the activities that tell of intent moved each lead's log-odds; shape (n,).

    Parameters
    ----------
    scores
        Of a finished folder, with the columns `reasons`, `probability` and `base_probability`.
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
    per_point = log_odds_per_point(scores["probability"].to_numpy(), scores["base_probability"].to_numpy())
    return np.asarray(np.bincount(owner, weight, minlength=scores.num_rows) * per_point, dtype=np.float64)


def intent_scores(scores: pa.Table, kinds: tuple[str, ...], acted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return intent as a rank among the leads of the same batch, 1 to 100, 100 the keenest; shape (n,).

    Fit and engagement are ranked among the reference leads that the bundle carries. What counts as intent is agreed
    after the training, so that no reference can know it: the batch itself is the measure. Whoever has done nothing that
    tells of intent is `NO_INTENT`, all alike and below everybody who has: what their silence is worth to the model
    differs, their intent does not. Those who acted share the middle of their ranks where their log-odds are equal.

    Parameters
    ----------
    acted : (n,) array
        Who is known to have done something of these kinds of their own accord: `context.who_did`.
    """
    if len(acted) == 0:
        return np.zeros(0, np.int64)
    moved = np.where(acted, intent_log_odds(scores, kinds), -np.inf)
    ranks = percentile_of(moved, percentile_table(moved, np.ones(len(moved))))
    return np.where(acted, np.maximum(ranks, NO_INTENT + 1), NO_INTENT)
