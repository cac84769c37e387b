"""Which features there are, what they are called, and that the future has no say in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from every_feature import EVERY_FEATURE
from features_by_hand import ByHand
from history_builder import write_history
from predictive_scoring.config.features import FAMILIES, Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.features.frame import to_frame
from predictive_scoring.features.naming import CODES
from predictive_scoring.snapshots.population import population_at
from random_history import ATTRIBUTES, START, random_history, random_rows

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))
SETTINGS = Features(windows_days=(7, 30), decay_days=(7,), min_kind_rows=1)
UNTIL = START + timedelta(days=100)


def leads_with(folder: Path, values: list[Any], kind: str = "category", name: str = "thing") -> History:
    attribute = Attribute.model_validate({"table": "leads", "name": name, "type": kind, "known": "at_creation"})
    leads = [{"lead_id": f"l{i}", "created_at": "2024-01-02", name: value} for i, value in enumerate(values)]
    return write_history(folder, leads=leads, attributes=[attribute])


def test_a_name_is_the_definition_and_names_are_safe_and_unique(tmp_path: Path) -> None:
    catalogue = declare(random_history(tmp_path, 1), WON, UNTIL, SETTINGS)
    assert {"page_view__count__7d", "telephone__days_since_last", "activity__decayed__7d"} <= set(catalogue.names)
    assert {"colleagues__active__30d", "account__industry", "lead__born__days_since"} <= set(catalogue.names)
    assert len(set(catalogue.names)) == len(catalogue.names)
    assert all(name.isascii() and name.replace("_", "a").isalnum() for name in catalogue.names)


def test_every_feature_folds_into_a_concept_with_the_code_of_its_template(tmp_path: Path) -> None:
    catalogue = declare(random_history(tmp_path, 1), WON, UNTIL, SETTINGS)
    concepts = [concept.name for concept in catalogue.concepts]
    assert len(set(concepts)) == len(concepts)
    assert {feature.concept for feature in catalogue.features} == set(concepts)
    assert all(concept.code == CODES[concept.template] for concept in catalogue.concepts)
    assert len(set(CODES.values())) == len(CODES)


def test_D08_what_is_only_known_at_export_is_no_feature_and_texts_are_none(tmp_path: Path) -> None:
    assert "lead__owner" not in declare(random_history(tmp_path, 1), WON, UNTIL, SETTINGS).names
    texts = declare(leads_with(tmp_path / "texts", ["a b", "c d"], kind="text"), WON, UNTIL, SETTINGS)
    assert not any(feature.attribute for feature in texts.features)


def test_a_history_that_says_nothing_is_refused(tmp_path: Path) -> None:
    history = write_history(tmp_path, leads=[{"lead_id": "l", "converted": True}], flat=True, ordering="none")
    with pytest.raises(DataContractError, match="nothing to learn from"):
        declare(history, Target(stage="yes"), None, SETTINGS)


def test_the_catalogue_does_not_depend_on_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = random_rows(np.random.default_rng(3))
    turned = {table: list(reversed(some)) for table, some in rows.items()}
    made = [
        declare(write_history(tmp_path / name, **given, attributes=ATTRIBUTES), WON, UNTIL, SETTINGS)  # type: ignore[arg-type]
        for name, given in (("one", rows), ("two", turned))
    ]
    assert made[0] == made[1]


def test_a_kind_that_appears_after_training_has_no_feature(tmp_path: Path) -> None:
    rows = random_rows(np.random.default_rng(3))
    late = {"lead_id": "l0", "occurred_at": UNTIL - timedelta(days=1), "recorded_at": UNTIL, "kind": "brand_new"}
    history = write_history(tmp_path, **{**rows, "activities": [*rows["activities"], late]}, attributes=ATTRIBUTES)  # type: ignore[arg-type]
    assert not any("brand_new" in name for name in declare(history, WON, UNTIL, SETTINGS).names)
    assert any("brand_new" in name for name in declare(history, WON, UNTIL + timedelta(days=1), SETTINGS).names)


def test_rare_kinds_are_noted_and_only_the_most_frequent_are_kept(tmp_path: Path) -> None:
    catalogue = declare(random_history(tmp_path, 1), WON, UNTIL, SETTINGS.model_copy(update={"max_kinds": 1}))
    assert [c.subject for c in catalogue.concepts if c.template == "activity"] == ["page_view"]
    assert any(note.startswith("kind 'email_open'") for note in catalogue.notes)


def test_D01_D02_empty_and_constant_attributes_are_left_out_with_a_note(tmp_path: Path) -> None:
    for values, why in (([None, None, None], "no value"), (["a", "a", "a"], "the same")):
        catalogue = declare(leads_with(tmp_path / why, values), WON, UNTIL, SETTINGS)
        assert "lead__thing" not in catalogue.names
        assert any(f"leads.thing: {why}" in note for note in catalogue.notes)
    assert "lead__thing" in declare(leads_with(tmp_path / "gaps", ["a", None, "a"]), WON, UNTIL, SETTINGS).names


def test_D07_a_category_that_looks_like_an_id_is_refused(tmp_path: Path) -> None:
    history = leads_with(tmp_path, [f"id-{i}" for i in range(30)])
    with pytest.raises(DataContractError, match=r"too_many_levels: leads\.thing has 30 different values"):
        declare(history, WON, UNTIL, SETTINGS.model_copy(update={"max_levels": 20}))


def test_D07_an_id_of_a_firm_is_one_however_many_colleagues_carry_it(tmp_path: Path) -> None:
    """Thirty firms of six people: a tax number is in 180 rows of leads and tells thirty firms apart."""
    tax_id = Attribute(table="accounts", name="tax_id", type="category", known="at_creation")
    history = write_history(
        tmp_path,
        leads=[{"lead_id": f"L{n}", "account_id": f"A{n % 30}", "created_at": "2024-01-02"} for n in range(180)],
        accounts=[{"account_id": f"A{n}", "tax_id": f"ES-{n}"} for n in range(30)],
        attributes=[tax_id],
    )
    with pytest.raises(
        DataContractError, match=r"too_many_levels: accounts\.tax_id has 30 different values in 30 rows"
    ):
        declare(history, WON, UNTIL, SETTINGS.model_copy(update={"max_levels": 20}))


@pytest.mark.parametrize(("rows_per_value", "is_refused"), [(1, True), (4, True), (5, False), (9, False)])
def test_D07_many_values_that_many_leads_share_are_no_ids(
    tmp_path: Path, rows_per_value: int, is_refused: bool
) -> None:
    history = leads_with(tmp_path, [f"region-{i % 30}" for i in range(30 * rows_per_value)])
    few = SETTINGS.model_copy(update={"max_levels": 20})
    if is_refused:
        with pytest.raises(DataContractError, match=rf"30 different values in {30 * rows_per_value} rows"):
            declare(history, WON, UNTIL, few)
    else:
        catalogue = declare(history, WON, UNTIL, few)
        assert "lead__thing" in catalogue.names
        assert any(note.startswith("leads.thing: 30 different values; the model keeps") for note in catalogue.notes)


@pytest.mark.parametrize("value", ["someone{}@example.com", "+34 600 000 00{}"])
def test_D08_a_category_of_addresses_or_telephones_is_refused_without_naming_one(tmp_path: Path, value: str) -> None:
    history = leads_with(tmp_path, [value.format(i) for i in range(5)])
    with pytest.raises(DataContractError, match=r"pii_feature: leads\.thing") as refused:
        declare(history, WON, UNTIL, SETTINGS)
    assert value.format(1) not in str(refused.value)


def test_words_come_from_the_source_and_fall_back_to_the_raw_name(tmp_path: Path) -> None:
    rows = random_rows(np.random.default_rng(3))
    words = Words(kinds={"page_view": Word(en="page visits", es="visitas a páginas")})
    catalogue = declare(write_history(tmp_path, **rows, words=words), WON, UNTIL, SETTINGS)  # type: ignore[arg-type]
    said = {concept.subject: concept.word for concept in catalogue.concepts if concept.template == "activity"}
    assert said["page_view"].es == "visitas a páginas"
    assert said["email_open"] == Word(en="email open", es="email open")
    assert catalogue.words.values["first_kind"]["page_view"].en == "page visits"


def test_channels_belong_to_the_source_and_other_attributes_to_the_fit(tmp_path: Path) -> None:
    group = {c.name: c.group for c in declare(random_history(tmp_path, 1), WON, UNTIL, SETTINGS).concepts}
    found = [group[name] for name in ("channel", "industry", "age", "page_view")]
    assert found == ["source", "fit", "timing", "engagement"]


def test_the_season_needs_two_years_and_equals_the_plain_loop(tmp_path: Path) -> None:
    leads = [{"lead_id": f"l{i}", "created_at": datetime(2022 + i, 5, 3, 14, tzinfo=UTC)} for i in range(3)]
    activity = {"lead_id": "l2", "occurred_at": "2024-05-04", "kind": "page_view"}
    history = write_history(tmp_path, leads=leads, activities=[activity])
    assert "as_of__month_sin" not in declare(history, WON, datetime(2023, 5, 4, tzinfo=UTC), SETTINGS).names
    as_of = datetime(2024, 12, 31, 23, 59, tzinfo=UTC)
    catalogue = declare(history, WON, as_of, SETTINGS)
    assert "as_of__month_sin" in catalogue.names
    row = compute(history, population_at(history, WON, Snapshots(), as_of), catalogue).to_pylist()[2]
    expected = ByHand(history).row(catalogue, 2, as_of)
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert (row["created__weekday"], row["created__hour"]) == (4, 14)  # 3 May 2024 is a Friday


def test_job_titles_become_level_and_department(tmp_path: Path) -> None:
    history = leads_with(tmp_path, ["Directora de Márketing", "CEO", None], kind="text", name="job_title")
    catalogue = declare(history, WON, UNTIL, SETTINGS)
    table = compute(history, population_at(history, WON, Snapshots(), UNTIL), catalogue)
    assert table["lead__job_level"].to_pylist() == ["director", "c_level", None]
    assert table["lead__department"].to_pylist() == ["marketing", "management", None]
    assert catalogue.words.values["job_title"]["c_level"].es == "alta dirección"


def test_F02_an_attribute_that_the_scored_source_lacks_is_named(tmp_path: Path) -> None:
    catalogue = declare(leads_with(tmp_path / "one", ["a", "b"]), WON, UNTIL, SETTINGS)
    other = leads_with(tmp_path / "two", ["a", "b"], name="other")
    with pytest.raises(DataContractError, match=r"leads\.thing"):
        compute(other, population_at(other, WON, Snapshots(), UNTIL), catalogue)


def test_F07_no_snapshot_gives_an_empty_table_with_every_column(tmp_path: Path) -> None:
    history = random_history(tmp_path, 1)
    catalogue = declare(history, WON, UNTIL, SETTINGS)
    nobody = population_at(history, WON, Snapshots(), UNTIL).slice(0, 0)
    table = compute(history, nobody, catalogue)
    assert table.column_names == ["lead_id", "as_of", *catalogue.names]
    assert to_frame(table, catalogue).shape == (0, len(catalogue.names))


def test_the_frame_has_floats_for_numbers_and_booleans_and_categories_of_text(tmp_path: Path) -> None:
    history = random_history(tmp_path, 1)
    catalogue = declare(history, WON, UNTIL, SETTINGS)
    table = compute(history, population_at(history, WON, Snapshots(), UNTIL), catalogue)
    frame = to_frame(table, catalogue)
    assert list(frame.columns) == catalogue.names
    for feature in catalogue.features:
        assert str(frame[feature.name].dtype) == ("category" if feature.type == "category" else "float64")
        assert frame[feature.name].isna().tolist() == [value is None for value in table[feature.name].to_pylist()]
    assert set(frame["lead__trial"].dropna()) == {0.0, 1.0}
    assert Catalogue.model_validate_json(catalogue.model_dump_json()) == catalogue


def test_a_person_s_age_keeps_its_name_where_leads_have_no_age(tmp_path: Path) -> None:
    attribute = Attribute(table="leads", name="age", type="number", known="at_creation")
    leads = [{"lead_id": f"l{i}", "age": 20.0 + i, "converted": True} for i in range(3)]
    flat = write_history(tmp_path / "flat", leads=leads, flat=True, ordering="none", attributes=[attribute])
    assert declare(flat, WON, None, SETTINGS).names == ["lead__age"]
    dated = [{**lead, "created_at": "2024-01-02", "converted": None} for lead in leads]
    names = declare(write_history(tmp_path / "dated", leads=dated, attributes=[attribute]), WON, UNTIL, SETTINGS).names
    assert {"lead__age", "lead__age_2"} <= set(names)


def test_completeness_is_a_feature_only_where_something_is_missing(tmp_path: Path) -> None:
    attributes = [Attribute(table="leads", name=name, type="category", known="at_creation") for name in ("one", "two")]
    for gap, expected in ((None, True), ("b", False)):
        leads = [{"lead_id": "k", "one": "a", "two": "c"}, {"lead_id": "l", "one": "b", "two": gap}]
        rows = [{**lead, "created_at": "2024-01-02"} for lead in leads]
        history = write_history(tmp_path / str(gap), leads=rows, attributes=attributes)
        assert ("lead__completeness" in declare(history, WON, UNTIL, SETTINGS).names) == expected


def test_bands_of_company_sizes_are_no_telephone_numbers(tmp_path: Path) -> None:
    history = leads_with(tmp_path, ["1 - 9", "1000 - 4999", "5000-9999", "10 000+"])
    assert "lead__thing" in declare(history, WON, UNTIL, SETTINGS).names


@pytest.mark.parametrize(
    ("name", "header", "said"),
    [
        ("facturacion_m", "Facturación (M€)", "facturación (M€)"),
        ("turnover", "Facturación (M€)", "turnover"),
        ("lead_source", "Lead Source", "lead source"),
    ],
)
def test_an_attribute_without_a_word_keeps_the_letters_of_its_header(
    tmp_path: Path, name: str, header: str, said: str
) -> None:
    attribute = Attribute(table="leads", name=name, header=header, type="number", known="at_creation")
    leads = [{"lead_id": f"l{i}", "created_at": "2024-01-02", name: 3.0 + i} for i in range(2)]
    catalogue = declare(write_history(tmp_path, leads=leads, attributes=[attribute]), WON, UNTIL, SETTINGS)
    assert said in {concept.word.es for concept in catalogue.concepts}


def test_more_of_a_kind_that_is_said_to_raise_the_chance_may_only_raise_it(tmp_path: Path) -> None:
    directed = SETTINGS.model_copy(update={"rising": ("page_view",), "falling": ("email_open",)})
    catalogue = declare(random_history(tmp_path, 1), WON, UNTIL, directed)
    found = {f.name: f.monotone for f in catalogue.features if f.monotone}
    assert found == {
        "page_view__count__7d": 1, "page_view__count__30d": 1, "page_view__decayed__7d": 1,
        "page_view__days_since_last": -1, "email_open__count__7d": -1, "email_open__count__30d": -1,
        "email_open__decayed__7d": -1, "email_open__days_since_last": 1,
    }  # fmt: skip


def test_D19_a_category_has_no_direction() -> None:
    with pytest.raises(ValueError, match="a category has no order"):
        Feature(name="k", concept="k", source="activity", statistic="first_kind", type="category", monotone=1)


def test_a_family_is_left_out_with_its_concepts(tmp_path: Path) -> None:
    history = random_history(tmp_path, 1)
    whole = declare(history, WON, UNTIL, EVERY_FEATURE)
    for family in FAMILIES:
        rest = declare(history, WON, UNTIL, EVERY_FEATURE.model_copy(update={"leave_out": (family,)}))
        assert set(rest.names) < set(whole.names) or family in ("calendar", "region", "email", "account_history")
        assert {f.concept for f in rest.features} == {c.name for c in rest.concepts}


def test_what_is_asked_for_and_too_rare_is_noted(tmp_path: Path) -> None:
    asked = {"sequences": [{"then": "dance"}], "topics": {"none": ["nowhere"]}, "interactions": [["channel", "moon"]]}
    settings = Features.model_validate({**SETTINGS.model_dump(), **asked})
    notes = declare(random_history(tmp_path, 1), WON, UNTIL, settings).notes
    assert [note.split(":")[0] for note in notes[:3]] == [
        "sequence to 'dance'", "topic 'none'", "interaction of channel and moon",
    ]  # fmt: skip


def test_regions_are_features_where_there_are_many_countries(tmp_path: Path) -> None:
    history = leads_with(tmp_path, ["ES", "Alemania", "Mexico", None, "Narnia"], name="country")
    few = declare(history, WON, UNTIL, SETTINGS)
    many = declare(history, WON, UNTIL, SETTINGS.model_copy(update={"min_countries": 3}))
    assert set(many.names) - set(few.names) == {"lead__world_region"}
    table = compute(history, population_at(history, WON, Snapshots(), UNTIL), many)
    found = ["southern_europe", "western_europe", "latin_america", None, None]
    assert table["lead__world_region"].to_pylist() == found
    assert many.words.values["region"]["latin_america"].es == "América Latina y el Caribe"
