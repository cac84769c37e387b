"""Leads computed, scored and explained by Spark's workers; ranks need every chance and are made where they arrive."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from predictive_scoring.contract.history import History
from predictive_scoring.engine.spark import open_spark
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.features.compute import schema_of
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.frame import to_frame
from predictive_scoring.features.on_spark import Plain, pieces_on_spark, plain
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.batches import Explained, Manner, explained_rows
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import scratch_beside

FOUND = ("_probability", "_raw", "_score", "_fit", "_engagement")


@dataclass(frozen=True)
class Explain(Plain):
    """Scores and explains a table of features, with a bundle that every worker opens, verified, for itself."""

    folder: Path
    version: str

    def __call__(self, features: pa.Table) -> pa.Table:
        """Return lead_id, as_of and the features, then what was found: chance, raw score and every concept's points."""
        bundle = opened_once(self.folder, self.version)
        _, _, found = explained_rows(bundle, features)
        numbers = (found.probability, found.raw, found.score, found.fit, found.engagement, *found.points.T)
        columns = [features[name] for name in features.schema.names]
        columns += [pa.array(np.asarray(column, np.float64)) for column in numbers]
        return pa.table([c.cast(field.type) for c, field in zip(columns, self.schema, strict=True)], schema=self.schema)


def explained_on_spark(bundle: Bundle, history: History, snapshots: pa.Table, manner: Manner) -> Iterator[Explained]:
    """Yield ids, features and what the model says of them, piece by piece, as the workers found it.

    The bundle is copied beside the scores: from a registry it came to a folder that the workers may not see.
    """
    place = scratch_folder() if manner.folder is None else scratch_beside(manner.folder / "spark")
    schema = _with_found(schema_of(bundle.catalogue), bundle.catalogue)
    with place as scratch, open_spark(manner.engine) as spark:
        seen = scratch.absolute() / "bundle"
        shutil.copytree(bundle.folder, seen)
        task = Explain(schema, seen, bundle.version)
        for table in pieces_on_spark(spark, scratch, history, snapshots, bundle.catalogue, task):
            yield _explained(bundle, table)


def _with_found(schema: pa.Schema, catalogue: Catalogue) -> pa.Schema:
    for name in (*FOUND, *(f"_points_{place}" for place in range(len(catalogue.concepts)))):
        schema = schema.append(pa.field(name, pa.float64()))
    return plain(schema)


def _explained(bundle: Bundle, table: pa.Table) -> Explained:
    probability, raw, score, fit, engagement = (table[name].to_numpy() for name in FOUND)
    points = [table[f"_points_{place}"].to_numpy() for place in range(len(bundle.catalogue.concepts))]
    frame = to_frame(table, bundle.catalogue)
    found = Explanation(
        probability=probability,
        base=bundle.base_of(frame),
        points=np.column_stack(points),
        score=score.astype(np.int64),
        fit=fit.astype(np.int64),
        engagement=engagement.astype(np.int64),
        raw=raw,
    )
    return table["lead_id"].combine_chunks(), frame, found


@lru_cache(maxsize=2)
def opened_once(folder: Path, _version: str) -> Bundle:
    """Return the bundle in a folder, verified; a worker keeps it between pieces, until another version comes."""
    return Bundle.load(folder)
