"""On real tables: what is known to give the outcome away is refused by name, and honest tables are not refused."""

import csv
import gzip
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from predictive_scoring.audit.auditing import audit_source
from predictive_scoring.audit.finding import Finding
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.params import Params
from predictive_scoring.config.targets import Target
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.sources.extract import extract

pytestmark = pytest.mark.heavy
SHIPPED = Path(__file__).parents[3] / "data" / "sources"


@pytest.fixture
def raw() -> Path:
    if not os.environ.get("PREDICTIVE_SCORING_DATA"):
        pytest.skip("PREDICTIVE_SCORING_DATA does not name a folder with the public data sets")
    return Path(os.environ["PREDICTIVE_SCORING_DATA"])


def found(source: dict[str, Any], raw: Path, folder: Path) -> list[Finding]:
    (folder / "raw").symlink_to(raw)
    (folder / "sources").mkdir()
    path = folder / "sources" / "source.yaml"
    path.write_text(yaml.safe_dump(source))
    history = extract(path, folder / "history", Extract())
    params = Params(source=path, targets={"converted": Target(stage="converted")})
    with open_engine() as engine:
        return audit_source(engine, history, params)


def refused(findings: list[Finding]) -> set[str | None]:
    return {each.column or each.id for each in findings if each.refuses}


def shipped(name: str, *, all_at_creation: bool = False) -> dict[str, Any]:
    source: dict[str, Any] = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text())
    if all_at_creation:
        for attribute in source["tables"]["leads"]["attributes"].values():
            attribute["known"] = "at_creation"
    return source


def flat(path: Path, raw: Path, outcome: str, without: set[str], categories: set[str]) -> dict[str, Any]:
    """Return a source of every column of a table but some, all declared at creation."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as text:
        headers = next(csv.reader(text))
    attributes = {
        header: {"type": "category" if header in categories else "number", "known": "at_creation"}
        for header in headers
        if header not in {*without, outcome}
    }
    leads = {
        "path": f"../raw/{path.relative_to(raw)}", "lead_ids": "rows", "order": "none",
        "outcome": {"column": outcome, "converted": ["1"]}, "attributes": attributes,
    }  # fmt: skip
    return {"name": "flat", "licence": "see its page", "tables": {"leads": leads}}


def test_E09_columns_that_sales_wrote_later_are_refused_by_name_and_pass_once_declared(
    raw: Path, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    leaky = refused(found(shipped("xeducation", all_at_creation=True), raw, tmp_path / "a"))
    assert leaky == {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
    assert refused(found(shipped("xeducation"), raw, tmp_path / "b")) == set()


@pytest.mark.parametrize(
    ("name", "leaky"), [("bank_marketing", {"duration"}), ("online_shoppers", {"PageValues"}), ("salvirt_b2b", set())]
)
def test_E09_what_is_counted_after_the_outcome_is_refused_by_name(
    raw: Path, tmp_path: Path, name: str, leaky: set[str]
) -> None:
    assert refused(found(shipped(name, all_at_creation=True), raw, tmp_path)) == leaky


def test_B01_exact_duplicates_of_real_deals_are_counted(raw: Path, tmp_path: Path) -> None:
    duplicates = [each for each in found(shipped("salvirt_b2b"), raw, tmp_path) if each.id == "key.exact_duplicates"]
    assert [each.n for each in duplicates] == [83]


HILLSTROM = {"history_segment", "zip_code", "channel", "segment"}
HEALTH = {
    "City_Code", "Region_Code", "Accomodation_Type", "Reco_Insurance_Type", "Is_Spouse", "Health Indicator",
    "Holding_Policy_Duration", "Reco_Policy_Cat",
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "outcome", "without", "categories"),
    [
        ("caravan_coil2000/caravan-insurance-challenge.csv", "CARAVAN", {"ORIGIN"}, {"MOSTYPE", "MOSHOOFD"}),
        ("hillstrom/hillstrom.csv.gz", "visit", {"conversion", "spend"}, HILLSTROM),
        ("health_insurance_lead/train_Df64byy.csv.gz", "Response", {"ID"}, HEALTH),
    ],
)
def test_honest_tables_are_not_refused(
    raw: Path, tmp_path: Path, file: str, outcome: str, without: set[str], categories: set[str]
) -> None:
    assert refused(found(flat(raw / file, raw, outcome, without, categories), raw, tmp_path)) == set()


def test_E09_what_only_visitors_can_have_is_refused_however_few_have_it(raw: Path, tmp_path: Path) -> None:
    source = flat(raw / "hillstrom/hillstrom.csv.gz", raw, "visit", set(), HILLSTROM)
    assert refused(found(source, raw, tmp_path)) == {"conversion", "spend"}
