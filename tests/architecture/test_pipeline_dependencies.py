"""DVC follows neither imports nor parameters: what each stage declares is compared with what its script really uses."""

import ast
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SRC = Path("src")
STAGES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


@pytest.fixture(scope="session")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("predictive_scoring", exclude_type_checking_imports=True, cache_dir=None)


def body(stage: str) -> dict[str, Any]:
    return STAGES[stage].get("do", STAGES[stage])


def imported(script: str) -> set[str]:
    tree = ast.parse(script)
    return {f"{node.module}" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def closure(graph: grimp.ImportGraph, script: str) -> set[Path]:
    """Return the files of the package that a script runs, its packages' __init__ files included."""
    modules = {name for name in imported(script) if name.split(".")[0] == "predictive_scoring"}
    for name in set(modules):
        modules |= graph.find_upstream_modules(name)
    modules |= {name.rsplit(".", depth)[0] for name in set(modules) for depth in range(1, name.count(".") + 1)}
    return {file_of(name) for name in modules}


def file_of(module: str) -> Path:
    path = SRC.joinpath(*module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


def unmatched(deps: set[Path], needed: set[Path]) -> tuple[set[Path], set[Path]]:
    """Return the needed files that no dependency covers, and the dependencies that cover none."""
    missing = {path for path in needed if not any(path == dep or dep in path.parents for dep in deps)}
    idle = {dep for dep in deps if not any(path == dep or dep in path.parents for path in needed)}
    return missing, idle


@pytest.mark.parametrize("stage", list(STAGES))
def test_each_stage_depends_on_the_code_it_runs_and_on_no_other(stage: str, graph: grimp.ImportGraph) -> None:
    script = (ROOT / "pipelines" / f"{stage}.py").read_text()
    deps = {Path(dep) for dep in body(stage)["deps"] if dep.startswith("src/")}
    missing, idle = unmatched(deps, closure(graph, script))
    assert (sorted(map(str, missing)), sorted(map(str, idle))) == ([], [])


def test_a_forgotten_and_an_idle_dependency_are_both_found() -> None:
    deps = {Path("src/p/report"), Path("src/p/errors.py")}
    needed = {Path("src/p/errors.py"), Path("src/p/model/trees.py")}
    assert unmatched(deps, needed) == ({Path("src/p/model/trees.py")}, {Path("src/p/report")})


@pytest.mark.parametrize("stage", list(STAGES))
def test_each_stage_declares_the_parameters_its_script_reads(stage: str) -> None:
    script = (ROOT / "pipelines" / f"{stage}.py").read_text()
    read = blocks_read(script)
    declared = {name.split(".")[0] for name in body(stage)["params"]}
    assert read == declared


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
    places = [*body(stage)["deps"], *body(stage).get("outs", []), *body(stage).get("metrics", [])]
    declared = {next(iter(place)) if isinstance(place, dict) else place for place in places}
    assert undeclared(named, declared) == set()


def test_a_folder_that_is_read_but_not_declared_is_found() -> None:
    assert undeclared({"data/interim", "data/features"}, {"data/features/${key}"}) == {"data/interim"}
