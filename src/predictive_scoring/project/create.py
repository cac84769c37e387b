"""A new project folder, made from the pipeline that ships with the package."""

import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from predictive_scoring.config.params import Params
from predictive_scoring.config.parse import parse_block, read_yaml
from predictive_scoring.config.split import Split
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.sources.fetch import DATA_SETS
from predictive_scoring.storage import publishing_folder

SOURCES = Path("data/sources")
AGREEMENT, AGREEMENTS = Path("data/agreement.yaml"), Path("data/agreements")
SALES = Path("data/sales/README.md")  # keeps the folder of what comes back from sales
PRESETS = SOURCES / "crm"  # what fits a CRM's exports; the user brings the data
DVC_CONFIG = "[core]\n    analytics = false\n    check_update = false\n    no_scm = true\n"
DEMO = "demo"
USUAL = Split()
DVC_IGNORE = "__pycache__/\n*.pyc\n.pull/\n"  # the state of a pull is no data
# The evaluation stays in git: `dvc metrics diff` compares it with that of another commit.
GIT_KEEPS_SALES = ("!/data/sales/", "/data/sales/*", "!/data/sales/README.md")
GIT_IGNORE = f"""\
/data/*
!/data/agreement.yaml
{chr(10).join(GIT_KEEPS_SALES)}
!/data/sources/
/models/*
!/models/evaluation/
mlflow.db*
.mlflow.db.lock
mlruns/
"""


def template() -> Path:
    """Return the folder with the shipped pipeline: inside the installed package, or the checkout it is run from."""
    packaged = Path(str(files("predictive_scoring"))) / "template"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]


def create_project(folder: Path, source: str | None = None) -> list[str]:
    """Make a project folder and return what to do next; a folder that is a project already is left as it is.

    Parameters
    ----------
    source
        The name of a shipped source or of a CRM to start from; by default a source file to fill in.

    Raises
    ------
    ConfigurationError
        If the folder holds other things or is the present one, or the source is neither shipped nor a preset.
    """
    if (folder / "params.yaml").is_file():
        _refuse_another_source(folder, source)
        return [f"{folder} is a project already"]
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder}: not empty", fix="give a new folder's name")
    if folder.resolve() == Path.cwd():  # a folder that somebody stands in cannot be replaced by the finished one
        raise ConfigurationError(f"{folder}: the folder you are in", fix="give the name of a new one in it")
    shipped = template()
    name = source or source_name(folder)
    place = PRESETS if source in crm_presets() else SOURCES
    file = shipped / place / (f"{source}.yaml" if source else "template.yaml")
    if not file.is_file():
        raise ConfigurationError(f"{name}: no such source", expected=", ".join([*shipped_sources(), *crm_presets()]))
    with publishing_folder(folder) as draft:
        agreement = _agreement(shipped, source)
        _copy_pipeline(shipped, draft, _stages_left_out(source, agreement))
        (draft / SOURCES).mkdir(parents=True)
        if agreement is not None:
            shutil.copyfile(agreement, draft / AGREEMENT)
            copy_sales(draft)
        text = file.read_text(encoding="utf-8").replace("name: my_company\n", f"name: {name}\n")
        (draft / SOURCES / f"{name}.yaml").write_text(text, encoding="utf-8")
        (draft / "data" / "raw").mkdir()
        _write_params(shipped, name, source, draft / "params.yaml")
    return [f"made {folder}", f"next: cd {folder}; {_next(source, folder)}dvc repro"]


def _refuse_another_source(folder: Path, source: str | None) -> None:
    """Refuse to make a project of one source where one of another is: the wish would be lost without a word."""
    if source is not None and not (folder / SOURCES / f"{source}.yaml").is_file():
        raise ConfigurationError(
            f"{folder}: a project already, and of another source than {source!r}", fix="give a new folder's name"
        )


