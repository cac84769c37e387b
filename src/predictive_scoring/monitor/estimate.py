"""How good the scores should be if the chances are right: quality before any outcome is known."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.evaluate.ranking import Ranked, expected_auc
from predictive_scoring.evaluate.uncertainty import Draws, estimate, means_of_draws, ranking_draws
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.monitor.findings import Finding, alarm, note
from predictive_scoring.publish.reference_inputs import ReferenceInputs

Vector = NDArray[np.float64]
BLIND = (
    "estimated quality takes the chances at their word: it sees other leads, not another link between what leads do "
    "and what becomes of them; that shows when outcomes have matured"
)


@dataclass(frozen=True)
class Estimate:
    """Expected AUC and Brier score with intervals, beside what the reference leads gave in the same way."""

    auc: dict[str, float | None]
    brier: dict[str, float | None]
    reference_auc: float
    reference_brier: float

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return asdict(self)


def estimated_quality(
    chance: Vector, clusters: NDArray[np.int64], reference: ReferenceInputs, settings: Monitor
) -> Estimate:
    """Return the confidence-based estimate (CBPE): each lead converts with its own calibrated chance.

    Expected AUC as in `expected_auc`, expected Brier score ``mean p (1 - p)``; intervals over redraws of accounts.
    Method: Garg et al. 2022, arXiv:2201.04234, and NannyML's documentation of CBPE.
    """
    draws = Draws.of(Whose(clusters, clusters), settings.bootstrap_samples, np.random.default_rng(settings.seed))
    value = expected_auc(chance, chance)
    paired = ranking_draws(chance, chance, draws, {"auc": Ranked.auc})["auc"]
    own = float(Ranked.of(chance, chance, np.ones((1, len(chance)))).auc()[0])  # each lead is paired with itself too
    spread = chance * (1 - chance)
    return Estimate(
        auc=estimate(value, paired + (value - own), settings.level),
        brier=estimate(float(spread.mean()), means_of_draws(spread, draws), settings.level),
        reference_auc=reference.expected_auc,
        reference_brier=reference.expected_brier,
    )


def estimate_findings(found: Estimate, settings: Monitor) -> Iterator[Finding]:
    """Yield an alarm if the chances themselves say that they tell leads apart less well, and what they cannot say."""
    high = found.auc["high"]
    if high is not None and high < found.reference_auc - settings.max_auc_loss:
        said = f"{found.auc['value']:.2f} ({found.auc['low']:.2f} to {high:.2f})"
        text = f"expected AUC {said}, {found.reference_auc:.2f} when the model was made: these leads are harder to tell"
        yield alarm("estimated_quality", "input", f"{text} apart")
    yield note("estimated_quality", "input", BLIND)
