"""What the stage `evaluate` wrote of a model, opened for the analyst's page; see docs/evaluation.md."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.storage import read_json

METRICS = "metrics.json"
DOCUMENTS = ("slices", "backtest", "staleness", "splits", "ledger", "reasons", "search")
CURVES = ("reliability_model", "gain", "scores")


@dataclass(frozen=True)
class EvaluationFolder:
    """Figures, documents and curves; a document that an older version did not write is empty."""

    metrics: dict[str, Any]
    documents: dict[str, dict[str, Any]]
    curves: dict[str, pd.DataFrame]

    @classmethod
    def load(cls, folder: Path) -> "EvaluationFolder":
        """Return what lies in a folder.

        Raises
        ------
        SourceUnreachableError
            If it holds no metrics.json.
        """
        if not (folder / METRICS).is_file():
            raise SourceUnreachableError(
                f"{folder}: {METRICS} is missing",
                fix="give the folder that the stage evaluate wrote: models/evaluation/…",
            )
        documents = {name: read_json(path) for name in DOCUMENTS if (path := folder / f"{name}.json").is_file()}
        curves = {name: pd.read_csv(path) for name in CURVES if (path := folder / f"{name}.csv").is_file()}
        return cls(read_json(folder / METRICS), documents, curves)
