"""A lean share of the harm that `everything.py` does at length: nothing is lost, torn or accepted."""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from faults import bundles, disks, io_points, kills, races, starved, stores
from faults.world import World, ended, forked, world
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.report import Report
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.model.candidate import train
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.manifest import Manifest
from predictive_scoring.report.page import write_page
from predictive_scoring.sources.extract import extract
from small_company import PARAMS, SmallCompany, released

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")


@pytest.fixture(scope="module")
def small(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world in which the old scores stand."""
    return world(bundle.folder, tmp_path_factory.mktemp("world"))


@pytest.fixture(autouse=True)
def old_scores_stand(small: World) -> None:
    if small.found() != "old":
        assert ended(forked(lambda: small.run(small.job(new=False)))) == 0


@pytest.mark.heavy
def test_H01_H13_a_job_killed_at_any_moment_leaves_old_scores_or_new_ones(small: World) -> None:
    tally = kills.kill_at_random(small, 10)
    assert tally.holds, tally
    assert tally.found["old"] + tally.found["new"] == tally.tried == 10


def test_H02_H03_a_job_told_to_stop_ends_cleanly(small: World) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        tally = kills.kill_at_random(small, 2, seed=1, number=number)
        assert tally.holds, tally
        assert tally.while_writing == 0, tally  # it has cleaned up itself


@pytest.mark.heavy
def test_planted_bug_a_job_that_writes_where_readers_look_is_found_out(small: World) -> None:
    with kills.careless_writing():
        tally = kills.kill_at_random(small, 4)
    assert not tally.holds, tally


@pytest.mark.heavy
def test_H17_whichever_call_fails_there_are_old_scores_or_new_ones(small: World) -> None:
    tally = io_points.fail_every_call(small, step=5)
    assert tally.holds, tally
    assert tally.tried > 10
    assert tally.while_writing == 0  # each cleaned up


def test_planted_bug_a_failing_call_in_careless_writing_is_found_out(small: World) -> None:
    with kills.careless_writing():
        tally = io_points.fail_every_call(small, step=12, until_found=True)
    assert not tally.holds, tally


def test_G02_a_bundle_with_any_byte_flipped_or_missing_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    tally = bundles.damage_every_file(bundle.folder, tmp_path, n_flips=60)
    assert tally.tried > 100
    assert tally.holds, tally


def test_planted_bug_a_bundle_that_is_not_checked_is_accepted_damaged(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unchecked(folder: Path, *_: object, **__: object) -> Manifest:
        return Manifest.model_validate_json((bundle.folder / "manifest.json").read_text())

    monkeypatch.setattr("predictive_scoring.publish.bundle.verify_seal", unchecked)
    (tmp_path / "copy").mkdir()
    for path in bundle.folder.iterdir():
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "copy" / "model_card.md").write_text("altered")
    assert not bundles.is_refused(tmp_path / "copy")


def test_H06_of_jobs_on_one_folder_at_once_one_works_and_the_others_wait(small: World) -> None:
    tally, codes = races.same_folder(small, 4)
    assert tally.holds, (tally, codes)
    assert small.found() == "new"
    assert set(codes) <= {0, races.BUSY}


def test_H09_a_database_that_is_cut_anywhere_is_refused_and_scoring_takes_no_notice(
    small: World, tmp_path: Path
) -> None:
    tally = stores.cut_database(small, tmp_path, 30)
    assert tally.holds, tally
    assert small.found() == "new"


def test_H07_jobs_as_of_different_instants_at_once_all_succeed_and_latest_is_the_newest(
    small: World, tmp_path: Path
) -> None:
    tally = races.a_folder_each(small, tmp_path / "nights", 3)
    assert tally.holds, tally


def test_H04_on_a_full_disk_the_old_scores_stay(small: World, tmp_path: Path) -> None:
    tally = disks.fill(small, tmp_path)
    if not tally.tried:
        pytest.skip("mounting a small disk is not allowed here; the next tests limit the size of files instead")
    assert tally.holds, tally
    assert tally.found["old"] > 0


def stages(company: SmallCompany, small: World, root: Path) -> dict[str, tuple[Path, Callable[[], object]]]:
    """Return for each stage what it writes, and how."""
    target, parameters = PARAMS.targets["won"], PARAMS
    return {
        "extract": (root / "interim", lambda: extract(small.source, root / "interim", Extract())),
        "features": (
            root / "features",
            lambda: build_dataset(company.history, target, parameters, root / "features"),
        ),
        "train": (root / "candidate", lambda: train(company.dataset, PARAMS.train, root / "candidate")),
        "evaluate": (root / "evaluation", lambda: company.judgement.write(root / "evaluation")),
        "publish": (root / "released", lambda: released(company, root / "released")),
        "report": (root / "page.html", lambda: write_page(small.folder, "en", root / "page.html", Report())),
    }


@pytest.mark.parametrize("stage", ["extract", "features", "train", "evaluate", "publish", "report"])
def test_H04_a_stage_that_cannot_write_leaves_what_stood_there(
    stage: str, company: SmallCompany, small: World, tmp_path: Path
) -> None:
    target, act = stages(company, small, tmp_path)[stage]
    if stage == "report":  # the renderer's threads do not survive a fork: the child takes the drawings from the cache
        write_page(small.folder, "en", tmp_path / "drawn.html", Report())
        (tmp_path / "drawn.html").unlink()
    target.write_text("old") if target.suffix else (target.mkdir(), (target / "old").touch())
    assert disks.with_limit(act, 500) == disks.FULL
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.is_file() or [path.name for path in target.iterdir()] == ["old"]


def first_free() -> int:
    """Return the number that the next open file gets, with no free one below: other tests leave gaps here."""
    highest = max(int(path.name) for path in Path("/dev/fd").iterdir())
    last = os.open(os.devnull, os.O_RDONLY)
    while last < highest:
        last = os.open(os.devnull, os.O_RDONLY)
    return last + 1


def with_open_files(small: World, n_free: int) -> int:
    def job() -> int:
        most = first_free() + n_free
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return small.run(small.job(new=True))

    return ended(forked(job))


def test_H19_out_of_open_files_is_said_and_the_old_scores_stay(small: World) -> None:
    codes = [with_open_files(small, n_free) for n_free in (2, 5, 8, 11)]
    assert set(codes) <= {0, disks.FULL}
    assert disks.FULL in codes
    assert small.found() == ("new" if 0 in codes else "old")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell how much memory is held")
def test_H19_out_of_memory_the_old_scores_stay(small: World) -> None:
    for n_spare in (1_000_000, 30_000_000):
        assert starved.code_with(small, n_spare) != 0
        assert small.found() == "old"
    assert starved.code_with(small, 20_000_000_000) == 0  # it was the memory
    assert small.found() == "new"
