"""All figures about the untouched last window, as one nested dict that JSON can hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Grades
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.drift import rates_over_time
from predictive_scoring.evaluate.findings import base_rate_findings, baseline_finding, calibration_finding
from predictive_scoring.evaluate.probability import calibration_error, calibration_line, log_losses
from predictive_scoring.evaluate.proportions import frequencies_by_grade, grade_thresholds, rate_of_leads
from predictive_scoring.evaluate.ranking import Ranked, roc_auc
from predictive_scoring.evaluate.slices import Slicing, age_slices, by_slice
from predictive_scoring.evaluate.truth import against_truth
from predictive_scoring.evaluate.uncertainty import Draws, estimate, means_of_draws, ranking_draws
from predictive_scoring.evaluate.whose import Whose

Vector = NDArray[np.float64]
RankingMetric = Callable[[Ranked], Vector]
MODEL = "model"


@dataclass(frozen=True)
class TestRows:
    """The test window: labels and whose each snapshot is; probabilities stand beside it by model name."""

    y: Vector  # (n,), 0 or 1
    whose: Whose  # of n rows
    as_of: NDArray[np.datetime64] | None  # (n,); None: rows without instants
    age_days: Vector | None  # (n,)
    __test__ = False


@dataclass(frozen=True)
class Truth:
    """True chances of every lead open at one date of a simulated history, and what the model says of them."""

    p_true: Vector
    chance: Vector


@dataclass(frozen=True)
class Policy:
    """How grades come about: shares of the reference leads, whose probabilities these are."""

    grades: Grades
    reference: Vector


def evaluate(
    rows: TestRows,
    probabilities: Mapping[str, Vector],
    settings: Evaluate,
    policy: Policy,
    windows: Mapping[str, tuple[Vector, Whose]] | None = None,
    truth: Truth | None = None,
) -> dict[str, Any]:
    """Return every figure: model and baselines, differences, slices, grades, base rates, findings, truth.

    Parameters
    ----------
    rows : TestRows
    probabilities : mapping
        From name to (n,) probabilities; 'model' is the candidate, the others are what it must beat.
    settings : Evaluate
    policy : Policy
    windows : mapping, optional
        From the names of earlier windows to their labels and whose they are, for drift of the base rate.
    truth : Truth, optional

    Returns
    -------
    dict
        `model`, `constant` … with {value, low, high} for each metric; `differences`; `base_rate`; `grades`
        (cutoffs, frequencies); `slices`; `windows`; `months`; `calibration_holds`; `findings`; `truth`.
    """
    draws = Draws.of(rows.whose, settings.bootstrap_samples, np.random.default_rng(settings.seed))
    chance = probabilities[MODEL]
    cutoffs = grade_thresholds(policy.reference, policy.grades)
    test_rate = rate_of_leads(rows.y, rows.whose, settings.level)
    rates = {name: rate_of_leads(y, whose, settings.level) for name, (y, whose) in (windows or {}).items()}
    rates["test"] = test_rate
    asked = ranking_metrics(settings.shares)
    drawn = {name: ranking_draws(rows.y, values, draws, asked) for name, values in probabilities.items()}
    figures: dict[str, Any] = {
        name: model_figures(rows, values, settings, draws, drawn[name]) for name, values in probabilities.items()
    }
    aucs = {name: values["roc_auc"] for name, values in drawn.items()}
    figures["differences"] = differences(rows, probabilities, settings, draws, aucs)
    figures["base_rate"] = test_rate
    figures["grades"] = {
        "cutoffs": cutoffs,
        "frequencies": frequencies_by_grade(rows.y, chance, rows.whose, cutoffs, settings.level),
    }
    figures["slices"] = _slices(rows, chance, settings)
    figures["windows"] = rates
    figures["months"] = (
        [] if rows.as_of is None else rates_over_time(rows.y, rows.whose, rows.as_of, settings.level, chance)
    )
    figures["calibration_holds"] = calibration_holds(rows, chance, draws, settings.level)
    findings = _findings(figures, rates, test_rate, float(chance.mean()))
    figures["findings"] = [finding.model_dump() for finding in findings]
    if truth is not None:
        figures["truth"] = against_truth(truth.p_true, truth.chance)
    return figures


def ranking_metrics(shares: tuple[float, ...]) -> dict[str, RankingMetric]:
    """Return what is asked of each ranking, by name: `roc_auc`, `average_precision`, `lift_at_10pct`, and so on."""
    asked: dict[str, RankingMetric] = {"roc_auc": Ranked.auc, "average_precision": Ranked.average_precision}
    for share in shares:
        name = f"{share:.1%}".replace(".0%", "%").replace("%", "pct")
        asked[f"caught_at_{name}"] = partial(Ranked.caught_at, share=share)
        asked[f"lift_at_{name}"] = partial(Ranked.lift_at, share=share)
    return asked


def model_figures(
    rows: TestRows, chance: Vector, settings: Evaluate, draws: Draws, drawn: Mapping[str, Vector]
) -> dict[str, Any]:
    """Return every metric of one model with its interval; what cannot be told is None.

    `drawn` holds the metrics of `ranking_metrics` under each draw.
    """
    y, level = rows.y, settings.level
    intercept, slope = calibration_line(y, chance)
    whole = Ranked.of(y, chance, np.ones((1, len(y))))
    return {
        **{
            name: estimate(float(metric(whole)[0]), drawn[name], level)
            for name, metric in ranking_metrics(settings.shares).items()
        },
        "log_loss": _mean_estimate(log_losses(y, chance), draws, level),
        "brier": _mean_estimate((chance - y) ** 2, draws, level),
        "mean_probability": float(chance.mean()),
        "said_minus_happened": _mean_estimate(chance - y, draws, level),
        "calibration_error": calibration_error(y, chance, settings.n_bins),
        "calibration_intercept": intercept if np.isfinite(intercept) else None,
        "calibration_slope": slope if np.isfinite(slope) else None,
    }


def differences(
    rows: TestRows,
    probabilities: Mapping[str, Vector],
    settings: Evaluate,
    draws: Draws,
    aucs: Mapping[str, Vector],
) -> dict[str, Any]:
    """Return model minus baseline in AUC and log loss, with intervals over the same draws of accounts for both.

    `aucs` holds each model's AUC under each draw.
    """
    y, chance = rows.y, probabilities[MODEL]
    own_loss = log_losses(y, chance)
    return {
        name: {
            "roc_auc": estimate(roc_auc(y, chance) - roc_auc(y, other), aucs[MODEL] - aucs[name], settings.level),
            "log_loss": _mean_estimate(own_loss - log_losses(y, other), draws, settings.level),
        }
        for name, other in probabilities.items()
        if name != MODEL
    }


def calibration_holds(rows: TestRows, chance: Vector, draws: Draws, level: float) -> bool:
    """Return whether mean probability and share converting agree within chance, overall and in the best fifth."""
    best = chance >= np.quantile(chance, 0.8)
    level = 1 - (1 - level) / 2  # two questions are asked of one window
    for members in (np.ones(len(chance), dtype=bool), best):
        gap = _mean_estimate((chance - rows.y) * members, draws, level)
        if gap["low"] is None or gap["high"] is None or not gap["low"] <= 0 <= gap["high"]:
            return False
    return True


def _mean_estimate(values: Vector, draws: Draws, level: float) -> dict[str, float | None]:
    return estimate(float(values.mean()), means_of_draws(values, draws), level)


def _slices(rows: TestRows, chance: Vector, settings: Evaluate) -> dict[str, Any]:
    if rows.age_days is None:
        return {}
    names = age_slices(rows.age_days, settings.age_edges_days)
    slicing = Slicing(names, settings.min_slice_converting, settings.level, settings.bootstrap_samples, settings.seed)
    return {"age": by_slice(rows.y, chance, rows.whose, slicing)}


def _findings(
    figures: Mapping[str, Any], rates: dict[str, dict[str, Any]], test_rate: Mapping[str, Any], said: float
) -> list[Word]:
    findings = base_rate_findings(rates)
    if not figures["calibration_holds"]:
        findings.append(calibration_finding(said, test_rate["rate"]))
    for name, difference in figures["differences"].items():
        low = difference["roc_auc"]["low"]
        if low is None or low <= 0:
            findings.append(baseline_finding(name))
    return findings
