"""Features of behaviour that separate the outcome better than honest behaviour can, judged among active leads."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.audit.finding import Finding, Severity
from predictive_scoring.audit.known_leads import blocks
from predictive_scoring.audit.levels import binned
from predictive_scoring.audit.separation import Ints, Separation, separation
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Feature
from predictive_scoring.snapshots.instants import micros_of

MAX_AUC: Final = 0.90  # docs/decisions/0007-leakage-findings.md
WARN_AUC: Final = 0.85
ACTIVE_DAYS: Final = 30
MAX_ROWS: Final = 100_000  # looks beyond this are thinned by lead: the bounds hardly move
MIN_LEADS: Final = 30
SUMMARIES: Final = ("engagement", "first_touch")  # concepts over all kinds of activity


def behaviour_findings(history: History, dataset: Dataset) -> Iterator[Finding]:
    """Yield the features, one a concept, that by themselves separate converting leads from others too well.

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
    best: dict[str, Finding] = {}
    lows: dict[str, float] = {}
    for feature in dataset.catalogue.features:
        attribute = attributes.get(feature.attribute or "")
        if attribute is None or attribute.known == "at_instant":
            found = separation(levels_of(frame[feature.name]), converted, block, lead)
            if found.low >= max(WARN_AUC, lows.get(feature.concept, 0.0)):
                best[feature.concept] = _finding(feature, attribute, found, len(np.unique(lead)))
                lows[feature.concept] = found.low
    yield from _causes(best)


def _causes(best: dict[str, Finding]) -> list[Finding]:
    """Leave out what is said of all activities together where one kind of them explains it."""
    of_kinds = {name: each for name, each in best.items() if name not in SUMMARIES}
    return list((of_kinds or best).values())


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


def _finding(feature: Feature, attribute: Attribute | None, found: Separation, n_leads: int) -> Finding:
    name = attribute.spoken if attribute else feature.kinds[0] if feature.kinds else feature.concept
    severity: Severity = "refuse" if found.low >= MAX_AUC else "warn"
    return Finding(
        id="leak.single_feature", severity=severity, n=n_leads, table=attribute.table if attribute else "activities",
        column=name,
        what=f"feature {feature.name!r} by itself puts {found.auc:.0%} of pairs of leads that were active in the last "
        f"{ACTIVE_DAYS} days in the right order",
        fix=f"look at the rows behind {name!r}: are they written before the outcome, and not because of it? "
        f"If they are, audit: {{accept: [{name}]}} in params.yaml; else leave them out of the source file",
    )  # fmt: skip
