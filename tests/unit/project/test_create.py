"""A new project runs from its own folder: for each shipped source, and for a company's own data."""

import subprocess
from pathlib import Path

import pytest
import yaml

from predictive_scoring.config.params import load_params
from predictive_scoring.config.split import Split
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.project.create import create_project, crm_presets, shipped_sources, template

SOURCES = ["bank_marketing", "bpic2012", "demo", "online_shoppers", "salvirt_b2b", "xeducation"]
PRESETS = ["dynamics", "hubspot", "salesforce"]


def test_the_sources_that_ship_are_those_that_are_tested_here() -> None:
    assert shipped_sources() == SOURCES
    assert crm_presets() == PRESETS


@pytest.mark.parametrize("source", [*SOURCES, *PRESETS, None])
def test_a_project_has_all_that_its_stages_name(tmp_path: Path, source: str | None) -> None:
    folder = tmp_path / "acme"
    create_project(folder, source)
    params = load_params(folder / "params.yaml")
    assert load_source(folder / params.source).name == (source or "acme")
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    blocks = set(type(params).model_fields)
    for name, stage in stages.items():
        body = stage.get("do", stage)
        script = body["cmd"].split()[1]
        assert script in body["deps"], name
        assert (folder / script).is_file(), name
        assert not any(dep.startswith("src/") for dep in body["deps"]), name
        assert {param.split(".")[0] for param in body["params"]} <= blocks, name
    assert ("simulate" in stages) == (source == "demo")
    assert (folder / "pipelines" / "simulate.py").is_file() == (source == "demo")


def test_what_a_source_changes_in_the_parameters_is_in_them(tmp_path: Path) -> None:
    create_project(tmp_path / "deals", "salvirt_b2b")
    params = load_params(tmp_path / "deals" / "params.yaml")
    assert params.targets["won"].horizon_days is None
    assert params.report.calls_per_week == 20
    assert params.report.n_leads == load_params(template() / "params.yaml").report.n_leads  # merged, not replaced


@pytest.mark.parametrize("name", ["xeducation", "demo", "hubspot"])
def test_a_folder_that_is_called_like_a_shipped_source_is_a_company_of_its_own(tmp_path: Path, name: str) -> None:
    """By name alone it would have got the targets, or the simulator's settings, of that source."""
    create_project(tmp_path / name)
    create_project(tmp_path / "acme")
    own, usual = (load_params(tmp_path / folder / "params.yaml") for folder in (name, "acme"))
    assert own == usual.model_copy(update={"source": own.source})
    assert "simulate" not in yaml.safe_load((tmp_path / name / "params.yaml").read_text())


def test_a_project_keeps_the_digits_of_its_name(tmp_path: Path) -> None:
    create_project(tmp_path / "coil2000")
    assert load_params(tmp_path / "coil2000" / "params.yaml").source == Path("data/sources/coil2000.yaml")


def test_a_new_project_keeps_data_and_models_out_of_git(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    create_project(folder)
    for name in (
        "data/raw/leads.csv",
        "data/scores/won/scores.parquet",
        "models/released/won/model.txt",
        "models/won.run.json",
        "mlflow.db",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "models/evaluation/won").mkdir(parents=True)
    (folder / "models/evaluation/won/metrics.json").write_text("{}")
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    listed = [*git, "ls-files", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {"data/sources/acme.yaml", "params.yaml", "dvc.yaml", "models/evaluation/won/metrics.json"} <= set(names)
    assert [
        name for name in names if name.startswith(("data/raw", "data/scores", "models/r", "models/won", "mlflow"))
    ] == []


def test_the_lines_say_what_to_do_next(tmp_path: Path) -> None:
    assert "dvc repro" in create_project(tmp_path / "a", "demo")[1]
    assert "predictive-scoring fetch bpic2012" in create_project(tmp_path / "b", "bpic2012")[1]
    assert "inspect data/raw/* --out data/sources/c2000.yaml --force" in create_project(tmp_path / "c2000")[1]
    assert "put the export into data/raw/hubspot" in create_project(tmp_path / "d", "hubspot")[1]


def test_the_windows_of_the_shipped_history_are_its_own_and_other_projects_have_the_usual_ones(tmp_path: Path) -> None:
    split = {}
    for source in ("demo", "hubspot"):
        create_project(tmp_path / source, source)
        split[source] = load_params(tmp_path / source / "params.yaml").split
    assert split["hubspot"] == Split() != split["demo"]


def test_a_project_that_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    create_project(tmp_path / "acme", "demo")
    (tmp_path / "acme" / "params.yaml").write_text("mine: true\n")
    assert "already" in create_project(tmp_path / "acme", "demo")[0]
    assert (tmp_path / "acme" / "params.yaml").read_text() == "mine: true\n"


def test_I_a_folder_with_other_things_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="not empty"):
        create_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_folder_one_stands_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="the folder you are in"):
        create_project(Path())


def test_an_unknown_source_is_refused_with_the_known_ones_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such source") as refused:
        create_project(tmp_path / "acme", "pipedrive")
    assert all(name in str(refused.value) for name in [*SOURCES, *PRESETS])
    assert list(tmp_path.iterdir()) == []


def test_a_project_of_another_source_is_not_taken_for_the_one_asked_for(tmp_path: Path) -> None:
    create_project(tmp_path / "acme", "hubspot")
    assert create_project(tmp_path / "acme", "hubspot") == [f"{tmp_path / 'acme'} is a project already"]
    assert create_project(tmp_path / "acme") == [f"{tmp_path / 'acme'} is a project already"]
    with pytest.raises(ConfigurationError, match="of another source"):
        create_project(tmp_path / "acme", "salesforce")


def test_an_agreement_and_its_stage_come_only_with_a_source_that_has_one(tmp_path: Path) -> None:
    create_project(tmp_path / "loans", "bpic2012")
    create_project(tmp_path / "acme")
    stages = {
        name: (tmp_path / name / "dvc.yaml").read_text(encoding="utf-8").count("agreement.py") > 0
        for name in ("loans", "acme")
    }
    assert stages == {"loans": True, "acme": False}
    assert (tmp_path / "loans" / "data" / "agreement.yaml").is_file()
    assert not (tmp_path / "acme" / "pipelines" / "agreement.py").exists()
    pipelines = {name: (tmp_path / name / "dvc.yaml").read_text(encoding="utf-8") for name in ("acme", "loans")}
    assert "data/agreement.yaml" not in pipelines["acme"]  # nor do scores wait for a file that nobody wrote
    assert pipelines["loans"].count("- data/agreement.yaml") == 2  # scores read what the letters mean
