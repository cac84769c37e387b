"""The scoring runs in a folder of folders, one a night, and the nights that are missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from predictive_scoring.config.score import parse_as_of
from predictive_scoring.scoring.latest import NAME as LATEST
from predictive_scoring.scoring.run_key import manifest_of

LAST_RUNS = 7
LATE = 1.5  # of the usual step


@dataclass(frozen=True)
class Night:
    """A folder of scores."""

    folder: str
    target: str
    as_of: datetime
    n_scored: int
    model_version: str


def nights(root: Path) -> list[Night]:
    """Return the runs of the folders directly below a folder, by target and instant."""
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    found = [(folder, manifest_of(folder)) for folder in folders if not folder.name.startswith(".")]
    runs = [_night(folder, manifest) for folder, manifest in found if manifest and "as_of" in manifest]
    return sorted(runs, key=lambda night: (night.target, night.as_of))


def _night(folder: Path, manifest: dict[str, Any]) -> Night:
    return Night(
        folder=folder.name,
        target=manifest["target"],
        as_of=parse_as_of(manifest["as_of"]),
        n_scored=manifest["rows"]["scored"],
        model_version=manifest["model_version"],
    )


def gaps(instants: list[datetime]) -> list[datetime]:
    """Return the instants at which a run is missing, judged by the usual step between two.

    Examples
    --------
    >>> days = [datetime(2025, 4, day) for day in (1, 2, 3, 6)]
    >>> [f"{missing:%d}" for missing in gaps(days)]
    ['04', '05']
    """
    distinct = sorted(set(instants))
    steps = [after - before for before, after in pairwise(distinct)]
    if len(steps) < 2:
        return []
    usual = timedelta(seconds=median(step.total_seconds() for step in steps))
    missing: list[datetime] = []
    for before, step in zip(distinct, steps, strict=False):
        n_steps = round(step / usual)
        missing += [before + n * usual for n in range(1, n_steps)] if step > LATE * usual else []
    return missing


def as_json(root: Path) -> dict[str, Any]:
    """Return the runs and the gaps of each target, and what `latest` names."""
    runs = nights(root)
    pointer = root / LATEST
    return {
        "latest": pointer.resolve().name if pointer.is_symlink() else None,
        "targets": {
            target: {
                "runs": [_plain(night) for night in runs if night.target == target],
                "missing": [instant.isoformat() for instant in gaps([n.as_of for n in runs if n.target == target])],
            }
            for target in sorted({night.target for night in runs})
        },
    }


def _plain(night: Night) -> dict[str, Any]:
    return {**vars(night), "as_of": night.as_of.isoformat()}


def lines(root: Path) -> Iterator[str]:
    """Yield the last runs of each target, and the missing ones with what to do."""
    found = as_json(root)
    for target, state in found["targets"].items():
        yield f"{target}: {len(state['runs'])} scoring runs in {root}"
        for run in state["runs"][-LAST_RUNS:]:
            mark = " <- latest" if run["folder"] == found["latest"] else ""
            scored = f"{run['n_scored']:,} leads  {run['model_version']}"
            yield f"  as of {run['as_of'][:10]}  {scored}  {run['folder']}{mark}"
        if state["missing"]:
            shown = ", ".join(instant[:10] for instant in state["missing"][:LAST_RUNS])
            yield f"  missing {len(state['missing'])}: {shown}; score each with --as-of and that date"
