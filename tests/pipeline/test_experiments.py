"""A project under git: a parameter is tried, compared and drawn with DVC's own commands."""

import json
import shutil

import pytest

from .conftest import BRIEF, Project, change_params

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def under_git(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project as it is after its run, judged briefly from here on."""
    made = Project(shutil.copytree(project.folder, tmp_path_factory.mktemp("experiments") / "small", symlinks=True))
    change_params(made.folder, evaluate=BRIEF, train={"linear_l2": 10.0})  # the default, for DVC to find it
    (made.folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    made.run("git", "init", "--quiet")
    made.run("git", "config", "user.name", "Nobody")
    made.run("git", "config", "user.email", "nobody@example.com")
    made.run("git", "add", "--all")
    made.run("git", "commit", "--quiet", "--message", "A project and its first run")
    return made


def tracked(project: Project) -> list[str]:
    return project.run("git", "ls-files").stdout.splitlines()


def test_git_holds_the_lock_and_the_metrics_but_no_data_and_no_model(under_git: Project) -> None:
    names = tracked(under_git)
    assert {"dvc.yaml", "dvc.lock", "params.yaml", "data/sources/demo.yaml"} <= set(names)
    outputs = (
        "data/raw",
        "data/interim",
        "data/features",
        "data/scores",
        "data/reports",
        "models/candidate",
        "models/released",
        "mlruns",
        "mlflow",
    )
    assert [name for name in names if name.startswith(outputs)] == []
    assert under_git.run("git", "status", "--porcelain").stdout == ""


def test_an_experiment_is_run_compared_and_drawn(under_git: Project) -> None:
    done = under_git.run(
        "dvc", "exp", "run", "--name", "held-back", "--set-param", "train.linear_l2=40", "evaluate@won"
    )
    assert "Running stage 'train@won'" in done.stdout
    assert "Running stage 'extract'" not in done.stdout
    differences = json.loads(under_git.run("dvc", "params", "diff", "--json").stdout)
    assert differences["params.yaml"]["train.linear_l2"]["new"] == 40
    metrics = json.loads(under_git.run("dvc", "metrics", "diff", "--json").stdout)
    (found,) = [change for name, change in metrics.items() if name.endswith("metrics.json")]
    before, after = (found["model.log_loss.value"][when] for when in ("old", "new"))
    assert before == pytest.approx(after, abs=0.05)
    assert before != after
    assert "held-back" in under_git.run("dvc", "exp", "show", "--csv").stdout
    under_git.run("dvc", "plots", "show", "--out", "plots")
    assert "vega" in (under_git.folder / "plots" / "index.html").read_text(encoding="utf-8").lower()


def test_the_run_notes_the_commit_that_it_was_made_from(under_git: Project) -> None:
    code = "from predictive_scoring.publish.provenance import provenance; from pathlib import Path; import json; "
    code += "print(json.dumps(provenance(Path(), ('extract', 'features@won'))))"
    tags = json.loads(under_git.run("python", "-c", code).stdout)
    assert tags["git.commit"] == under_git.run("git", "rev-parse", "HEAD").stdout.strip()
    assert any(name.startswith("dvc.features:won.outs.") for name in tags)
