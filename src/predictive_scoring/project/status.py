"""What a project's last run made, in a few lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from predictive_scoring.config.params import load_params
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.project import nights
from predictive_scoring.scoring.run_key import manifest_of
from predictive_scoring.storage import read_json


def status_lines(project: Path, *, as_json: bool, scores: Path | None = None) -> Iterator[str]:
    """Yield headline figures of each target and where its scores and pages are.

    Parameters
    ----------
    scores
        A folder that holds a folder of scores a night: its runs and the missing ones are listed too.

    Raises
    ------
    ConfigurationError
        If the folder is no project, or there is no such folder of scores.
    """
    params = load_params(project / "params.yaml")
    found = {target: _status(project, target) for target in params.targets}
    if scores is not None and not scores.is_dir():
        raise ConfigurationError(f"{scores}: no such folder", fix="give the folder that holds the nights' folders")
    if as_json:
        yield json.dumps(found if scores is None else {**found, "nightly": nights.as_json(scores)}, indent=1)
        return
    for target, state in found.items():
        yield from _lines(target, state)
    if scores is not None:
        yield from nights.lines(scores)


def _status(project: Path, target: str) -> dict[str, Any]:
    evaluation = project / "models" / "evaluation" / target / "metrics.json"
    scores = project / "data" / "scores" / target
    return {
        "evaluation": read_json(evaluation) if evaluation.is_file() else None,
        "scored": manifest_of(scores),
        "scores": str(scores / "scores.parquet"),
        "pages": [str(page) for page in sorted((project / "data" / "reports" / target).glob("*.html"))],
    }


def _lines(target: str, state: dict[str, Any]) -> Iterator[str]:
    yield f"{target}"
    evaluation, scored = state["evaluation"], state["scored"]
    if evaluation is None or scored is None:
        yield "  not run yet: dvc repro"
        return
    yield from (f"  {line}" for line in headline(evaluation))
    rows = scored["rows"]
    yield f"  {rows['scored']:,} leads scored as of {scored['as_of'][:10]} by {scored['model_version']}"
    yield f"  scores  {state['scores']}"
    for page in state["pages"]:
        yield f"  page    {page}"


def headline(evaluation: dict[str, Any]) -> Iterator[str]:
    """Yield the figures that say how good the scores are, with their intervals."""
    model = evaluation["model"]
    for name, label in (("roc_auc", "ROC AUC"), ("average_precision", "average precision"), ("brier", "Brier score")):
        found = model[name]
        yield f"{label} {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
    for part in evaluation["slices"].get("age", []):
        auc = part["roc_auc"]
        if auc:
            yield f"  {part['slice']}: ROC AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})"
    truth = evaluation.get("truth")
    if truth:
        yield (
            f"simulated, so the truth is known: {truth['excess_share']:.3f} of its excess AUC over one half; "
            f"mean chance {truth['mean_probability']:.4f}, true {truth['mean_truth']:.4f}"
        )
    yield from (f"finding: {finding['en']}" for finding in evaluation["findings"])
