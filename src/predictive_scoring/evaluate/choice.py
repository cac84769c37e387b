"""Which model ships: the blend if it is better than the logistic regression beyond chance, else the simpler one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Publish, Ships
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.findings import with_comma
from predictive_scoring.evaluate.judgement import labelled_window, numbers_of, whose_of
from predictive_scoring.evaluate.metrics import MODEL, TestRows, calibration_holds, differences, ranking_metrics
from predictive_scoring.evaluate.uncertainty import Draws, ranking_draws

LOGISTIC = "logistic"
NAMES = {
    "blend": Word(
        en="the blend of boosted trees and a logistic regression", es="la combinación de árboles y regresión logística"
    ),
    "logistic": Word(en="the logistic regression", es="la regresión logística"),
    "points": Word(en="the points table", es="la tabla de puntos"),
}


def choose(predictions: pa.Table, settings: Evaluate, policy: Publish) -> dict[str, Any]:
    """Return what ships and why.

    The rule is declared before anything is looked at: with `publish.ship: auto` the blend ships if, on the last window,
    the lower end of the paired interval of its ROC AUC less the logistic regression's lies above `publish.margin`, or
    the whole interval of its log loss lies below: it ranks better, or its chances are better. It also ships if it is
    not worse beyond chance, its chances held there (`calibration_holds`) and those of the regression did not. A simpler
    model that cannot be told from it is easier to understand, to keep and to explain.

    Parameters
    ----------
    predictions
        Of a candidate: `model`, the blend, and the baselines.

    Returns
    -------
    dict
        ships, asked (what `publish.ship` says), rule, margin, differences {roc_auc, log_loss} of the blend less the
        logistic regression, holds {blend, logistic}: whose chances held, words in both languages.
    """
    test = labelled_window(predictions, "test")
    if LOGISTIC not in test.column_names or test.num_rows == 0:
        ships: Ships = "points" if policy.ship == "points" else "blend"
        return _record(ships, policy, Compared())
    rows = TestRows(numbers_of(test, "converted"), whose_of(test), None, None)
    chances = {name: numbers_of(test, name) for name in (MODEL, LOGISTIC)}
    draws = Draws.of(rows.whose, settings.bootstrap_samples, np.random.default_rng(settings.seed))
    auc = {"roc_auc": ranking_metrics(settings.shares)["roc_auc"]}
    drawn = {name: ranking_draws(rows.y, chance, draws, auc)["roc_auc"] for name, chance in chances.items()}
    found = differences(rows, chances, settings, draws, drawn)[LOGISTIC]
    better = is_better(found, policy.margin)
    compared = Compared(
        found, better, *(calibration_holds(rows, chance, draws, settings.level) for chance in chances.values())
    )
    if policy.ship != "auto":
        return _record(policy.ship, policy, compared)
    return _record("blend" if better or compared.blend_alone_right else "logistic", policy, compared)


@dataclass(frozen=True)
class Compared:
    """The two models on the last window: differences, and whose chances agreed with what happened."""

    found: dict[str, Any] | None = None
    is_better: bool = False  # the blend, in order or in log loss, beyond chance
    blend_held: bool | None = None
    logistic_held: bool | None = None

    @property
    def blend_alone_right(self) -> bool:
        """Whether the blend's chances held, the regression's did not, and the blend is not worse beyond chance."""
        if self.found is None or not self.blend_held or self.logistic_held:
            return False
        return not is_worse(self.found)


def is_better(found: Mapping[str, Any], margin: float) -> bool:
    """Return whether a model is better beyond chance than another: it ranks better by a margin, or its chances are.

    Parameters
    ----------
    found
        From `roc_auc` and `log_loss` to the difference of the one less the other, with its interval.
    """
    low, high = found["roc_auc"]["low"], found["log_loss"]["high"]
    return (low is not None and low > margin) or (high is not None and high < 0)


def is_worse(found: Mapping[str, Any]) -> bool:
    """Return whether a model is worse beyond chance than another, in order or in chances."""
    high, low = found["roc_auc"]["high"], found["log_loss"]["low"]
    return (high is not None and high < 0) or (low is not None and low > 0)


def _record(ships: Ships, policy: Publish, compared: Compared) -> dict[str, Any]:
    return {
        "ships": ships,
        "asked": policy.ship,
        "rule": "blend less logistic regression: ROC AUC above the margin, or log loss below 0, beyond the interval; "
        "or not worse, and its chances alone held",
        "margin": policy.margin,
        "differences": compared.found,
        "holds": {"blend": compared.blend_held, "logistic": compared.logistic_held},
        "words": _words(ships, policy, compared).model_dump(),
    }


def _words(ships: Ships, policy: Publish, compared: Compared) -> Word:
    name = NAMES[ships]
    if policy.ship != "auto" or compared.found is None:
        return Word(en=f"{name.en} ships: publish.ship says so", es=f"se publica {name.es}: así lo dice publish.ship")
    auc = compared.found["roc_auc"]
    low, high = (float("nan") if auc[end] is None else auc[end] for end in ("low", "high"))
    gap = f"{auc['value']:+.3f} ({low:+.3f} … {high:+.3f})"
    gap_es = with_comma(gap)
    if ships == "blend" and not compared.is_better:
        other = NAMES["logistic"]
        return Word(
            en=f"{name.en} ships: its chances agreed with what happened, those of {other.en} did not",
            es=f"se publica {name.es}: sus probabilidades coincidieron con lo ocurrido; las de {other.es}, no",
        )
    if ships == "blend":
        return Word(
            en=f"{name.en} ships: it is better than the logistic regression beyond chance, ROC AUC {gap}",
            es=f"se publica {name.es}: supera a la regresión logística más allá del azar, ROC AUC {gap_es}",
        )
    return Word(
        en=f"{name.en} ships, the simpler model: the blend is not better beyond chance, ROC AUC {gap}",
        es=f"se publica {name.es}, el modelo más simple: la combinación no la supera más allá del azar, "
        f"ROC AUC {gap_es}",
    )
