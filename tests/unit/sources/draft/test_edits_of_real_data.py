"""How far a draft of real exports is from what a careful person writes; the numbers may only go down."""

import os
from pathlib import Path

import pytest
from draft_edits import edits

from predictive_scoring.contract.source_file import Source, load_source
from predictive_scoring.sources.draft.inspection import inspect

OWN = Path(__file__).parent / "references"
SHIPPED = Path(__file__).parents[4] / "data" / "sources"
# data set: its files, the source file of a careful person, and how many keys of the draft that person changes
DATA = {
    "bpic2012": (["cases.csv.gz", "events.csv.gz"], SHIPPED, 1),  # which way each kind goes
    "bank_marketing": (["bank-additional-full.csv.gz"], SHIPPED, 0),
    "salvirt_b2b": (["Salvirt_B2B_ML_dataset.csv"], SHIPPED, 0),
    "xeducation": (["Leads.csv.gz"], OWN, 3),
    "online_shoppers": (["online_shoppers_intention.csv"], OWN, 0),
    "hillstrom": (["hillstrom.csv.gz"], OWN, 3),
    "health_insurance_lead": (["train_Df64byy.csv.gz"], OWN, 0),
    "caravan_coil2000": (["caravan-insurance-challenge.csv"], OWN, 3),
}


@pytest.fixture
def folder() -> Path:
    if not os.environ.get("PREDICTIVE_SCORING_DATA"):
        pytest.skip("PREDICTIVE_SCORING_DATA does not name a folder with the public data sets")
    return Path(os.environ["PREDICTIVE_SCORING_DATA"])


def drafted(folder: Path, name: str, into: Path) -> Source:
    out = into / f"{name}.yaml"
    found = inspect([folder / name / file for file in DATA[name][0]], out)
    assert found.refused == ""
    out.write_text(found.text, encoding="utf-8")
    return load_source(out)


@pytest.mark.parametrize("name", DATA)
def test_a_draft_of_a_real_export_needs_no_more_edits_than_this(name: str, folder: Path, tmp_path: Path) -> None:
    _, references, at_most = DATA[name]
    left = edits(drafted(folder, name, tmp_path), load_source(references / f"{name}.yaml"))
    assert len(left) <= at_most, "\n".join(left)


def test_an_edit_is_counted_for_every_key_that_differs(tmp_path: Path) -> None:
    wanted = load_source(OWN / "hillstrom.yaml")
    text = (OWN / "hillstrom.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("order: none", "order: rows"),
        ("spend: {type: number", "spend: {type: text"),
        ("column: visit", "column: v"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "other.yaml").write_text(
        text.replace("      recency: {type: number, known: at_creation}\n", ""), encoding="utf-8"
    )
    assert [line.split(":")[0] for line in edits(load_source(tmp_path / "other.yaml"), wanted)] == [
        "leads.attributes.recency", "leads.attributes.spend", "leads.order", "leads.outcome",
    ]  # fmt: skip
    assert edits(wanted, wanted) == []
