"""Where a run comes from: the commit, the hashes of its inputs, the versions of what computed it."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import yaml

from predictive_scoring import __version__

LIBRARIES = ("lightgbm", "scikit-learn", "numpy", "pandas", "pyarrow", "duckdb", "numba")
MADE_BY_RUNS = (":!dvc.lock", ":!models/evaluation", ":!models/ledger.jsonl")


def provenance(project: Path, stages: tuple[str, ...]) -> dict[str, str]:
    """Return tags that say what a run was made from.

    Parameters
    ----------
    stages
        Names of pipeline stages, e.g. ``features@won``, whose dependency and output hashes in dvc.lock are recorded.
    """
    tags = {f"version.{name}": version(name) for name in LIBRARIES} | {"version.predictive-scoring": __version__}
    tags |= _locked(project / "dvc.lock", stages)
    commit = _git(project, "rev-parse", "HEAD")
    if commit:
        tags["git.commit"] = commit
        tags["git.dirty"] = str(is_dirty(project)).lower()
    return tags


def is_dirty(project: Path) -> bool:
    """Return whether files that Git keeps were changed since the last commit; False where there is no Git.

    What a run of the pipeline writes itself does not count: dvc.lock, the measures under
    models/evaluation and the ledger of looks.
    """
    return bool(_git(project, "status", "--porcelain", "--untracked-files=no", "--", ".", *MADE_BY_RUNS))


def _locked(path: Path, stages: tuple[str, ...]) -> dict[str, str]:
    if not path.is_file():
        return {}
    locked = yaml.safe_load(path.read_text(encoding="utf-8")).get("stages", {})
    return {
        f"dvc.{name}.{kind}.{item['path']}".replace("@", ":"): str(item["md5"])
        for name in stages
        for kind in ("deps", "outs")
        for item in locked.get(name, {}).get(kind, [])
        if "md5" in item
    }


def _git(project: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603, S607
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
