"""The stage `agreement`, added to a project that began without an agreement."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.project.create import AGREEMENT, GIT_KEEPS_SALES, SALES, copy_sales, template
from predictive_scoring.storage import SHARED, write_text

STAGE = "agreement"
SCRIPT = Path("pipelines/agreement.py")
PIPELINE = Path("dvc.yaml")


def add_agreement(project: Path) -> list[str]:
    """Add the stage to a project's pipeline and return what was done; where it stands there nothing changes.

    The stage comes last, and `score` then depends on the agreement, whose letters it gives. The file dvc.yaml is
    written anew, without comments.

    Raises
    ------
    ConfigurationError
        If the folder is no project, or no agreement lies in it that can be read.
    """
    if not (project / PIPELINE).is_file() or not (project / "params.yaml").is_file():
        raise ConfigurationError(
            f"{project}: no project", expected="a folder with dvc.yaml and params.yaml", fix="predictive-scoring init"
        )
    load_agreement(project / AGREEMENT)
    pipeline = _read(project / PIPELINE)
    stages = pipeline.get("stages", {})
    if "score" not in stages:
        raise ConfigurationError(
            f"{project / PIPELINE}: no stage `score`", fix="the stage `agreement` reads its scores"
        )
    sales = SALES.parent.as_posix()
    had = STAGE in stages and AGREEMENT.as_posix() in _deps(stages["score"]) and (project / SCRIPT).is_file()
    if had and sales in _deps(stages[STAGE]) and (project / sales).is_dir():
        return [f"{project / PIPELINE} has the stage `{STAGE}` already"]
    shipped = template()
    stages[STAGE] = stages.get(STAGE) or _shipped_stage(shipped)
    if sales not in (mine := _deps(stages[STAGE])):
        mine.insert(0, sales)
    if AGREEMENT.as_posix() not in (score := _deps(stages["score"])):
        score.insert(0, AGREEMENT.as_posix())
    if not (project / SCRIPT).is_file():
        shutil.copyfile(shipped / SCRIPT, project / SCRIPT)
    copy_sales(project)
    _let_git_keep_sales(project / ".gitignore")
    write_text(project / PIPELINE, yaml.safe_dump(pipeline, sort_keys=False, width=120, allow_unicode=True))
    return [f"added the stage `{STAGE}` to {project / PIPELINE}", "next: dvc repro"]


def _let_git_keep_sales(ignored: Path) -> None:
    """Take the folder of sales out of what git ignores, but for what lies in it: else a clone would miss it."""
    lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.is_file() else []
    if missing := [line for line in GIT_KEEPS_SALES if lines and line not in lines]:
        write_text(ignored, "\n".join([*lines, *missing]) + "\n", mode=SHARED)


def _shipped_stage(shipped: Path) -> dict[str, Any]:
    stage: dict[str, Any] = _read(shipped / PIPELINE)["stages"][STAGE]
    body = stage["do"]
    body["deps"] = [dep for dep in body["deps"] if not dep.startswith("src/")]
    return stage


def _read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _deps(stage: dict[str, Any]) -> list[str]:
    """Return the list of a stage's dependencies itself."""
    deps: list[str] = stage.get("do", stage).setdefault("deps", [])
    return deps
