"""The notebooks run from top to bottom in a project's folder, and hold prose and calls only."""

import ast
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from .conftest import Project

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TWO_MINUTES = 120
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_the_three_notebooks_are_there() -> None:
    assert [path.name for path in NOTEBOOKS] == ["01_data.ipynb", "02_model.ipynb", "03_reasons.ipynb"]


@pytest.mark.heavy
@pytest.mark.xdist_group("pipeline")
@pytest.mark.filterwarnings("default")  # the kernel is a process of its own; its client's warnings are not ours
@by_name
def test_a_notebook_runs_in_a_projects_folder(path: Path, project: Project) -> None:
    notebook = executed(path, project.folder)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.heavy
@pytest.mark.xdist_group("pipeline")
@pytest.mark.filterwarnings("default")
def test_a_cell_that_fails_is_seen(project: Project, tmp_path: Path) -> None:
    broken = nbformat.read(NOTEBOOKS[0], as_version=4)
    broken.cells.append(nbformat.v4.new_code_cell("assert rows['unexplained'].sum() > 0"))
    nbformat.write(broken, tmp_path / "broken.ipynb")
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="AssertionError"):
        executed(tmp_path / "broken.ipynb", project.folder)


def executed(path: Path, folder: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(folder)}}
    return nbclient.NotebookClient(notebook, timeout=TWO_MINUTES, kernel_name="python3", resources=where).execute()


@by_name
def test_a_notebook_defines_nothing_and_stores_no_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert definitions(notebook) == []
    assert stored(notebook) == []


def test_a_planted_definition_and_a_planted_output_are_found() -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("def f(): pass", "class A: pass", "g = lambda: 1", "x = 1")]
    cells[3].outputs = [nbformat.v4.new_output("stream", text="1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert definitions(notebook) == ["FunctionDef", "ClassDef", "Lambda"]
    assert stored(notebook) == [3]


def definitions(notebook: Any) -> list[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    trees = [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    return [type(node).__name__ for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)]


def stored(notebook: Any) -> list[int]:
    """Return the places of code cells that hold an output or a count of having been run."""
    code = [(place, cell) for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return [place for place, cell in code if cell.outputs or cell.execution_count is not None]
