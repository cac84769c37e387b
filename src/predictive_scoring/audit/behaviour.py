"""Features of behaviour that separate the outcome better than honest behaviour can, judged among active leads."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.audit.columns import binned
from predictive_scoring.audit.finding import Finding, Severity
from predictive_scoring.audit.known_leads import blocks
from predictive_scoring.audit.separation import Ints, separation
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Feature
from predictive_scoring.snapshots.instants import micros_of

MAX_AUC: Final = 0.90  # docs/decisions/0006-leakage-findings.md
WARN_AUC: Final = 0.85
ACTIVE_DAYS: Final = 30
MAX_ROWS: Final = 100_000  # looks beyond this are thinned by lead: the bounds hardly move
MIN_LEADS: Final = 30


def behaviour_findings(history: History, dataset: Dataset) -> Iterator[Finding]:
    """Yield each feature that by itself separates converting leads from others too well to be honest.

    Only looks at leads that did something in the thirty days before count: on a history with many dormant leads any
    honest recency reaches 0.95 over all of them, and says little about whom to call. Attributes known at creation
    are judged by their columns, a lead at a time, and not here.
    """
    if history.facts.flat:
        return
    attributes = {attribute.name: attribute for attribute in history.facts.attributes}
    rows = active_looks(dataset)
    converted = pc.fill_null(rows["converted"], False).to_numpy()
    lead = _numbers(rows["lead_id"])
    if min(len(np.unique(lead[converted])), len(np.unique(lead[~converted]))) < MIN_LEADS:
        return
    block = blocks(micros_of(rows["as_of"]))
    frame = dataset.frame(rows)
    for feature in dataset.catalogue.features:
        attribute = attributes.get(feature.attribute or "")
        if attribute is None or attribute.known == "at_instant":
            found = separation(levels_of(frame[feature.name]), converted, block, lead)
            if found.low >= WARN_AUC:
                yield _finding(feature, attribute, found.auc, found.low, len(np.unique(lead)))


def active_looks(dataset: Dataset) -> pa.Table:
    """Return the mature looks at leads that were active shortly before, thinned to a bounded number."""
    rows = dataset.table.filter(pc.equal(dataset.table["state"], "mature"))
    if "activity__days_since_last" in dataset.catalogue.names:
        recent = pc.less(rows["activity__days_since_last"], ACTIVE_DAYS)
        rows = rows.filter(pc.fill_null(recent, False))
    step = -(-rows.num_rows // MAX_ROWS)
    return rows if step <= 1 else rows.filter(pa.array(_numbers(rows["lead_id"]) % step == 0))


def levels_of(column: "pd.Series[float]") -> Ints:
    """Return a feature's values as codes, 0 where it is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes.to_numpy().astype(np.int64) + 1)
    return binned(np.asarray(column, dtype=np.float64))


def _numbers(ids: pa.ChunkedArray) -> Ints:
    return np.asarray(ids.combine_chunks().dictionary_encode().indices.cast(pa.int64()).to_numpy())


def _finding(feature: Feature, attribute: Attribute | None, auc: float, low: float, n_leads: int) -> Finding:
    name = attribute.spoken if attribute else feature.name
    severity: Severity = "refuse" if low >= MAX_AUC else "warn"
    return Finding(
        id="leak.single_feature", severity=severity, n=n_leads, table=attribute.table if attribute else "activities",
        column=name,
        what=f"feature {feature.name!r} by itself puts {auc:.0%} of pairs of leads that were active in the last "
        f"{ACTIVE_DAYS} days in the right order",
        fix=f"look at the rows behind it ({', '.join(feature.kinds or ()) or feature.concept}): are they written "
        f"before the outcome, and not because of it? If they are, audit: {{accept: [{name}]}} in params.yaml",
    )  # fmt: skip