def source_name(folder: Path) -> str:
    """Return the name of a new project's source: its folder's, in small letters, digits and underscores.

    Examples
    --------
    >>> source_name(Path("work/Acme Iberia")), source_name(Path("2025 leads of Q1"))
    ('acme_iberia', 'leads_of_q1')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower())
    return plain.lstrip("_0123456789").rstrip("_") or "my_company"


def _next(source: str | None, folder: Path) -> str:
    if source is None:
        file = SOURCES / f"{source_name(folder)}.yaml"
        return (
            f"put your files into data/raw; predictive-scoring inspect data/raw/* --out {file} --force, or fill in "
            f"{file} by hand; predictive-scoring check {file}; "
        )
    if source in DATA_SETS:
        return f"predictive-scoring fetch {source}; "
    file = SOURCES / f"{source}.yaml"
    put = f"put the export into data/raw/{source}, see {file}; predictive-scoring check {file}; "
    return "" if source == DEMO else put


def crm_presets() -> list[str]:
    """Return the names of the CRMs whose exports a source file is ready for."""
    return sorted(path.stem for path in (template() / PRESETS).glob("*.yaml"))


def shipped_sources() -> list[str]:
    """Return the names of the sources that ship with the package."""
    return sorted(p.stem for p in (template() / SOURCES).glob("*.yaml") if "." not in p.stem and p.stem != "template")


def _agreement(shipped: Path, source: str | None) -> Path | None:
    """Return the agreement that ships with a source; what a company's teams mean is theirs to write."""
    file = shipped / (AGREEMENT if source == DEMO else AGREEMENTS / f"{source}.yaml")
    return file if file.is_file() else None


def copy_sales(project: Path) -> None:
    """Make the folder of what comes back from sales; the stage `agreement` reads it, empty or not."""
    (project / SALES).parent.mkdir(parents=True, exist_ok=True)
    if not (project / SALES).is_file():
        shutil.copyfile(template() / SALES, project / SALES)


def _stages_left_out(source: str | None, agreement: Path | None) -> list[str]:
    simulated = [] if source == DEMO else ["simulate"]
    return simulated if agreement is not None else [*simulated, "agreement"]


def _copy_pipeline(shipped: Path, draft: Path, without: list[str]) -> None:
    left_out = ("__pycache__", *(f"{stage}.py" for stage in without))
    shutil.copytree(shipped / "pipelines", draft / "pipelines", ignore=shutil.ignore_patterns(*left_out))
    pipeline = yaml.safe_load((shipped / "dvc.yaml").read_text(encoding="utf-8"))
    for stage in without:
        del pipeline["stages"][stage]
    for stage in pipeline["stages"].values():
        body = stage.get("do", stage)
        unheld = ("src/", AGREEMENT.as_posix()) if "agreement" in without else ("src/",)
        body["deps"] = [dep for dep in body["deps"] if not dep.startswith(unheld)]
    (draft / "dvc.yaml").write_text(yaml.safe_dump(pipeline, sort_keys=False, width=120), encoding="utf-8")
    (draft / ".dvc").mkdir()
    (draft / ".dvc" / "config").write_text(DVC_CONFIG, encoding="utf-8")
    (draft / ".dvcignore").write_text(DVC_IGNORE, encoding="utf-8")
    (draft / ".gitignore").write_text(GIT_IGNORE, encoding="utf-8")


def _write_params(shipped: Path, name: str, source: str | None, path: Path) -> None:
    """Write the shipped parameters with what the source changes in them; blocks that it names are merged.

    A folder may bear the name of a shipped source by chance: only the source that was asked for changes anything.
    """
    params = read_yaml(shipped / "params.yaml")
    if source != DEMO:
        params.pop("simulate", None)
        params["split"] = {share: getattr(USUAL, share) for share in params["split"]}  # the shipped fit its seasons
    params["source"] = f"{SOURCES.as_posix()}/{name}.yaml"
    overlay = shipped / SOURCES / f"{source}.params.yaml"
    if overlay.is_file():
        for block, value in read_yaml(overlay).items():
            merged: Any = (
                {**params.get(block, {}), **value} if isinstance(value, dict) and block != "targets" else value
            )
            params[block] = merged
    parse_block(Params, params, where=str(overlay))
    path.write_text(yaml.safe_dump(params, sort_keys=False, width=120, allow_unicode=True), encoding="utf-8")
