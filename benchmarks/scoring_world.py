"""A model and a feature table of a chosen size, made by script: what `score.py` measures with."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.config.train import Train
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.proportions import wilson
from predictive_scoring.explain.band_choice import bandings
from predictive_scoring.explain.evidence import BandRate, ConceptEvidence, Evidence
from predictive_scoring.explain.reference import Reference, fit_reference
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.compute import schema_of
from predictive_scoring.features.definition import Catalogue, Concept, Feature
from predictive_scoring.features.frame import to_frame
from predictive_scoring.model.boosting import Rows, binned, fit_trees
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.linear_fit import fit_linear_half
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.manifest import Manifest
from predictive_scoring.publish.terms import Terms
from predictive_scoring.storage import read_json, write_json

KINDS = (
    "page_view",
    "pricing_page_view",
    "email_open",
    "email_click",
    "form_submit",
    "webinar",
    "call",
    "demo",
    "chat",
)
CATEGORIES = {
    "industry": 18,
    "country": 60,
    "channel": 7,
    "campaign": 120,
    "job_level": 6,
    "region": 30,
    "crm": 12,
    "os": 5,
}
NUMBERS = (
    "employees",
    "revenue",
    "budget",
    "tools",
    "offices",
    "age_years",
    "growth",
    "visits_a_month",
    "seats",
    "deals",
)
N_TREES, N_LEAVES, N_TRAINING = 300, 31, 40_000
TABLE_ROWS = 65_536  # a row group


def catalogue() -> Catalogue:
    """Return 60 features of 31 concepts: counts and recency of nine kinds, categories, numbers, flags, ages."""
    parts: list[tuple[Concept, list[dict[str, Any]]]] = []
    for kind in KINDS:
        shared = {"source": "activity", "kinds": (kind,)}
        counts = [
            {**shared, "name": f"{kind}__count__{d}d", "statistic": "count", "window_days": d} for d in (7, 30, 90)
        ]
        last = {**shared, "name": f"{kind}__days_since_last", "statistic": "days_since_last", "unit": "days"}
        parts.append((_concept(kind, "engagement", "activity"), [*counts, last]))
    for name in (*CATEGORIES, *NUMBERS, "is_partner", "is_customer"):
        type_ = "category" if name in CATEGORIES else "number" if name in NUMBERS else "boolean"
        column = {"name": name, "source": "attribute", "statistic": "value", "type": type_, "attribute": name}
        parts.append((_concept(name, "fit", type_), [column]))
    age = {"source": "lead", "unit": "days"}
    parts.append(
        (_concept("age", "timing", "age"), [{**age, "name": n, "statistic": n} for n in ("age_days", "open_days")])
    )
    since = {"name": "mql__days_since", "source": "stage", "statistic": "days_since_last", "unit": "days"}
    parts.append((_concept("mql", "timing", "stage"), [since, {**since, "name": "sal__days_since"}]))
    features = [Feature.model_validate({**column, "concept": c.name}) for c, columns in parts for column in columns]
    return Catalogue(features=tuple(features), concepts=tuple(concept for concept, _ in parts))


def _concept(name: str, group: str, template: str) -> Concept:
    word = Word(en=name.replace("_", " "), es=name.replace("_", " "))
    fields = {"name": name, "group": group, "template": template, "code": f"R-{name}", "word": word, "subject": name}
    return Concept.model_validate(fields)


def features(n_rows: int, seed: int, first: int = 0) -> pa.Table:
    """Return rows of the catalogue's features: counts with heavy tails, many zeros, a tenth missing."""
    generator = np.random.default_rng(seed)
    activity = generator.gamma(0.6, 1.5, n_rows)
    columns: dict[str, pa.Array] = {
        "lead_id": pa.array([f"L{number:09d}" for number in range(first, first + n_rows)]),
        "as_of": pa.repeat(pa.scalar(0, pa.timestamp("us", "UTC")), n_rows),
    }
    for feature in catalogue().features:
        gone = generator.random(n_rows) < 0.1
        if feature.type == "category":
            n_levels = CATEGORIES[feature.name]
            codes = (n_levels * generator.random(n_rows) ** 2).astype(np.int32)
            levels = pa.array([f"{feature.name} {level}" for level in range(n_levels)])
            columns[feature.name] = pa.DictionaryArray.from_arrays(pa.array(codes, mask=gone), levels)
        elif feature.type == "boolean":
            columns[feature.name] = pa.array(generator.random(n_rows) < 0.3, mask=gone)
        elif feature.window_days:
            columns[feature.name] = pa.array(generator.poisson(activity * feature.window_days / 30).astype(float))
        elif feature.unit == "days":
            columns[feature.name] = pa.array(generator.exponential(40, n_rows), mask=generator.random(n_rows) < 0.4)
        else:
            columns[feature.name] = pa.array(np.round(generator.lognormal(4, 1.5, n_rows), 2), mask=gone)
    return pa.table(columns).cast(schema_of(catalogue()))


