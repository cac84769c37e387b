"""Champion against challenger: both on the same mature leads, each with the features it was made for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.judgement import labelled_window, numbers_of, whose_of
from predictive_scoring.evaluate.metrics import MODEL, TestRows, calibration_holds, differences, ranking_metrics
from predictive_scoring.evaluate.parts import parts_of
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.evaluate.uncertainty import Draws, estimate, means_of_draws, ranking_draws
from predictive_scoring.features.compute import compute
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.frame import to_frame
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.storage import read_parquet

Vector = NDArray[np.float64]
CHAMPION = "champion"


@dataclass(frozen=True)
class Cohort:
    """The leads that both are judged on: the challenger's untouched last window."""

    history: History
    dataset: Dataset
    candidate: Candidate  # as it ships
    settings: Evaluate


def contest(champion: Bundle, cohort: Cohort) -> dict[str, Any]:
    """Return whether the challenger is no worse than the champion, and what that is judged by.

    It is worse if, over the same draws of accounts, the interval of its ROC AUC less the champion's lies below zero, or
    that of its log loss above; if the champion's chances hold on these leads and its own do not; or if its log loss is
    higher beyond chance, all parts counted, in a part of the leads that is large enough.

    Returns
    -------
    dict
        champion (its version), rows, leads, champion_has_seen (it learned from leads of this time: it looks better than
        it is), differences {roc_auc, log_loss} of the challenger less the champion, calibration {champion, challenger},
        slices (those that are worse), worse (why, in words; none: it passes).
    """
    rows, said = labelled_window(cohort.dataset.table, "test"), labelled_window(cohort.candidate.predictions, "test")
    settings = cohort.settings
    chances = {MODEL: numbers_of(said, MODEL), CHAMPION: _said_by(champion, cohort, rows)}
    judged = TestRows(numbers_of(rows, "converted"), whose_of(rows), None, None)
    draws = Draws.of(judged.whose, settings.bootstrap_samples, np.random.default_rng(settings.seed))
    asked = {"roc_auc": ranking_metrics(settings.shares)["roc_auc"]}
    aucs = {name: ranking_draws(judged.y, chance, draws, asked)["roc_auc"] for name, chance in chances.items()}
    found = differences(judged, chances, settings, draws, aucs)[CHAMPION]
    holds = {name: calibration_holds(judged, chance, draws, settings.level) for name, chance in chances.items()}
    slices = _worse_slices(judged, chances, cohort, draws)
    start, learned = cohort.dataset.windows.windows["test"].start, champion.terms.trained_until
    return {
        "champion": champion.version,
        "rows": rows.num_rows,
        "leads": pc.count_distinct(rows["lead_id"]).as_py(),
        "champion_has_seen": bool(start and learned and pd.Timestamp(learned) > pd.Timestamp(start)),
        "differences": found,
        "calibration": {CHAMPION: holds[CHAMPION], "challenger": holds[MODEL]},
        "slices": slices,
        "worse": _worse(found, holds, slices),
    }


def _said_by(champion: Bundle, cohort: Cohort, rows: pa.Table) -> Vector:
    """Return the champion's chances: its own features, computed as of each look."""
    dataset = cohort.dataset
    if champion.catalogue.features == dataset.catalogue.features:
        frame = dataset.frame(rows)
    else:
        ids = read_parquet(cohort.history.path("leads"), ["lead_id"])["lead_id"]
        lead_no = pc.index_in(rows["lead_id"].combine_chunks(), ids.combine_chunks()).cast(pa.int64())
        looks = rows.select(["lead_id", "account_no", "as_of"]).append_column("lead_no", lead_no)
        frame = to_frame(compute(cohort.history, looks, champion.catalogue), champion.catalogue)
    return np.asarray(champion.chances(frame)[1], dtype=np.float64)


def _worse_slices(judged: TestRows, chances: dict[str, Vector], cohort: Cohort, draws: Draws) -> list[dict[str, Any]]:
    rows, settings = labelled_window(cohort.dataset.table, "test"), cohort.settings
    parts = parts_of(cohort.dataset.catalogue, cohort.dataset.frame(rows), settings.slices, settings.max_slice_values)
    named = [(part.name, str(name), part.names == name) for part in parts for name in np.unique(part.names)]
    large = [
        (part, name, members)
        for part, name, members in named
        if len(np.unique(judged.whose.leads[members & (judged.y > 0)])) >= settings.min_slice_converting
    ]
    gap = log_losses(judged.y, chances[MODEL]) - log_losses(judged.y, chances[CHAMPION])
    level = 1 - (1 - settings.level) / max(1, len(large))
    found = []
    for part, name, members in large:
        drawn = means_of_draws(gap * members, draws) / np.maximum(
            means_of_draws(members.astype(np.float64), draws), 1e-12
        )
        difference = estimate(float(gap[members].mean()), drawn, level)
        if difference["low"] is not None and difference["low"] > 0:
            found.append({"part": part, "slice": name, "log_loss": difference})
    return found


def _worse(found: dict[str, Any], holds: dict[str, bool], slices: list[dict[str, Any]]) -> list[str]:
    auc, loss = found["roc_auc"], found["log_loss"]
    why = []
    if auc["high"] is not None and auc["high"] < 0:
        why.append(f"ROC AUC {auc['value']:+.4f} ({auc['low']:+.4f} to {auc['high']:+.4f})")
    if loss["low"] is not None and loss["low"] > 0:
        why.append(f"log loss {loss['value']:+.5f} ({loss['low']:+.5f} to {loss['high']:+.5f})")
    if holds[CHAMPION] and not holds[MODEL]:
        why.append("its chances do not hold on these leads, the champion's do")
    why += [f"log loss {each['log_loss']['value']:+.5f} where {each['part']} is {each['slice']!r}" for each in slices]
    return why
