"""Past scoring runs: what each said of whom, and which runs are missing."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.scoring.about import About
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.run_key import MANIFEST
from predictive_scoring.scoring.worklist import EXPLORE, WORKLIST
from predictive_scoring.storage import read_parquet


@dataclass(frozen=True)
class PastRun:
    """One folder of scores."""

    folder: Path
    as_of: datetime
    model_version: str
    about: About
    lead_id: NDArray[Any]  # (n,)
    chance: NDArray[np.float64]  # (n,)
    grade: NDArray[Any]  # (n,)
    explored: NDArray[np.bool_]  # (n,) whether the lead was drawn whatever its score

    @classmethod
    def load(cls, folder: Path) -> "PastRun":
        """Return the run in a folder, whose bytes are what its manifest says."""
        finished = FinishedScores.load(folder, ["lead_id", "probability", "grade"])
        lead_id = finished.scores["lead_id"].to_numpy(zero_copy_only=False)
        return cls(
            folder=folder,
            as_of=finished.as_of,
            model_version=finished.model_version,
            about=finished.about,
            lead_id=lead_id,
            chance=finished.scores["probability"].to_numpy(),
            grade=finished.scores["grade"].to_numpy(zero_copy_only=False),
            explored=_explored(folder, lead_id),
        )


def _explored(folder: Path, lead_id: NDArray[Any]) -> NDArray[np.bool_]:
    path = folder / WORKLIST
    if not path.is_file():
        return np.zeros(len(lead_id), dtype=np.bool_)
    rows = read_parquet(path, ["lead_id", "chosen_by"]).to_pydict()
    drawn = {lead for lead, why in zip(rows["lead_id"], rows["chosen_by"], strict=True) if why == EXPLORE}
    return np.isin(lead_id.astype(str), sorted(drawn))


def load_runs(folders: list[Path], target: str) -> list[PastRun]:
    """Return the runs of a target, the earliest first; of two as of one instant the last named counts.

    Parameters
    ----------
    folders
        Folders of scores, or folders that hold such folders.

    Raises
    ------
    ConfigurationError
        If a folder holds the scores of another target.
    """
    runs = [PastRun.load(finished) for folder in folders for finished in finished_in(folder)]
    strange = [run.folder.name for run in runs if run.about.target != target]
    if strange:
        raise ConfigurationError(
            f"--scores: {len(strange)} of {len(runs)} folders hold another target's scores",
            found=strange[:5],
            expected=target,
        )
    return [run for _, run in sorted({run.as_of: run for run in runs}.items())]


def finished_in(folder: Path) -> list[Path]:
    """Return the folder itself if it holds scores, else those in it that do; a pointer to one of them is left out."""
    if (folder / MANIFEST).is_file() or not folder.is_dir():
        return [folder]
    return [path.parent for path in sorted(folder.glob(f"*/{MANIFEST}")) if not path.parent.is_symlink()]


def gaps(instants: list[datetime]) -> list[datetime]:
    """Return the instants that are missing in a regular series: the usual step is the median of those found.

    Examples
    --------
    >>> days = [datetime(2025, 4, day) for day in (1, 2, 3, 5)]
    >>> [gap.day for gap in gaps(days)]
    [4]
    """
    ordered = sorted(set(instants))
    steps = [later - earlier for earlier, later in itertools.pairwise(ordered)]
    if len(steps) < 2:
        return []
    usual = sorted(steps)[(len(steps) - 1) // 2]
    missing = []
    for earlier, step in zip(ordered, steps, strict=False):
        n_missed = round(step / usual) - 1
        missing += [earlier + usual * place for place in range(1, n_missed + 1)]
    return missing


def gap_text(missing: list[datetime]) -> str:
    """Return the missing instants in words, days without their hour."""
    shown = ", ".join(f"{instant:%Y-%m-%d}" for instant in missing[:5])
    return f"{shown}, …" if len(missing) > 5 else shown