def write_table(path: Path, n_rows: int) -> None:
    """Write the feature table, a row group at a time."""
    with pq.ParquetWriter(path, schema_of(catalogue()), compression="zstd") as writer:
        for number, first in enumerate(range(0, n_rows, TABLE_ROWS)):
            writer.write_table(features(min(TABLE_ROWS, n_rows - first), 100 + number, first))


def make_model(folder: Path) -> None:
    """Train the model, half trees and half linear as the pipeline's own, and write its parts."""
    declared = catalogue()
    frame = to_frame(features(N_TRAINING, seed=1), declared)
    generator = np.random.default_rng(2)
    encoding = Encoding.fit(frame)
    encoded = encoding.encode(frame)
    known = np.nan_to_num((encoded - np.nanmean(encoded, axis=0)) / np.nanstd(encoded, axis=0)).clip(-3, 3)
    pull = known @ generator.normal(0, 0.25, known.shape[1]) + known[:, 0] * known[:, 45] - np.abs(known[:, 3])
    y = (generator.random(len(pull)) < 1 / (1 + np.exp(1.5 - pull))).astype(np.float64)
    one, leads = np.ones_like(y), np.arange(len(y))
    settings = Train(num_leaves=N_LEAVES, min_leaf_rows=20, learning_rate=0.05)
    rows = Rows(encoded, y, one, one, leads)
    booster = fit_trees(binned(rows, encoding, settings), encoding, settings, N_TREES)
    linear = fit_linear_half(rows, encoding, settings)
    scorer = Scorer(encoding, booster, linear, 0.5, Calibrator(method="none"))
    sample = CalibrationSample(scorer.raw_of(encoded), y, leads, one)
    calibrator = fit_calibrator(sample, settings.n_replicas, np.random.default_rng(3))
    scorer = Scorer(encoding, booster, linear, 0.5, calibrator)
    folder.mkdir(parents=True)
    scorer.save(folder)
    reference = fit_reference(scorer, declared, frame.iloc[:5000])
    write_json(folder / "reference.json", reference.model_dump(mode="json"))
    write_json(folder / "evidence.json", _evidence(frame, y, encoding).model_dump(mode="json"))


def _evidence(frame: pd.DataFrame, y: np.ndarray, encoding: Encoding) -> Evidence:
    """Return how the training rows went by band, each row a lead of its own."""
    levels = {column.name: column.levels for column in encoding.columns if column.kind == "category"}
    found = []
    for banding in bandings(catalogue(), frame, levels):
        codes, bands = banding.codes(frame), []
        for place in range(banding.n_bands):
            here = y[codes == place]
            rate = float(here.mean()) if len(here) else 0.0
            low, high = wilson(here.sum(), len(here), 0.95)
            bands.append(BandRate(n=len(here), converting=int(here.sum()), rate=rate, low=low, high=high))
        found.append(ConceptEvidence(banding=banding, bands=tuple(bands)))
    counts = {"n_leads": len(y), "n_converting": int(y.sum()), "base_rate": float(y.mean()), "level": 0.95}
    return Evidence(rows="unseen", **counts, concepts=tuple(found))


def opened(folder: Path) -> Bundle:
    """Return the model as a bundle; it has no seal to verify."""
    terms = Terms(
        target_name="won",
        target=Target(stage="won"),
        snapshots=Snapshots(),
        source_name="benchmark",
        source_description="",
        licence="made by benchmarks/score.py",
        simulated=True,
        flat=False,
        trained_until=None,
        interval_level=0.9,
        grades={"A": 0.5, "B": 0.3, "C": 0.1},
    )
    reference = Reference.model_validate(read_json(folder / "reference.json"))
    manifest = Manifest.model_construct(model_version="won-benchmark")
    evidence = Evidence.model_validate(read_json(folder / "evidence.json"))
    return Bundle(folder, manifest, terms, catalogue(), Scorer.load(folder), reference, Texts.packaged(), evidence)


def frame_of(path: Path, n_rows: int) -> pd.DataFrame:
    """Return the first rows of a table as the model takes them."""
    return to_frame(pq.read_table(path).slice(0, n_rows), catalogue())
