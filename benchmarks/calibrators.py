"""Whether bending the shipped chances further would help: fitted on half of the last window, judged on the other half.

    python benchmarks/calibrators.py models/candidate/won/predictions.parquet [MORE ...]

The last window is dealt out by lead, four times; each calibrator is fitted on one half and judged on the other, and
the other way round. `none` leaves the chances as they are. Isotonic regression and Venn-Abers (Vovk, Petej and
Fedorova 2015, arXiv:1511.00213; here on a grid of two hundred scores) need no form; the others are those of the model.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from predictive_scoring.model.calibration import Method, sigmoid
from predictive_scoring.model.calibration_fit import CalibrationSample, _fit, _losses
from predictive_scoring.storage import read_parquet

Floats = NDArray[np.float64]
N_DEALS: Final = 4
GRID: Final = 200
Loss = Callable[[CalibrationSample, CalibrationSample], Floats]  # fitted on the first, losses of the second


def by_form(method: Method) -> Loss:
    """Return the losses of one of the model's own calibrators."""
    return lambda seen, unseen: _losses(unseen, _fit(seen, method))


def isotonic(seen: CalibrationSample, unseen: CalibrationSample) -> Floats:
    """Return the losses of isotonic regression, no chance below one in twice the rows."""
    fitted = IsotonicRegression(out_of_bounds="clip").fit(seen.raw, seen.y)
    return log_losses(fitted.predict(unseen.raw), unseen.y, len(seen.y))


def venn_abers(seen: CalibrationSample, unseen: CalibrationSample) -> Floats:
    """Return the losses of the chance between the two that a lead would have if it did convert and if it did not."""
    grid = np.unique(np.quantile(unseen.raw, np.linspace(0, 1, GRID)))
    ends = np.empty((2, len(grid)))
    for label in (0, 1):
        for place, score in enumerate(grid):
            both, y = np.append(seen.raw, score), np.append(seen.y, label)
            ends[label, place] = IsotonicRegression(out_of_bounds="clip").fit(both, y).predict([score])[0]
    low, high = (np.interp(unseen.raw, grid, values) for values in ends)
    return log_losses(high / (1 - low + high), unseen.y, len(seen.y))


def log_losses(chance: Floats, y: Floats, n_seen: int) -> Floats:
    """Return the log loss of each row."""
    p = np.clip(chance, 0.5 / n_seen, 1 - 0.5 / n_seen)
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log1p(-p)), dtype=np.float64)


TRIED: Final[dict[str, Loss]] = {
    "shift": by_form("shift"), "platt": by_form("platt"), "beta": by_form("beta"),
    "isotonic": isotonic, "venn-abers": venn_abers,
}  # fmt: skip


def compared(path: Path) -> dict[str, tuple[float, float]]:
    """Return each calibrator's mean gain in log loss over none, and its standard error, leads drawn."""
    table = read_parquet(path, ["lead_id", "window", "converted", "model"]).to_pandas()
    table = table[table["window"] == "test"]
    p = np.clip(table["model"].to_numpy(), 1e-9, 1 - 1e-9)
    codes = np.unique(table["lead_id"], return_inverse=True)[1]
    whole = CalibrationSample(np.log(p / (1 - p)), table["converted"].to_numpy().astype(float), codes, np.ones(len(p)))
    assert np.allclose(sigmoid(whole.raw), p)
    before = _losses(whole, None)
    n_leads, generator = int(codes.max()) + 1, np.random.default_rng(0)
    gains = {name: np.zeros(len(p)) for name in TRIED}
    for _ in range(N_DEALS):
        half = (generator.permutation(n_leads) < n_leads // 2)[codes]
        for seen in (half, ~half):
            for name, loss in TRIED.items():
                gains[name][~seen] += (before[~seen] - loss(whole.take(seen), whole.take(~seen))) / N_DEALS
    by_lead = {name: np.bincount(codes, gain) for name, gain in gains.items()}
    return {
        name: (float(gain.sum() / len(p)), float(np.sqrt(((gain - gain.mean()) ** 2).sum()) / len(p)))
        for name, gain in by_lead.items()
    }


def main() -> None:
    """Print a row a set: the gain of each calibrator over none in log loss, times 10,000, and its standard error."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("predictions", type=Path, nargs="+")
    for path in options.parse_args().predictions:
        told = "  ".join(
            f"{name} {1e4 * gain:+.1f} ({1e4 * error:.1f})" for name, (gain, error) in compared(path).items()
        )
        print(f"{path}: {told}", flush=True)


if __name__ == "__main__":
    main()
