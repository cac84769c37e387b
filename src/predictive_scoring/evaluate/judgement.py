"""From a trained candidate to what is said of it: metrics, curves, and the lines a person reads first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Grades
from predictive_scoring.errors import DataContractError
from predictive_scoring.evaluate.curves import gain_table, reliability_by_lead, reliability_table, score_table
from predictive_scoring.evaluate.findings import thin_findings, timeless_finding
from predictive_scoring.evaluate.metrics import MODEL, Policy, TestRows, Truth, evaluate
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate, reference_window
from predictive_scoring.storage import publishing_folder, write_json, write_text

METRICS = "metrics.json"


@dataclass(frozen=True)
class Judgement:
    """Figures about the untouched last window, and the tables behind its figures."""

    metrics: dict[str, Any]
    curves: dict[str, pd.DataFrame]  # reliability, reliability_model, gain, scores
    documents: dict[str, Any] = field(default_factory=dict)  # what else was found, by file name: see docs/evaluation.md

    def lines(self) -> Iterator[str]:
        """Yield the headline figures in words."""
        model = self.metrics[MODEL]
        auc = model["roc_auc"]
        if auc["low"] is not None:
            yield f"ROC AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})"
        rate = self.metrics["base_rate"]
        yield f"mean probability {model['mean_probability']:.4f}, converted {rate['rate']:.4f} of {rate['snapshots']:,}"
        yield from (f"finding: {finding['en']}" for finding in self.metrics["findings"])

    def write(self, folder: Path) -> None:
        """Write metrics.json, a CSV a curve and a JSON file a document, all or none."""
        with publishing_folder(folder) as draft:
            write_json(draft / METRICS, self.metrics)
            for name, document in self.documents.items():
                write_json(draft / f"{name}.json", document)
            for name, table in self.curves.items():
                write_text(draft / f"{name}.csv", table.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


def judge(
    dataset: Dataset, candidate: Candidate, settings: Evaluate, grades: Grades, truth: pa.Table | None = None
) -> Judgement:
    """Return the judgement on a candidate's predictions for the test window.

    Parameters
    ----------
    dataset : Dataset
        Tells the base rate of the earlier windows.
    candidate : Candidate
    settings : Evaluate
    grades : Grades
        Shares of the reference leads, whose probabilities become the cutoffs.
    truth : table, optional
        lead_id, as_of, probability: the true chances of a simulated history. The last instant that the predictions
        have too is compared.

    Raises
    ------
    DataContractError
        If the test window holds no snapshot.
    """
    predictions = candidate.predictions
    test = labelled_window(predictions, "test")
    if test.num_rows == 0:
        raise DataContractError("test window: no snapshot to judge the model on", fix="lengthen the history")
    y, whose = numbers_of(test, "converted"), whose_of(test)
    chances = {name: numbers_of(test, name) for name in candidate.models}
    rows = TestRows(y, whose, _instants(test), numbers_of(test, "age_days") if _has(test, "age_days") else None)
    reference = labelled_window(predictions, reference_window(dataset))
    metrics = evaluate(
        rows,
        chances,
        settings,
        Policy(grades, numbers_of(reference, MODEL)),
        _earlier(dataset.table),
        None if truth is None else _truth(predictions, truth),
    )
    metrics["window"] = _span(dataset)
    timeless = timeless_finding(dataset.windows.ordering)
    thin = thin_findings(dataset.windows.mode, dataset.windows.windows["train"].converting_leads)
    metrics["findings"] += [finding.model_dump() for finding in (*thin, *([timeless] if timeless else []))]
    together = 1 - (1 - settings.level) / settings.n_bins  # so that all bins hold at once, as often as `level` says
    curves = {
        "reliability": reliability_table(y, chances, settings.n_bins),
        "reliability_model": reliability_by_lead(y, chances[MODEL], whose, settings.n_bins, together),
        "gain": gain_table(y, chances),
        "scores": score_table(y, chances[MODEL]),
    }
    return Judgement(metrics, curves)


def _span(dataset: Dataset) -> dict[str, Any]:
    test = dataset.windows.windows["test"]
    return {
        "mode": dataset.windows.mode,
        "ordering": dataset.windows.ordering,
        "from": test.start.date().isoformat() if test.start else None,
        "until": test.end.date().isoformat() if test.end else None,
        "snapshots": test.snapshots,
        "leads": test.leads,
    }


def _earlier(table: pa.Table) -> dict[str, tuple[NDArray[np.float64], Whose]]:
    windows = {name: labelled_window(table, name) for name in ("train", "calibrate")}
    return {name: (numbers_of(rows, "converted"), whose_of(rows)) for name, rows in windows.items() if rows.num_rows}


def labelled_window(table: pa.Table, name: str) -> pa.Table:
    """Return the rows of a window whose outcome is known, in their order."""
    labelled = pc.and_(pc.equal(table["window"], name), pc.is_valid(table["converted"]))
    return table.filter(labelled)


def _has(table: pa.Table, name: str) -> bool:
    return name in table.column_names and table[name].null_count == 0


def numbers_of(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column as floats."""
    return np.asarray(table[name].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def whose_of(table: pa.Table) -> Whose:
    """Return the lead and the account of each row."""
    return Whose(table["lead_id"].to_numpy(zero_copy_only=False), table["account_no"].to_numpy())


def _instants(table: pa.Table) -> NDArray[np.datetime64] | None:
    if not _has(table, "as_of"):
        return None
    return np.asarray(table["as_of"].to_numpy(zero_copy_only=False)).astype("datetime64[us]")


def _truth(predictions: pa.Table, truth: pa.Table) -> Truth | None:
    known = truth.select(["lead_id", "as_of", "probability"]).rename_columns(["lead_id", "as_of", "p_true"])
    known = known.set_column(1, "as_of", known["as_of"].cast(predictions.schema.field("as_of").type))
    both = predictions.select(["lead_id", "as_of", MODEL]).join(known, ["lead_id", "as_of"], join_type="inner")
    if both.num_rows == 0:
        return None
    last = both.filter(pc.equal(both["as_of"], pc.max(both["as_of"])))
    last = last.group_by(["lead_id"]).aggregate([(MODEL, "max"), ("p_true", "max")]).sort_by("lead_id")
    return Truth(numbers_of(last, "p_true_max"), numbers_of(last, f"{MODEL}_max"))
