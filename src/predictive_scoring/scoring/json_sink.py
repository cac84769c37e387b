"""Scores as JSON for other programs: what people's files hold, and every reason with its code and points."""

import json
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from predictive_scoring.contract.words import Language
from predictive_scoring.scoring.brief import VALUE_COLUMNS
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.storage import write_text

_COLUMNS: Final = ("rank", "lead_id", "score", "grade", "probability", "probability_low", "probability_high", "reasons")
_LEAD: Final = ("fit", "engagement", "base_probability")
_REASON: Final = ("code", "concept", "group", "points", "value", "n", "rate", "low", "high", "agrees", "family")


def needed_columns() -> list[str]:
    """Return the columns of the scores that `write_scores_json` reads besides those of `brief_scores`."""
    return [*_LEAD, "reasons"]


def write_scores_json(brief: pa.Table, finished: FinishedScores, path: Path, language: Language) -> None:
    """Write the leads of `brief_scores`, best first: `reasons` in one line, `all_reasons` one by one."""
    scores = finished.scores.slice(0, brief.num_rows)
    leads = [_lead(short, whole, language) for short, whole in zip(brief.to_pylist(), scores.to_pylist(), strict=True)]
    head = {
        "as_of": finished.as_of.isoformat(),
        "target": finished.about.target,
        "model_version": finished.model_version,
    }
    document = {**head, "language": language, "horizon_days": finished.about.horizon_days, "leads": leads}
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _lead(short: dict[str, Any], whole: dict[str, Any], language: Language) -> dict[str, Any]:
    reasons = [
        {**{name: each[name] for name in _REASON if name in each}, "text": each[f"text_{language}"]}
        for each in whole["reasons"]
    ]
    brief = {name: short[name] for name in (*_COLUMNS, *VALUE_COLUMNS) if name in short}
    return {**brief, "lead_id": whole["lead_id"], **{name: whole[name] for name in _LEAD}, "all_reasons": reasons}
