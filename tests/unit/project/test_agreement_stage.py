"""A project that began without an agreement gains its stage, and then has the pipeline of one that began with it."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.project.agreement_stage import add_agreement
from predictive_scoring.project.create import create_project, template

AGREED = 'versions: [{valid_from: "2025-01-01", own_actions: [page_view]}]\n'


def _stages(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project on a company's own source, which ships no agreement."""
    create_project(tmp_path / "acme")
    return tmp_path / "acme"


def test_the_stage_is_that_of_a_project_that_began_with_an_agreement(project: Path, tmp_path: Path) -> None:
    create_project(tmp_path / "loans", "bpic2012")
    with_one = _stages(tmp_path / "loans")
    assert "agreement" not in _stages(project)
    (project / "data/agreement.yaml").write_text(AGREED, encoding="utf-8")
    assert add_agreement(project)[-1] == "next: dvc repro"
    found = _stages(project)
    assert found["agreement"] == with_one["agreement"]
    assert sorted(found["score"]["do"]["deps"]) == sorted(with_one["score"]["do"]["deps"])
    assert list(found) == list(with_one)
    others = set(found) - {"agreement", "score"}
    assert {name: found[name] for name in others} == {name: with_one[name] for name in others}
    script = Path("pipelines/agreement.py")
    assert (project / script).read_bytes() == (template() / script).read_bytes()


def test_a_second_time_changes_nothing_and_a_half_added_stage_is_mended(project: Path) -> None:
    (project / "data/agreement.yaml").write_text(AGREED, encoding="utf-8")
    add_agreement(project)
    before = (project / "dvc.yaml").read_bytes()
    assert "already" in add_agreement(project)[0]
    assert (project / "dvc.yaml").read_bytes() == before
    (project / "pipelines/agreement.py").unlink()
    add_agreement(project)
    assert (project / "pipelines/agreement.py").is_file()
    assert _stages(project)["score"]["do"]["deps"].count("data/agreement.yaml") == 1


def test_a_project_from_before_the_record_of_hand_offs_gains_the_folder_of_sales(project: Path) -> None:
    (project / "data/agreement.yaml").write_text(AGREED, encoding="utf-8")
    add_agreement(project)
    whole = _stages(project)
    pipeline = yaml.safe_load((project / "dvc.yaml").read_text(encoding="utf-8"))
    pipeline["stages"]["agreement"]["do"]["deps"].remove("data/sales")
    (project / "dvc.yaml").write_text(yaml.safe_dump(pipeline, sort_keys=False), encoding="utf-8")
    shutil.rmtree(project / "data/sales")
    ignored = project / ".gitignore"
    kept = [line for line in ignored.read_text(encoding="utf-8").splitlines() if "sales" not in line]
    ignored.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert "added" in add_agreement(project)[0]
    assert (project / "data/sales").is_dir()
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    asked = ["git", "-C", str(project), "check-ignore", "data/sales/README.md", "data/sales/dispositions.csv"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    assert told.splitlines() == ["data/sales/dispositions.csv"]  # a clone has the folder, and nothing of anybody
    (project / "data/sales/README.md").write_text("ours", encoding="utf-8")
    (project / "pipelines/agreement.py").unlink()
    add_agreement(project)
    assert (project / "data/sales/README.md").read_text(encoding="utf-8") == "ours"
    mended = _stages(project)["agreement"]["do"]["deps"]
    assert sorted(mended) == sorted(whole["agreement"]["do"]["deps"])


@pytest.mark.parametrize("text", [None, "versions: []\n"])
def test_without_an_agreement_that_can_be_read_nothing_is_added(project: Path, text: str | None) -> None:
    if text is not None:
        (project / "data/agreement.yaml").write_text(text, encoding="utf-8")
    before = (project / "dvc.yaml").read_bytes()
    with pytest.raises(ConfigurationError):
        add_agreement(project)
    assert (project / "dvc.yaml").read_bytes() == before
    assert not (project / "pipelines/agreement.py").exists()


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no project"):
        add_agreement(tmp_path)
