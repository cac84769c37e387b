"""How good the reasons are where the truth is known: simulated worlds with planted noise.

    python benchmarks/reasons.py --history data/interim --features data/features/won --json found.json

Noise is planted (a category, a number and a flag of each lead, drawn by lot), the model is trained, and what it says of
the leads of the last window is held against the coefficients of the world, and what it says of those whose truth is
known against what each driver moves within the horizon (knock_out.py): do the mean effects of the concepts come in the
order of the true ones, does noise come last, and do the effects survive training on other leads (`--refits`).
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import rankdata, spearmanr

from knock_out import DRIVERS, total_effects
from predictive_scoring.config.params import load_params
from predictive_scoring.config.simulate import FIRST_INSTANT, Simulate
from predictive_scoring.config.train import Train
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.evidence_fit import fit_evidence
from predictive_scoring.evaluate.reasons import coverage, deletion, effects_of, signs
from predictive_scoring.explain.concepts import fold
from predictive_scoring.explain.explanation import explain
from predictive_scoring.explain.reference import fit_reference
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue, Concept, Feature
from predictive_scoring.model.fitting import Sample
from predictive_scoring.model.lessons import learned, lessons
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.sources.simulator.truth import truth_days
from true_effects import NOISE, TOLD_BY, true_effects

N_LOOKED_AT = 4_000  # looks of the last window that effects are averaged over


def main() -> None:
    """Measure, print and write."""
    asked = _arguments()
    history, rng = History.load(asked.history), np.random.default_rng(asked.seed)
    dataset = with_noise(Dataset.load(asked.features), rng)
    settings = Train(n_threads=1, **({"max_trees": asked.max_trees} if asked.max_trees else {}))
    begun = time.process_time()
    scorer = trained(dataset, settings, asked.half, None)
    rows = dataset.rows("test")
    rows = rows.take(np.sort(rng.permutation(rows.num_rows)[:N_LOOKED_AT]))
    found = against_truth(dataset, history, scorer, rows, asked.horizon)
    world = load_params(asked.params).simulate
    found["of_total_effects"] = against_totals(dataset, scorer, world, asked.horizon, asked.every)
    found |= _quality(dataset, scorer, rows, rng)
    found["stability"] = _stability(
        scorer,
        dataset.frame(rows),
        dataset.catalogue,
        asked.refits,
        lambda: trained(dataset, settings, asked.half, rng),
    )
    found["cpu_s"] = time.process_time() - begun
    print(json.dumps(found, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def with_noise(dataset: Dataset, rng: np.random.Generator) -> Dataset:
    """Return the dataset with three attributes of each lead that are drawn by lot."""
    leads, whose = np.unique(dataset.table["lead_id"].to_numpy(zero_copy_only=False), return_inverse=True)
    drawn = {
        "noise_category": np.array(list("abcdef"))[rng.integers(0, 6, len(leads))],
        "noise_number": rng.lognormal(3, 1, len(leads)),
        "noise_flag": (rng.random(len(leads)) < 0.4).astype(float),
    }
    table, features, concepts = dataset.table, list(dataset.catalogue.features), list(dataset.catalogue.concepts)
    for name, values in drawn.items():
        kind = name.removeprefix("noise_").replace("flag", "boolean")
        column = pa.array(values[whose])
        table = table.append_column(name, column.dictionary_encode() if kind == "category" else column)
        told = {"source": "attribute", "statistic": "value", "attribute": name, "type": kind}
        features.append(Feature.model_validate({"name": name, "concept": name, **told}))
        concepts.append(
            Concept(name=name, group="fit", template=kind, code="R000", word=Word(en=name, es=name), subject=name)
        )
    catalogue = dataset.catalogue.model_copy(update={"features": tuple(features), "concepts": tuple(concepts)})
    return replace(dataset, table=table, catalogue=catalogue)


def trained(dataset: Dataset, settings: Train, half: str, rng: np.random.Generator | None) -> Scorer:
    """Return a model trained as the stage does; with `rng`, on a bootstrap sample of the leads of each window."""
    samples = lessons(dataset, dataset.training_windows(), settings.max_rows)
    if rng is not None:
        samples = {use: _redrawn(sample, rng) for use, sample in samples.items()}
    model = learned(dataset, samples, settings)
    return model.logistic_ if half == "logistic" else model.scorer_


def _redrawn(sample: Sample, rng: np.random.Generator) -> Sample:
    names, whose = np.unique(sample.leads, return_inverse=True)
    times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
    rows = np.repeat(np.arange(len(whose)), times[whose])
    again = sample.take(rows)
    return replace(again, frame=again.frame.reset_index(drop=True))


def against_truth(
    dataset: Dataset, history: History, scorer: Scorer, rows: pa.Table, horizon_days: int
) -> dict[str, Any]:
    """Return the rank correlations with the true effects, and where noise comes."""
    frame = dataset.frame(rows)
    by_concept = fold(scorer.contributions(frame)[:, :-1], dataset.catalogue)
    place = {concept.name: at for at, concept in enumerate(dataset.catalogue.concepts)}
    true = true_effects(history, rows, frame, horizon_days)
    told = {name: by_concept[:, [place[c] for c in TOLD_BY[name] if c in place]].sum(axis=1) for name in true}
    model = dict(zip(told, effects_of(np.stack(list(told.values()), axis=1)).tolist(), strict=True))
    truth = dict(zip(true, effects_of(np.stack(list(true.values()), axis=1)).tolist(), strict=True))
    noise = {name: float(effects_of(by_concept[:, [place[name]]])[0]) for name in NOISE if name in place}
    alike = {name: float(spearmanr(told[name], true[name]).statistic) for name in true}
    return {
        "rank_correlation": float(spearmanr(list(model.values()), list(truth.values())).statistic),
        "rank_correlation_with_noise": float(
            spearmanr([*model.values(), *noise.values()], [*truth.values(), *([0.0] * len(noise))]).statistic
        ),
        "mean_rank_correlation_over_leads": float(np.mean(list(alike.values()))),
        "of_each_driver": {
            name: [truth[name], model[name], alike[name]] for name in sorted(truth, key=lambda n: -truth[n])
        },
        "noise": noise,
        "drivers_behind_noise": sorted(name for name in model if model[name] <= max(noise.values())),
    }


def against_totals(dataset: Dataset, scorer: Scorer, world: Simulate, horizon_days: int, every: int) -> dict[str, Any]:
    """Return how the effects rank beside what each driver truly moves within the horizon, all that follows included.

    Of every so-manieth lead that is open at the first date whose truth is known.
    """
    day = int(truth_days(world, horizon_days)[0])
    ids, true = total_effects(world, horizon_days, day, every)
    as_of = pa.scalar(FIRST_INSTANT + timedelta(days=day), dataset.table["as_of"].type)
    rows = dataset.table.filter(pc.equal(dataset.table["as_of"], as_of))
    place = pc.index_in(pa.array(ids), rows["lead_id"].combine_chunks())
    there = np.flatnonzero(pc.is_valid(place).to_numpy(zero_copy_only=False))
    frame = dataset.frame(rows.take(place.filter(pc.is_valid(place))))
    by_concept = fold(scorer.contributions(frame)[:, :-1], dataset.catalogue)
    at = {concept.name: k for k, concept in enumerate(dataset.catalogue.concepts)}
    told = {name: by_concept[:, [at[one] for one in TOLD_BY[name] if one in at]].sum(axis=1) for name in DRIVERS}
    model = effects_of(np.stack(list(told.values()), axis=1)).tolist()
    truth = effects_of(np.stack([true[name][there] for name in DRIVERS], axis=1)).tolist()
    noise = {name: float(effects_of(by_concept[:, [at[name]]])[0]) for name in NOISE if name in at}
    behind = [name for name, effect in zip(DRIVERS, model, strict=True) if effect <= max(noise.values())]
    return {
        "leads": len(there),
        "rank_correlation": float(spearmanr(model, truth).statistic),
        "rank_correlation_with_noise": float(
            spearmanr([*model, *noise.values()], [*truth, *([0.0] * len(noise))]).statistic
        ),
        "of_each_driver": {
            name: [t, m, float(spearmanr(told[name], true[name][there]).statistic)]
            for name, t, m in sorted(zip(DRIVERS, truth, model, strict=True), key=lambda row: -row[1])
        },
        "noise": noise,
        "drivers_behind_noise": behind,
    }


def _quality(dataset: Dataset, scorer: Scorer, rows: pa.Table, rng: np.random.Generator) -> dict[str, Any]:
    frame = dataset.frame(rows)
    reference = fit_reference(scorer, dataset.catalogue, frame)
    points = explain(scorer, reference, dataset.catalogue, frame).points
    evidence = fit_evidence(dataset, scorer, reference, 0.95)
    few = frame.iloc[:500].reset_index(drop=True)
    return {
        "signs": signs(points, frame, evidence),
        "coverage": coverage(points),
        "deletion": deletion(scorer.raw, dataset.catalogue, few, points[:500], rng),
    }


def _stability(
    scorer: Scorer, frame: pd.DataFrame, catalogue: Catalogue, n_refits: int, refit: Callable[[], Scorer]
) -> dict[str, Any]:
    """Return how alike the effects are after training on other leads: feature by feature, and by concept."""
    if not n_refits:
        return {"refits": 0}
    first = scorer.contributions(frame)[:, :-1]
    alike: dict[str, list[float]] = {"features": [], "concepts": [], "first_three_kept": []}
    for _ in range(n_refits):
        again = refit().contributions(frame)[:, :-1]
        alike["features"].append(_alike(first, again))
        one, other = fold(first, catalogue), fold(again, catalogue)
        alike["concepts"].append(_alike(one, other))
        alike["first_three_kept"].append(_kept(one, other))
    return {"refits": n_refits, **{name: float(np.mean(values)) for name, values in alike.items()}}


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean over leads of the rank correlation of their contributions."""
    centred = [matrix - matrix.mean(axis=0) for matrix in (one, other)]
    ranks = [rankdata(matrix, axis=1) for matrix in centred]
    ranks = [matrix - matrix.mean(axis=1, keepdims=True) for matrix in ranks]
    scale = np.sqrt((ranks[0] ** 2).sum(axis=1) * (ranks[1] ** 2).sum(axis=1))
    return float(((ranks[0] * ranks[1]).sum(axis=1) / scale).mean())


def _kept(one: np.ndarray, other: np.ndarray) -> float:
    """Return which share of a lead's three strongest concepts is among the three strongest again."""
    top = [np.argsort(-np.abs(matrix - matrix.mean(axis=0)), axis=1)[:, :3] for matrix in (one, other)]
    return float((top[0][:, :, None] == top[1][:, None, :]).any(axis=2).mean())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=Path, required=True, help="the extracted history of a simulated world")
    parser.add_argument("--features", type=Path, required=True, help="its labelled snapshots")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="whose `simulate` made the world")
    parser.add_argument("--every", type=int, default=3, help="one lead in so many is knocked out")
    parser.add_argument("--horizon", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1, help="of the noise")
    parser.add_argument("--half", choices=("blend", "logistic"), default="blend", help="which of the two that may ship")
    parser.add_argument("--max-trees", type=int)
    parser.add_argument("--refits", type=int, default=0)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
