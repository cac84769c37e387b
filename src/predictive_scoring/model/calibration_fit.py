"""Choosing and fitting the calibrator: the simplest map that the calibration leads can carry."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.calibration import MIN_SLOPE, Calibrator, Method, Parameters, Vector, sigmoid

# A method is tried only with this many converting leads, and as many that do not convert.
LEAST_CONVERTING: dict[Method, int] = {"none": 0, "shift": 5, "platt": 40, "beta": 300}
_SLOPE_PRIOR, _SHIFT_PRIOR = 1.0, 0.01  # precision of a Gaussian about 'none': keeps separable data finite
_N_FOLDS = 5
N_ERRORS = 2.0


@dataclass(frozen=True)
class CalibrationSample:
    """Raw log-odds, labels (0 or 1), whose row each is, and how much it counts; one row a snapshot."""

    raw: Vector
    y: Vector
    leads: NDArray[Any]
    weight: Vector

    def take(self, rows: NDArray[np.bool_]) -> "CalibrationSample":
        """Return some of the rows."""
        return CalibrationSample(self.raw[rows], self.y[rows], self.leads[rows], self.weight[rows])


def fit_calibrator(sample: CalibrationSample, n_replicas: int, generator: np.random.Generator) -> Calibrator:
    """Return the calibrator that the sample carries, with replicas of its parameters.

    Methods are tried from the simplest on. A more complex one is taken only if its log loss on held-out leads is
    lower by more than two standard errors of the difference, both counted by lead: a window's leads share a season and
    accounts, so one standard error is passed too easily; one whose slope comes out
    negative, or nearly flat, would reorder leads and is dropped.

    Parameters
    ----------
    sample : CalibrationSample
        Of leads that the model was not trained on.
    n_replicas : int
        Leads are drawn again, with replacement, this many times.
    generator : Generator
        For the folds and the draws.
    """
    _, codes = np.unique(sample.leads, return_inverse=True)
    n_leads = int(codes.max()) + 1
    converting = int((np.bincount(codes, sample.y) > 0).sum())
    carried = min(converting, n_leads - converting)
    folds = generator.permutation(np.arange(n_leads) % _N_FOLDS)[codes]
    chosen: Method = "none"
    held_out = _losses(sample, None)
    for method in ("shift", "platt", "beta"):
        if carried < LEAST_CONVERTING[method]:
            break
        losses = _held_out_losses(sample, method, folds)
        if losses is not None and _clearly_lower(losses, held_out, sample.weight, codes):
            chosen, held_out = method, losses
    fitted = _fit(sample, chosen) or (1.0, 1.0, 0.0)
    spread: Method = (
        chosen if chosen in ("platt", "beta") else "platt" if carried >= LEAST_CONVERTING["platt"] else "shift"
    )
    around = _fit(sample, spread) or (1.0, 1.0, 0.0)
    replicas = _centred(_replicas(sample, spread, around, codes, (n_replicas, generator)), fitted)
    return Calibrator(method=chosen, a=fitted[0], b=fitted[1], c=fitted[2], replicas=replicas)


def fitted_chances(raw: Vector, y: Vector) -> Vector:
    """Return what raw log-odds say of these rows, with the height and the spread that their own labels have.

    A straight line in log-odds (Cox 1958, doi:10.1093/biomet/45.3-4.562), or a shift where its slope comes out flat.

    Examples
    --------
    >>> fitted_chances(np.zeros(4), np.array([0.0, 0.0, 0.0, 1.0])).round(2)
    array([0.25, 0.25, 0.25, 0.25])
    """
    sample = CalibrationSample(raw, y, np.arange(len(y)), np.ones_like(raw))
    a, b, c = _fit(sample, "platt") or _fit(sample, "shift") or (1.0, 1.0, 0.0)
    return Calibrator(method="beta", a=a, b=b, c=c).probability(raw)


def _design(raw: Vector, method: Method) -> tuple[NDArray[np.float64], Vector]:
    """Return the columns that the free parameters multiply, and what stands whatever they are."""
    ones = np.ones_like(raw)
    if method == "shift":
        return ones[:, None], raw
    if method == "platt":
        return np.column_stack([raw, ones]), np.zeros_like(raw)
    return np.column_stack([-np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw), ones]), np.zeros_like(raw)


def _prior(method: Method) -> tuple[Vector, Vector]:
    n_slopes = {"shift": 0, "platt": 1, "beta": 2}[method]
    return np.array([1.0] * n_slopes + [0.0]), np.array([_SLOPE_PRIOR] * n_slopes + [_SHIFT_PRIOR])


def _parameters(theta: Vector, method: Method) -> Parameters:
    if method == "shift":
        return 1.0, 1.0, float(theta[0])
    return float(theta[0]), float(theta[-2]), float(theta[-1])


def _free(parameters: Parameters, method: Method) -> Vector:
    a, b, c = parameters
    return np.array({"shift": [c], "platt": [a, c], "beta": [a, b, c]}[method])


def _fit(sample: CalibrationSample, method: Method) -> Parameters | None:
    """Return the penalised maximum-likelihood parameters by Newton's method; None if a slope is not positive."""
    if method == "none":
        return None
    columns, offset = _design(sample.raw, method)
    centre, precision = _prior(method)
    theta = centre.copy()
    objective = _objective(sample, columns @ theta + offset, theta - centre, precision)
    for _ in range(50):
        chance = sigmoid(columns @ theta + offset)
        gradient = columns.T @ (sample.weight * (chance - sample.y)) + precision * (theta - centre)
        curvature = (columns * (sample.weight * chance * (1 - chance))[:, None]).T @ columns + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        for _halving in range(30):
            moved = theta - step
            reached = _objective(sample, columns @ moved + offset, moved - centre, precision)
            if reached <= objective:
                break
            step = step / 2
        theta, objective = moved, reached
        if np.abs(step).max() < 1e-10:
            break
    parameters = _parameters(theta, method)
    return parameters if min(parameters[:2]) > MIN_SLOPE else None


