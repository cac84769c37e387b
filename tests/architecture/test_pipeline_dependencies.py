"""DVC follows neither imports nor parameters: what each stage declares is compared with what its script really uses."""

import ast
from typing import Any

import grimp
import pytest
import stage_dependencies as code

from predictive_scoring.config.parse import read_yaml
from predictive_scoring.report.evaluation_folder import CURVES, DOCUMENTS

ROOT = code.ROOT
STAGES = code.stages()


@pytest.fixture(scope="session")
def graph() -> grimp.ImportGraph:
    return code.import_graph()


@pytest.mark.parametrize("stage", list(STAGES))
def test_each_stage_depends_on_the_code_it_runs_and_on_no_other(stage: str, graph: grimp.ImportGraph) -> None:
    assert code.declared(STAGES[stage]) == code.wanted(graph, stage), (
        "run python tests/architecture/stage_dependencies.py"
    )


def test_a_forgotten_and_an_idle_line_are_both_put_right(graph: grimp.ImportGraph) -> None:
    text = code.PIPELINE.read_text()
    spoilt = text.replace("      - src/predictive_scoring/errors.py\n", "", 1).replace(
        "        - src/predictive_scoring/report\n",
        "        - src/predictive_scoring/report\n        - src/predictive_scoring/cli\n",
        1,
    )
    assert spoilt.count("\n") == text.count("\n")
    assert code.written(spoilt, graph) == text != spoilt


@pytest.mark.parametrize("stage", list(STAGES))
def test_each_stage_declares_the_parameters_its_script_reads(stage: str) -> None:
    script = (ROOT / "pipelines" / f"{stage}.py").read_text()
    read = blocks_read(script)
    declared = {name.split(".")[0] for name in STAGES[stage]["params"]}
    assert read == declared


def missing_in(params: dict[str, Any]) -> set[str]:
    """Return the parameters that stages declare and params.yaml does not say; DVC then refuses to run at all."""
    declared = {name for stage in STAGES.values() for name in stage["params"] if "${" not in name}
    return {name for name in declared if not _is_said(name.split("."), params)}


def _is_said(path: list[str], params: Any) -> bool:
    for key in path:
        if not isinstance(params, dict) or key not in params:
            return False
        params = params[key]
    return True


def test_params_yaml_says_each_parameter_that_a_stage_declares() -> None:
    assert missing_in(read_yaml(ROOT / "params.yaml")) == set()


def test_planted_bug_a_parameter_left_to_its_default_is_found() -> None:
    said = read_yaml(ROOT / "params.yaml")
    said["publish"] = {name: value for name, value in said["publish"].items() if name != "ship"}
    assert missing_in(said) == {"publish.ship"}


def blocks_read(script: str) -> set[str]:
    """Return the blocks of params.yaml that a script reads: `params.train`, or what it hands whole to a function."""
    read = {
        node.attr
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "params"
    }
    handed_whole = {"build_dataset": {"snapshots", "features", "split"}, "judged": {"snapshots", "publish", "targets"}}
    for function, blocks in handed_whole.items():
        if f"{function}(" in script:
            read |= blocks
    return read


def unknown_to_dvc(evaluate: dict[str, Any], report: dict[str, Any]) -> list[str]:
    """Return what the page reads of the evaluation, and DVC does not know of: it would tell of an older run."""
    read = {f"models/evaluation/${{key}}/{name}" for name in
            ("metrics.json", *(f"{name}.json" for name in DOCUMENTS), *(f"{name}.csv" for name in CURVES))}  # fmt: skip
    made = {name for part in ("outs", "metrics", "plots") for each in evaluate[part] for name in each}
    return sorted((read - made) | (read - set(report["deps"])))


def test_dvc_knows_of_every_file_of_the_evaluation_that_the_page_reads() -> None:
    evaluate, report = STAGES["evaluate"], STAGES["report"]
    assert unknown_to_dvc(evaluate, report) == []
    forgotten = {**report, "deps": [dep for dep in report["deps"] if not dep.endswith("reasons.json")]}
    assert unknown_to_dvc(evaluate, forgotten) == ["models/evaluation/${key}/reasons.json"]


def test_a_script_has_at_most_forty_lines_and_decides_nothing() -> None:
    for script in (ROOT / "pipelines").glob("*.py"):
        text = script.read_text()
        assert text.count("\n") <= 40, script.name
        branches = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.For, ast.While, ast.Try, ast.Match))
        ]
        assert not branches or script.name == "report.py", f"{script.name} decides something"


def test_each_stage_has_its_script() -> None:
    assert {path.stem for path in (ROOT / "pipelines").glob("*.py")} == set(STAGES)


def folders_read(script: str) -> set[str]:
    """Return the folders of data and models that a script names; what it writes is among them."""
    named = {
        node.value
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in named if text.startswith(("data/", "models/"))}


def undeclared(named: set[str], declared: set[str]) -> set[str]:
    return {
        folder for folder in named if not any(place == folder or place.startswith(f"{folder}/") for place in declared)
    }


@pytest.mark.parametrize("stage", list(STAGES))
def test_each_folder_that_a_script_names_is_a_dependency_or_an_output(stage: str) -> None:
    named = folders_read((ROOT / "pipelines" / f"{stage}.py").read_text())
    places = [*STAGES[stage]["deps"], *STAGES[stage].get("outs", []), *STAGES[stage].get("metrics", [])]
    declared = {next(iter(place)) if isinstance(place, dict) else place for place in places}
    assert undeclared(named, declared) == set()


def test_a_folder_that_is_read_but_not_declared_is_found() -> None:
    assert undeclared({"data/interim", "data/features"}, {"data/features/${key}"}) == {"data/interim"}


def reached_from(file: str, stages: dict[str, dict[str, Any]]) -> set[str]:
    """Return the stages that a change of a file runs again: those that read it, and what they lead to."""
    changed, found = {file}, set[str]()
    while True:
        more = {name for name, body in stages.items() if set(body["deps"]) & changed} - found
        if not more:
            return found
        found |= more
        places = [place for name in more for kind in ("outs", "metrics") for place in stages[name].get(kind, [])]
        changed |= {next(iter(place)) if isinstance(place, dict) else place for place in places}


def test_a_changed_threshold_of_the_agreement_runs_scores_and_reports_again_and_no_training() -> None:
    assert reached_from("data/agreement.yaml", STAGES) == {"score", "report", "agreement"}


def test_the_planted_bug_of_a_model_that_learns_from_the_agreement_is_caught() -> None:
    spoilt = {**STAGES, "train": {**STAGES["train"], "deps": [*STAGES["train"]["deps"], "data/agreement.yaml"]}}
    assert {"train", "evaluate", "publish"} <= reached_from("data/agreement.yaml", spoilt)
