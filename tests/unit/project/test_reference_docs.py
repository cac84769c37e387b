"""The pages made from the code say what the code does."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from predictive_scoring.config import Params, load_params
from predictive_scoring.config.train import Train
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.naming import CODES
from predictive_scoring.project.reference_docs import pages, parameters_page, write_pages
from predictive_scoring.project.reference_features import GROUPS, features_page, reference_catalogue

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    params = load_params(ROOT / "params.yaml")
    return reference_catalogue(load_source(ROOT / params.source), params.targets["won"], params.features)


def test_every_feature_stands_in_one_row_under_its_group(catalogue: Catalogue) -> None:
    page = features_page(catalogue)
    assert sorted(written_out(page)) == sorted(catalogue.names)
    assert re.findall(r"^## (\w+)", page, re.MULTILINE) == list(GROUPS)


def written_out(page: str) -> list[str]:
    """Return the names in the first column, `x__{7,30}d` as `x__7d` and `x__30d`."""
    names = []
    for cell in re.findall(r"^\| `([a-z_0-9{},]+)` \|", page, re.MULTILINE):
        start, _, rest = cell.partition("{")
        names += [f"{start}{days}d" for days in rest.removesuffix("}d").split(",")] if rest else [cell]
    return names


def test_every_key_of_every_block_is_listed_with_its_default() -> None:
    page = parameters_page()
    assert "| `num_leaves` | `8` | whole number, ≥ 2, ≤ 4096 | Few leaves and large ones: signals are weak. |" in page
    assert "| `segments` | `{}` | by name, then by name: list of: text, 1 or more of them |" in page
    for name, field in Params.model_fields.items():
        assert f"| `{name}` |" in page
        for key in getattr(field.annotation, "model_fields", {}):
            assert f"| `{key}` |" in page.split(f"## `{name}`\n")[1].split("\n## ")[0]


def test_a_bound_that_is_listed_is_kept_by_the_model() -> None:
    Train(num_leaves=2)
    with pytest.raises(ValidationError):
        Train(num_leaves=1)


def test_each_reason_code_has_a_sentence_in_both_languages() -> None:
    rows = re.findall(r"^\| (R\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", pages(ROOT)["reason-codes.md"], re.MULTILINE)
    assert [row[0] for row in rows] == list(CODES.values())
    assert all(text.strip() for row in rows for text in row)
    assert all(english != spanish for _, _, english, spanish in rows)


def test_the_pages_are_written_where_they_are_read(tmp_path: Path) -> None:
    for name in ("params.yaml", "data/sources/demo.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    write_pages(tmp_path)
    assert {path.name for path in (tmp_path / "docs").iterdir()} == set(pages(ROOT))
