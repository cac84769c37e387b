"""Whether a segment's own model measures better than the shared one, on the same looks of the last window."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Publish
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.choice import is_better, is_worse
from predictive_scoring.evaluate.findings import WINDOWS, with_comma
from predictive_scoring.evaluate.judgement import labelled_window, numbers_of, whose_of
from predictive_scoring.evaluate.metrics import MODEL, TestRows, calibration_holds, differences, ranking_metrics
from predictive_scoring.evaluate.uncertainty import Draws, ranking_draws
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.segment import members
from predictive_scoring.model.candidate import Candidate, OwnModel
from predictive_scoring.model.own import shipped, with_own
from predictive_scoring.model.shipping import as_shipped

OWN, SHARED = "own", "shared"


def compare(
    dataset: Dataset, shared: Candidate, own: Iterable[OwnModel], settings: Evaluate, policy: Publish
) -> list[dict[str, Any]]:
    """Return for each segment which model speaks of its leads, and why.

    The rule is the one by which a blend replaces the simpler model, and by which a challenger must not be worse than a
    champion: the own model speaks if, over the same draws of accounts, it ranks better beyond chance (by more than
    `publish.margin`) or its log loss is lower, is worse in neither, and its chances hold if the shared one's do. Both
    are judged on the segment's looks of the last window, from whose leads neither has learned. The intervals of
    several segments hold together.

    Parameters
    ----------
    shared, own
        As they ship.

    Returns
    -------
    list of dict
        name, where, speaks (own or shared), leads and converting_leads (of the last window), too_few (converting leads
        of each window that holds too few), level, differences {roc_auc, log_loss} of own less shared, holds {own,
        shared}: whose chances held, words in both languages.
    """
    tried = list(own)
    level = 1 - (1 - settings.level) / max(1, len(tried))
    asked = settings.model_copy(update={"level": level})
    return [_compared(dataset, shared, each, asked, policy) for each in tried]


def as_spoken(candidate: Candidate, own: Iterable[OwnModel], metrics: Mapping[str, Any], dataset: Dataset) -> Candidate:
    """Return a candidate as a judgement lets it speak: the kind that ships, and own models where they were better."""
    ships = metrics["choice"]["ships"]
    return with_own(as_shipped(candidate, ships), speaking(metrics["segments"], shipped(own, ships)), dataset)


def speaking(told: Iterable[Mapping[str, Any]], own: Iterable[OwnModel]) -> list[OwnModel]:
    """Return the own models that speak of their segments."""
    chosen = {each["name"] for each in told if each["speaks"] == OWN}
    return [each for each in own if each.name in chosen]


def _compared(
    dataset: Dataset, shared: Candidate, each: OwnModel, settings: Evaluate, policy: Publish
) -> dict[str, Any]:
    rows = labelled_window(dataset.table, "test")
    inside = members(rows.select([*each.where]).to_pandas(), each.where)
    test = TestRows(numbers_of(rows, "converted")[inside], whose_of(rows)[inside], None, None)
    n_converting = len(np.unique(test.whose.leads[test.y > 0]))
    too_few = dict(each.too_few)
    if n_converting < settings.min_slice_converting:
        too_few["test"] = n_converting
    record = {
        "name": each.name,
        "where": {column: [*values] for column, values in each.where.items()},
        "leads": test.whose.n_leads,
        "converting_leads": n_converting,
        "too_few": too_few,
        "level": settings.level,
    }
    if each.candidate is None or too_few:
        return {**record, "speaks": SHARED, "words": _thin(each.name, too_few).model_dump()}
    chances = {
        MODEL: numbers_of(labelled_window(each.candidate.predictions, "test"), MODEL),
        SHARED: numbers_of(labelled_window(shared.predictions, "test"), MODEL)[inside],
    }
    draws = Draws.of(test.whose, settings.bootstrap_samples, np.random.default_rng(settings.seed))
    auc = {"roc_auc": ranking_metrics(settings.shares)["roc_auc"]}
    drawn = {name: ranking_draws(test.y, chance, draws, auc)["roc_auc"] for name, chance in chances.items()}
    found = differences(test, chances, settings, draws, drawn)[SHARED]
    holds = {name: calibration_holds(test, chance, draws, settings.level) for name, chance in chances.items()}
    loses_its_promise = holds[SHARED] and not holds[MODEL]
    speaks = OWN if is_better(found, policy.margin) and not is_worse(found) and not loses_its_promise else SHARED
    return {
        **record,
        "speaks": speaks,
        "differences": found,
        "holds": {OWN: holds[MODEL], SHARED: holds[SHARED]},
        "words": _words(each.name, speaks, found).model_dump(),
    }


def _thin(name: str, too_few: dict[str, int]) -> Word:
    return Word(
        en=f"segment {name}: the shared model speaks of it, too few of its leads convert for one of its own: "
        + ", ".join(f"{count} in {WINDOWS[window].en}" for window, count in too_few.items()),
        es=f"segmento {name}: lo puntúa el modelo común; muy pocos de sus leads convierten para tener uno propio: "
        + ", ".join(f"{count} en {WINDOWS[window].es}" for window, count in too_few.items()),
    )


def _words(name: str, speaks: str, found: dict[str, Any]) -> Word:
    auc, loss = _gap(found["roc_auc"], 3), _gap(found["log_loss"], 4)
    gaps = f"ROC AUC {auc}, log loss {loss}"
    gaps_es = f"ROC AUC {with_comma(auc)}, pérdida logarítmica {with_comma(loss)}"
    if speaks == OWN:
        return Word(
            en=f"segment {name}: a model of its own speaks of it, better than the shared one beyond chance, {gaps}",
            es=f"segmento {name}: lo puntúa un modelo propio, mejor que el común más allá del azar, {gaps_es}",
        )
    return Word(
        en=f"segment {name}: the shared model speaks of it, one of its own is not better beyond chance, {gaps}",
        es=f"segmento {name}: lo puntúa el modelo común; uno propio no lo supera más allá del azar, {gaps_es}",
    )


def _gap(found: dict[str, float | None], digits: int) -> str:
    value, low, high = (float("nan") if found[end] is None else found[end] for end in ("value", "low", "high"))
    return f"{value:+.{digits}f} ({low:+.{digits}f} … {high:+.{digits}f})"
