"""Which code each stage of dvc.yaml runs, for DVC follows no imports. As a script it writes the lines."""

import ast
import re
from pathlib import Path
from typing import Any

import grimp
import yaml

ROOT = Path(__file__).parents[2]
SRC = Path("src")
PIPELINE = ROOT / "dvc.yaml"
# Of these packages a stage names the files that it runs, so that a change elsewhere in them trains no model anew.
FILE_BY_FILE = ("predictive_scoring.project", "predictive_scoring.publish", "predictive_scoring.sources")


def stages() -> dict[str, dict[str, Any]]:
    """Return the stages of dvc.yaml, a foreach stage as what it does for each."""
    return {name: body.get("do", body) for name, body in yaml.safe_load(PIPELINE.read_text())["stages"].items()}


def import_graph() -> grimp.ImportGraph:
    """Return who imports whom in the package."""
    return grimp.build_graph("predictive_scoring", exclude_type_checking_imports=True, cache_dir=None)


def imported(script: str) -> set[str]:
    """Return the modules that a script imports from."""
    tree = ast.parse(script)
    return {f"{node.module}" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def modules_of(graph: grimp.ImportGraph, script: str) -> set[str]:
    """Return every module of the package that a script runs, the packages around them included."""
    modules = {name for name in imported(script) if name.split(".")[0] == "predictive_scoring"}
    for name in set(modules):
        modules |= graph.find_upstream_modules(name)
    return modules | {name.rsplit(".", depth)[0] for name in set(modules) for depth in range(1, name.count(".") + 1)}


def wanted(graph: grimp.ImportGraph, stage: str) -> list[str]:
    """Return what a stage must depend on: files, and folders of the packages that it runs whole."""
    modules = modules_of(graph, (ROOT / "pipelines" / f"{stage}.py").read_text())
    return sorted({str(_path(name)) for name in modules})


def _path(module: str) -> Path:
    parts = module.split(".")
    package = ".".join(parts[:2])
    depth = 3 if package in FILE_BY_FILE else 2
    path = SRC.joinpath(*parts[:depth])
    if not (ROOT / path).is_dir():
        return path.with_suffix(".py")
    return path / "__init__.py" if len(parts) < depth else path


def declared(body: dict[str, Any]) -> list[str]:
    """Return the code that a stage declares."""
    return sorted(dep for dep in body["deps"] if dep.startswith("src/"))


def written(text: str, graph: grimp.ImportGraph) -> str:
    """Return dvc.yaml with the lines of code that each stage wants."""
    parts = re.split(r"(?m)^  (\w+):\n", text)
    for place in range(1, len(parts), 2):
        body, indent = parts[place + 1], ""
        if found := re.search(r"(?m)^( +)- src/.*\n", body):
            indent = found.group(1)
            lines = "".join(f"{indent}- {path}\n" for path in wanted(graph, parts[place]))
            start = found.start()
            rest = re.sub(r"(?m)^ +- src/.*\n", "", body[start:])
            parts[place + 1] = body[:start] + lines + rest
        parts[place] = f"  {parts[place]}:\n"
    return "".join(parts)


if __name__ == "__main__":
    PIPELINE.write_text(written(PIPELINE.read_text(), import_graph()))