def _objective(sample: CalibrationSample, log_odds: Vector, distance: Vector, precision: Vector) -> float:
    losses = np.logaddexp(0.0, log_odds) - sample.y * log_odds
    return float(sample.weight @ losses + 0.5 * precision @ distance**2)


def _losses(sample: CalibrationSample, parameters: Parameters | None) -> Vector:
    a, b, c = parameters or (1.0, 1.0, 0.0)
    log_odds = Calibrator(method="beta", a=a, b=b, c=c).log_odds(sample.raw)
    return np.asarray(np.logaddexp(0.0, log_odds) - sample.y * log_odds, dtype=np.float64)


def _held_out_losses(sample: CalibrationSample, method: Method, folds: NDArray[np.int64]) -> Vector | None:
    losses = np.empty_like(sample.raw)
    for fold in range(_N_FOLDS):
        held = folds == fold
        parameters = _fit(sample.take(~held), method)
        if parameters is None:
            return None
        losses[held] = _losses(sample.take(held), parameters)
    return losses if _fit(sample, method) is not None else None


def _clearly_lower(losses: Vector, than: Vector, weight: Vector, codes: NDArray[np.int64]) -> bool:
    gains = np.bincount(codes, weight * (than - losses))
    error = float(np.sqrt(((gains - gains.mean()) ** 2).sum()))
    return float(gains.sum()) > N_ERRORS * error


def _replicas(
    sample: CalibrationSample,
    method: Method,
    fitted: Parameters,
    codes: NDArray[np.int64],
    draws: tuple[int, np.random.Generator],
) -> tuple[Parameters, ...]:
    """Return parameters after one Newton step for each draw of leads.

    One step from the fit is as good as a full refit to first order (the one-step bootstrap: Schucany and Wang
    1991, "One-step bootstrapping for smooth iterative procedures", JRSS B 53:587-596), and all draws are one product.
    """
    n_replicas, generator = draws
    columns, offset = _design(sample.raw, method)
    centre, precision = _prior(method)
    theta = _free(fitted, method)
    chance = sigmoid(columns @ theta + offset)
    n_leads, size = int(codes.max()) + 1, columns.shape[1]
    slopes = _sums_by_lead(columns * (sample.weight * (chance - sample.y))[:, None], codes, n_leads)
    bends = (columns[:, :, None] * columns[:, None, :]).reshape(len(columns), -1)
    bends = _sums_by_lead(bends * (sample.weight * chance * (1 - chance))[:, None], codes, n_leads)
    times = generator.multinomial(n_leads, np.full(n_leads, 1 / n_leads), size=n_replicas).astype(np.float64)
    gradient = times @ slopes + precision * (theta - centre)
    curvature = (times @ bends).reshape(-1, size, size) + np.diag(precision)
    moved = theta - np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
    bounded = ((_parameters(row, method)) for row in moved)
    return tuple((max(a, MIN_SLOPE), max(b, MIN_SLOPE), c) for a, b, c in bounded)


def _centred(replicas: tuple[Parameters, ...], chosen: Parameters) -> tuple[Parameters, ...]:
    """Return replicas moved about the chosen parameters.

    Their spread is what the sample leaves open, in slope as well as in level, also where a simpler method was chosen;
    that their own centre lies elsewhere was judged to be chance.
    """
    if not replicas:
        return ()
    moved = np.array(replicas) - np.mean(replicas, axis=0) + np.array(chosen)
    return tuple((max(float(a), MIN_SLOPE), max(float(b), MIN_SLOPE), float(c)) for a, b, c in moved)


def _sums_by_lead(rows: NDArray[np.float64], codes: NDArray[np.int64], n_leads: int) -> NDArray[np.float64]:
    return np.column_stack([np.bincount(codes, rows[:, column], n_leads) for column in range(rows.shape[1])])
