"""Everything that is said of a candidate: the last window, its parts, the past, and whether chances may be shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Publish
from predictive_scoring.config.split import Split
from predictive_scoring.config.train import Train
from predictive_scoring.contract.words import Word
from predictive_scoring.errors import DataContractError
from predictive_scoring.evaluate.backtest import Clock, backtest, random_split, staleness
from predictive_scoring.evaluate.choice import choose
from predictive_scoring.evaluate.findings import with_comma
from predictive_scoring.evaluate.judgement import Judgement, judge, labelled_window, numbers_of, whose_of
from predictive_scoring.evaluate.metrics import MODEL
from predictive_scoring.evaluate.parts import parts_of
from predictive_scoring.evaluate.promise import promise
from predictive_scoring.evaluate.reasons_review import reasons_of
from predictive_scoring.evaluate.retraining import Recipe
from predictive_scoring.evaluate.segments import compare, speaking
from predictive_scoring.evaluate.slices import Slicing, by_slice
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate, OwnModel
from predictive_scoring.model.own import shipped, with_own
from predictive_scoring.model.shipping import as_shipped

MOST_DRAWS = 200  # behind the interval of a slice


@dataclass(frozen=True)
class Plan:
    """How a candidate is judged, and how the models of its backtest are made."""

    judge: Evaluate
    publish: Publish
    split: Split
    train: Train


def review(
    dataset: Dataset,
    candidate: Candidate,
    plan: Plan,
    truth: pa.Table | None = None,
    own: Iterable[OwnModel] = (),
) -> Judgement:
    """Return the judgement on a candidate, with what the past and the parts of the leads say of it.

    What is judged is what ships, in each segment the model that speaks of it. `metrics` gains `choice`, `promise` and
    `segments` (as `compare` returns them); `documents` holds slices, backtest, staleness,
    splits, search and reasons, as docs/evaluation.md has them.
    """
    choice = choose(candidate.predictions, plan.judge, plan.publish)
    searched = candidate.training.get("search") or {"trials": 0}
    candidate, own = as_shipped(candidate, choice["ships"]), shipped(own, choice["ships"])
    segments = compare(dataset, candidate, own, plan.judge, plan.publish)
    candidate = with_own(candidate, speaking(segments, own), dataset)
    judgement = judge(dataset, candidate, plan.judge, plan.publish.grades, truth)
    recipe = Recipe(candidate.settings(plan.train), plan.judge)
    clock = Clock.started_now(plan.judge.backtest.max_minutes)
    past = backtest(dataset, plan.split, recipe, clock)
    documents = {
        "slices": slices(dataset, candidate, plan.judge),
        "backtest": past,
        "staleness": (stale := staleness(dataset, plan.split, recipe, clock)),
        "splits": _splits(judgement.metrics, stale, dataset, (recipe, clock)),
        "search": searched,
        "reasons": reasons_of(dataset, candidate, plan.judge.level, plan.judge.seed),
    }
    chart = judgement.curves["reliability_model"].to_dict("records")
    if candidate.training.get("only"):
        choice = {**choice, "few_conversions": True}
    found = promise(
        {**judgement.metrics, "choice": choice},
        [{str(key): value for key, value in row.items()} for row in chart],
        past,
    )
    findings = [
        choice["words"],
        *(each["words"] for each in segments),
        *judgement.metrics["findings"],
        *_promise_findings(found),
    ]
    return replace(
        judgement,
        metrics={**judgement.metrics, "choice": choice, "promise": found, "segments": segments, "findings": findings},
        documents=documents,
    )


def slices(dataset: Dataset, candidate: Candidate, settings: Evaluate) -> dict[str, Any]:
    """Return what was said and what happened in each part of the leads on the last window.

    Intervals hold for all parts together, at the level of `evaluate.level` divided by their number: among thirty parts
    one or two would look wrong by chance alone.

    Returns
    -------
    dict
        least_converting, level, parts (a list: name, word, feature, slices as `by_slice` returns them), off (name and
        slice of those whose chances do not hold).
    """
    rows, said = labelled_window(dataset.table, "test"), labelled_window(candidate.predictions, "test")
    if not rows["lead_id"].equals(said["lead_id"]):
        raise DataContractError(
            "the candidate's predictions are not those of this dataset's last window", fix="run `dvc repro`"
        )
    parts = parts_of(dataset.catalogue, dataset.frame(rows), settings.slices, settings.max_slice_values)
    n_parts = sum(len(np.unique(part.names)) for part in parts)
    level = 1 - (1 - settings.level) / max(1, n_parts)
    n_draws = min(settings.bootstrap_samples, MOST_DRAWS)
    y, chance, whose = numbers_of(rows, "converted"), numbers_of(said, MODEL), whose_of(rows)
    best = chance >= np.quantile(chance, 0.8)
    told: list[dict[str, Any]] = []
    for part in parts:
        slicing = Slicing(part.names, settings.min_slice_converting, level, n_draws, settings.seed)
        found = [
            {
                **row,
                "judged": row["converting_leads"] >= settings.min_slice_converting,
                "in_best_fifth": float(best[part.names == row["slice"]].mean()),
            }
            for row in by_slice(y, chance, whose, slicing)
        ]
        told.append({"name": part.name, "word": part.word.model_dump(), "feature": part.feature, "slices": found})
    off = [
        [part["name"], row["slice"]] for part in told for row in part["slices"] if row["judged"] and not row["holds"]
    ]
    return {"least_converting": settings.min_slice_converting, "level": level, "parts": told, "off": off}


def _splits(
    metrics: Mapping[str, Any], stale: Mapping[str, Any], dataset: Dataset, how: tuple[Recipe, Clock]
) -> dict[str, Any]:
    """Return the split by time beside splits at random, and the sentence that says what it means.

    By time stands the model that ends where the last window begins, trained on as few looks as those at random; where
    there is none, the candidate itself.
    """
    recipe, clock = how
    names = ("roc_auc", "average_precision", "caught_at_20pct", "lift_at_20pct", "log_loss", "brier")
    newest = next((model for model in stale["models"] if model["months_back"] == 0), metrics[MODEL])
    by_time = {name: newest[name] for name in names}
    at_random = random_split(dataset, recipe, clock) if recipe.judge.backtest.random_split else {}
    shown = at_random.get("by_look") or at_random.get("by_lead")
    words = None if shown is None else _meaning(by_time["roc_auc"]["value"], shown["roc_auc"]["value"], dataset)
    return {"by_time": by_time, **at_random, "words": None if words is None else words.model_dump()}


def _meaning(by_time: float | None, at_random: float | None, dataset: Dataset) -> Word | None:
    if by_time is None or at_random is None:
        return None
    if dataset.windows.ordering == "none":
        return Word(
            en="the table has no order of time: the split is one at random, which says nothing of leads to come",
            es="la tabla no tiene orden temporal: su división ya es al azar y no dice nada de los leads por venir",
        )
    random, real = with_comma(f"{at_random:.3f}"), with_comma(f"{by_time:.3f}")
    return Word(
        en=f"a split at random would have said ROC AUC {at_random:.3f}; on leads later than all it learned from the "
        f"model has {by_time:.3f}: only the second says how it will do on leads to come",
        es=f"una división al azar habría dado un ROC AUC de {random}; con leads posteriores a todo lo aprendido "
        f"el modelo tiene {real}: solo lo segundo dice cómo le irá con los leads por venir",
    )


def _promise_findings(found: Mapping[str, Any]) -> list[dict[str, str]]:
    if found["state"] == "chances":
        return []
    why = [check["words"] for check in found["checks"] if not check["holds"]]
    return [
        {
            "en": "rank only: trust the order of the leads, not their chances ("
            + "; ".join(w["en"] for w in why)
            + ")",
            "es": "solo orden: fíese del orden de los leads, no de sus probabilidades ("
            + "; ".join(w["es"] for w in why)
            + ")",
        }
    ]


def figures_of(documents: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documents' figures as nested mappings for the store of runs; lists become mappings by their key."""
    figures: dict[str, Any] = {
        "backtest": {each["origin"]: each for each in documents["backtest"]["origins"]},
        "staleness": {f"{each['months_back']}_months": each for each in documents["staleness"]["models"]},
        "random_split": {name: documents["splits"].get(name) or {} for name in ("by_lead", "by_look")},
        "slices": {"off": len(documents["slices"]["off"])},
        "reasons": {name: documents["reasons"][name] for name in ("adds_up", "coverage", "signs", "deletion")},
    }
    return figures
