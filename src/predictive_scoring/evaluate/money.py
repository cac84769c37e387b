"""What expected value is worth on the untouched window: the money that calls by it catch, and how far totals are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.targets import Target
from predictive_scoring.config.value import Value
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.judgement import Judgement, labelled_window, numbers_of, whose_of
from predictive_scoring.evaluate.metrics import MODEL
from predictive_scoring.evaluate.money_words import why_not, words_of
from predictive_scoring.evaluate.ranking import Ranked
from predictive_scoring.evaluate.uncertainty import Draws, estimate
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.model.amount import Amount
from predictive_scoring.model.amount_fit import brought, gamma_deviance
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.snapshots.amounts import Amounts

Vector = NDArray[np.float64]
State = Literal["by lead", "the mean", "too few amounts", "rank only"]


@dataclass(frozen=True)
class Looks:
    """Looks of the last window: what was said of each and what it brought.

    Each look is a chance to call and counts as one: weights by lead would look ahead, since who converts is looked at
    less often. Only how well amounts are told is asked of leads.
    """

    chance: Vector
    expected: Vector  # the amount, should the lead convert
    money: Vector  # 0 where it does not
    of_lead: Vector  # a weight: the looks at a lead make 1 together
    whose: Whose


def with_value(
    judgement: Judgement,
    dataset: Dataset,
    candidate: Candidate,
    history: History,
    how: tuple[Target, Evaluate, Value],
) -> Judgement:
    """Return a judgement whose metrics have `value`: whether expected value is told, why, and what it is worth.

    Where it is not asked for, the judgement is what it was. It is not told where the state of the chances is
    `rank only`: a product is no better than its factors.

    Parameters
    ----------
    candidate
        As it speaks.

    Returns
    -------
    Judgement
        `value` has state, shown, words; and, where an amount was learned, `learned` (leads, mean, columns, drawn_in,
        gain), `caught` by share called (by_value, by_probability, difference: shares of the money), `total` (said,
        happened, ratio), `deviance` (mean less expected, over leads that converted) and `unknown`, of how many leads
        that converted no amount is known: they count with the mean that was learned.
    """
    target, evaluate, settings = how
    if not settings.enabled:
        return judgement
    state = _state(candidate.amount, judgement.metrics["promise"]["state"])
    found: dict[str, Any] = {"state": state, "shown": state in {"by lead", "the mean"}}
    if candidate.amount is None:
        return _having(judgement, found | {"words": why_not(state).model_dump()})
    looks, unknown = looks_of(dataset, candidate, candidate.amount, Amounts.of(history, target), settings)
    found |= worth(looks, evaluate) | {
        "unknown": unknown,
        "learned": {
            "leads": candidate.amount.n_leads,
            "mean": candidate.amount.mean,
            "columns": (columns := candidate.amount.columns(candidate.scorer.encoding)),
            "words": [word.model_dump() for word in _named(dataset.catalogue, columns)],
            "known": candidate.amount.known,
            "drawn_in": candidate.amount.n_drawn_in,
            "gain": candidate.amount.gain.model_dump() if candidate.amount.gain else None,
        },
    }
    words = words_of(found) if found["shown"] else why_not(state)
    return _having(judgement, found | {"words": words.model_dump()})


def _state(amount: Amount | None, chances: str) -> State:
    if amount is None:
        return "too few amounts"
    if chances != "chances":
        return "rank only"
    return "by lead" if amount.part is not None or amount.known is not None else "the mean"


def _named(catalogue: Catalogue, columns: Sequence[str]) -> list[Word]:
    """Return what readers call the columns, each business concept once."""
    concepts = {concept.name: concept.word for concept in catalogue.concepts}
    told = [feature.concept for name in columns for feature in catalogue.features if feature.name == name]
    return [concepts[name] for name in dict.fromkeys(told)]


def _having(judgement: Judgement, value: Mapping[str, Any]) -> Judgement:
    findings = [*judgement.metrics["findings"], value["words"]]
    return replace(judgement, metrics={**judgement.metrics, "value": dict(value), "findings": findings})


def looks_of(
    dataset: Dataset, shipped: Candidate, amount: Amount, amounts: Amounts, settings: Value
) -> tuple[Looks, int]:
    """Return the looks of the last window, and of how many leads that converted no amount is known."""
    rows = labelled_window(dataset.table, "test")
    converted = numbers_of(rows, "converted") == 1
    real = brought(dataset, rows, amounts, settings)
    unknown = converted & np.isnan(real)
    whose = whose_of(rows)
    looks = Looks(
        chance=numbers_of(labelled_window(shipped.predictions, "test"), MODEL),
        expected=amount.expected(dataset.frame(rows), shipped.scorer.encoding),
        money=np.where(unknown, amount.mean, np.where(converted, real, 0.0)),
        of_lead=1.0 / pd.Series(whose.leads).groupby(whose.leads).transform("size").to_numpy(np.float64),
        whose=whose,
    )
    return looks, whose[unknown].n_leads


def worth(looks: Looks, settings: Evaluate) -> dict[str, Any]:
    """Return the money caught by calling the best by expected value and by chance, and totals said and real.

    Differences are over the same draws of accounts for both.
    """
    draws = Draws.of(looks.whose, settings.bootstrap_samples, np.random.default_rng(settings.seed))
    said = looks.chance * looks.expected
    scores = {"by_value": said, "by_probability": looks.chance}
    whole = {name: Ranked.of(looks.money, score, np.ones((1, len(said)))) for name, score in scores.items()}
    drawn: dict[str, list[Ranked]] = {name: [] for name in scores}
    for weights in draws.row_weights():
        for name, score in scores.items():
            drawn[name].append(Ranked.of(looks.money, score, weights))
    caught = {}
    for share in settings.shares:
        values = {name: float(ranked.caught_at(share)[0]) for name, ranked in whole.items()}
        by_draw = {name: np.concatenate([ranked.caught_at(share) for ranked in each]) for name, each in drawn.items()}
        caught[f"{share:.1%}".replace(".0%", "%").replace("%", "pct")] = {
            **{name: estimate(values[name], by_draw[name], settings.level) for name in scores},
            "difference": estimate(
                values["by_value"] - values["by_probability"],
                by_draw["by_value"] - by_draw["by_probability"],
                settings.level,
            ),
        }
    return {
        "caught": caught,
        "total": _total(said, looks, draws, settings.level),
        "deviance": _deviance(looks, draws, settings.level),
    }


def _total(said: Vector, looks: Looks, draws: Draws, level: float) -> dict[str, Any]:
    """Return the money said and brought, a mean look of the window, and their ratio."""
    sums = [_by_draw(values, draws) for values in (said, looks.money)]
    total = [float(values.mean()) for values in (said, looks.money)]
    ratio = np.divide(sums[0], sums[1], out=np.full_like(sums[0], np.nan), where=sums[1] > 0)
    return {
        "said": total[0],
        "happened": total[1],
        "ratio": estimate(total[0] / total[1] if total[1] > 0 else float("nan"), ratio, level),
    }


def _deviance(looks: Looks, draws: Draws, level: float) -> dict[str, float | None]:
    """Return by how much the amounts of leads that converted are told better than by their own mean; above 0: better.

    The mean is that of the window itself, which nobody could have known: a fair opponent is no stronger.
    """
    paid = looks.money > 0
    weight = np.where(paid, looks.of_lead, 0.0)
    if not paid.any():
        return estimate(float("nan"), np.zeros(0), level)
    mean = float(np.average(looks.money, weights=weight))
    better = np.zeros(len(weight))
    flat = gamma_deviance(looks.money[paid], np.full(int(paid.sum()), mean))
    better[paid] = flat - gamma_deviance(looks.money[paid], looks.expected[paid])
    sums, n = _by_draw(better * weight, draws), _by_draw(weight, draws)
    by_draw = np.divide(sums, n, out=np.full_like(sums, np.nan), where=n > 0)
    return estimate(float(better @ weight / weight.sum()), by_draw, level)


def _by_draw(values: Vector, draws: Draws) -> Vector:
    """Return the sum of a row quantity under each draw."""
    sums = np.bincount(draws.codes, values, draws.times.shape[1])
    return np.asarray(draws.times.astype(np.float64) @ sums, dtype=np.float64)
