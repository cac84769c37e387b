"""How much of the blend is the logistic regression: what held-out leads show, drawn towards what was agreed."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.level import offset_to_mean

Vector = NDArray[np.float64]
PRIOR_PRECISION = 16.0  # the agreed share is known to a quarter
_GRID = np.linspace(0.0, 1.0, 21)


def lower_loss(first: Vector, second: Vector, y: Vector, weight: Vector) -> bool:
    """Return whether the second raw log-odds have the lower log loss, each at its best level."""
    losses = []
    for raw in (first, second):
        level = raw + offset_to_mean(raw, y, weight)
        losses.append(float(weight @ (np.logaddexp(0.0, level) - y * level)))
    return losses[1] < losses[0]


def chosen_share(trees: Vector, linear: Vector, y: Vector, weight: Vector, agreed: float) -> float:
    """Return the share of the linear half, from 0 to 1, in twentieths.

    The penalised log loss of the blend is least there, at its best level: halves that were stopped or weighted
    differently stand at different levels, and the level is set anew afterwards. The penalty is a Gaussian about the
    agreed share: a handful of leads leaves it where it is, thousands move it.

    Parameters
    ----------
    trees, linear : (n,) arrays
        Raw log-odds of each half, by fits that did not see these rows.
    y, weight : (n,) arrays
        Labels 0 or 1; weights that add up to about the number of leads.
    agreed : float
        0 or 1 ask for one half alone and stay.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> known = generator.normal(size=4000)
    >>> y = (generator.random(4000) < 1 / (1 + np.exp(-known))).astype(float)
    >>> chosen_share(generator.normal(size=4000), known, y, np.ones(4000), agreed=0.5) > 0.9
    True
    >>> chosen_share(known, known, y, np.ones(4000), agreed=0.5)
    0.5
    """
    if agreed in (0.0, 1.0) or not 0 < float(weight @ y) < float(weight.sum()):
        return agreed
    losses = []
    for share in _GRID:
        raw = (1 - share) * trees + share * linear
        raw += offset_to_mean(raw, y, weight)
        fit = float(weight @ (np.logaddexp(0.0, raw) - y * raw))
        losses.append(fit + 0.5 * PRIOR_PRECISION * float(share - agreed) ** 2)
    return float(np.round(_GRID[int(np.argmin(losses))], 2))
