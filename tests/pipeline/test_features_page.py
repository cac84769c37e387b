"""What docs/features.md says of features, against the catalogue and the table that a run makes."""

import pytest

from predictive_scoring.config import load_params
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.project.reference_features import reference_catalogue

from .conftest import Project

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("pipeline")]


@pytest.fixture(scope="module")
def dataset(project: Project) -> Dataset:
    return Dataset.load(project.folder / "data/features/won")


def documented(project: Project) -> Catalogue:
    params = load_params(project.folder / "params.yaml")
    source = load_source(project.folder / params.source)
    return reference_catalogue(source, params.targets["won"], params.features)


def test_every_feature_and_concept_of_a_run_is_in_the_page_as_it_is(project: Project, dataset: Dataset) -> None:
    page = documented(project)
    assert len(dataset.catalogue.features) > 50
    assert [each for each in dataset.catalogue.features if each not in page.features] == []
    assert [each for each in dataset.catalogue.concepts if each not in page.concepts] == []


def test_a_feature_without_a_meaning_of_missing_is_never_missing(dataset: Dataset) -> None:
    wrong = missing_unexplained(dataset, {feature.name: feature.missing for feature in dataset.catalogue.features})
    assert wrong == []


def test_a_forgotten_meaning_of_missing_is_found(dataset: Dataset) -> None:
    meanings = {feature.name: feature.missing for feature in dataset.catalogue.features}
    assert missing_unexplained(dataset, {**meanings, "lead__budget": ""}) == ["lead__budget"]


def missing_unexplained(dataset: Dataset, meanings: dict[str, str]) -> list[str]:
    return [name for name, meaning in meanings.items() if not meaning and dataset.table[name].null_count]
