"""The alias `champion` and the record of its moves, in a real registry."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from predictive_scoring.config.publish import Publish
from predictive_scoring.errors import BundleRefusedError, ConfigurationError, GateFailedError, SourceUnreachableError
from predictive_scoring.publish import promotion, registry
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.provenance import is_dirty
from predictive_scoring.publish.publishing import publish
from predictive_scoring.publish.tracking import Run, client, tracked
from small_company import SmallCompany, released

NAME = "lead-won"
MARCH, MAY, JUNE, JULY = (datetime(2026, month, 3, tzinfo=UTC) for month in (3, 5, 6, 7))


@pytest.fixture(scope="module")
def two_versions(company: SmallCompany, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose registry holds two versions of one model; the first was registered twice."""
    project = tmp_path_factory.mktemp("registry")
    other = replace(company.judged, evaluation={**company.judged.evaluation, "findings": []})
    bundles = [released(company, project / "one"), released(replace(company, judged=other), project / "two")]
    with tracked("won", "leads", new=True, project=project) as run:
        numbers = [registry.register(run, bundle, NAME) for bundle in (bundles[0], *bundles)]
    assert numbers == [1, 1, 2], "G15: what is registered twice is one version"
    return project


def _champion(project: Path) -> Bundle:
    return Bundle.load(registry.bundle_folder(project, f"models:/{NAME}@champion"))


@pytest.mark.heavy
def test_G15_and_G17_the_alias_moves_with_a_record_goes_back_and_never_to_what_is_not_there(two_versions: Path) -> None:
    first = promotion.promote(two_versions, NAME, 1, "the first", MARCH)
    assert promotion.promote(two_versions, NAME, 1, "again", MAY) == first, "no move, no record"
    with pytest.raises(ConfigurationError, match="no earlier champion"):
        promotion.rollback(two_versions, NAME, "nothing to go back to", MARCH)
    second = promotion.promote(two_versions, NAME, 2, "it ranks better", JUNE)
    assert _champion(two_versions).version == second.model_version != first.model_version

    with pytest.raises(BundleRefusedError, match="no version 9") as refused:
        promotion.promote(two_versions, NAME, 9, "a slip of the finger", JUNE)
    assert refused.value.exit_code == 4
    assert _champion(two_versions).version == second.model_version

    promotion.rollback(two_versions, NAME, "sales complained", JULY)
    assert _champion(two_versions).version == first.model_version
    moves = promotion.history(two_versions, NAME)
    assert [(move.version, move.because) for move in moves] == [
        (1, "the first"), (2, "it ranks better"), (1, "sales complained"),
    ]  # fmt: skip
    on_3_may = promotion.champion_on(moves, MAY)
    assert on_3_may is not None
    assert on_3_may.version == 1


@pytest.mark.heavy
def test_G17_a_bundle_that_was_altered_in_the_registry_is_not_promoted(two_versions: Path) -> None:
    promotion.promote(two_versions, NAME, 1, "before", datetime(2026, 8, 1, tzinfo=UTC))
    model = registry.bundle_folder(two_versions, f"models:/{NAME}/2") / "model.txt"
    original = model.read_text()
    model.write_text(original.replace("tree", "TREE", 1))
    try:
        with pytest.raises(BundleRefusedError, match="altered"):
            promotion.promote(two_versions, NAME, 2, "should not", datetime(2026, 8, 2, tzinfo=UTC))
        assert client(two_versions).get_model_version_by_alias(NAME, "champion").version in {1, "1"}
    finally:
        model.write_text(original)


@pytest.mark.heavy
def test_a_model_that_is_not_there_is_out_of_reach(two_versions: Path) -> None:
    with pytest.raises(SourceUnreachableError, match="not in the registry"):
        promotion.history(two_versions, "lead-nobody")


def test_G16_a_tree_with_changes_is_refused_where_the_policy_says_so(company: SmallCompany, tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    for name in ("params.yaml", "dvc.lock"):
        (tmp_path / name).write_text("a: 1")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "start")
    (tmp_path / "dvc.lock").write_text("a: 2")
    assert not is_dirty(tmp_path), "what a run writes itself is no change of the project"
    (tmp_path / "params.yaml").write_text("a: 2")
    assert is_dirty(tmp_path)
    with pytest.raises(GateFailedError, match="not committed"):
        publish(company.judged, Publish(refuse_dirty_tree=True), Run(tmp_path, "r1"), tmp_path / "released")
    assert not (tmp_path / "released").exists()


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
