"""The same run is done once, two different runs do not disturb each other, and `latest` names the newest."""

import shutil
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.errors import BundleRefusedError, ConfigurationError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring import latest, ranking, run_key
from predictive_scoring.scoring.job import score_history
from predictive_scoring.scoring.metrics import write_metrics
from predictive_scoring.scoring.run import Wish, run_scoring
from predictive_scoring.scoring.run_key import manifest_of
from predictive_scoring.scoring.write import FILES, Run
from predictive_scoring.storage import read_json
from small_company import END, SmallCompany, small_history

BUSY = END - timedelta(days=60)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def counted(history: History, n_leads: int) -> History:
    """Return a history that says how many leads were read."""
    rows = {"leads": RowAccount(read=n_leads, kept=n_leads)}
    return replace(history, facts=history.facts.model_copy(update={"rows": rows}))


@pytest.fixture
def run(company: SmallCompany, bundle: Bundle) -> Run:
    return Run(bundle, counted(company.history, 900), BUSY)


def test_H21_the_same_run_again_is_already_done_and_changes_no_byte(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "scores"
    first = run_scoring(run, Wish(folder))
    before = content(folder)
    again = run_scoring(Run(run.bundle, run.history, BUSY, batch_rows=7), Wish(folder))
    assert (first.already_done, again.already_done) == (False, True)
    assert next(again.lines()).startswith("already done")
    assert replace(again, already_done=False, notes=first.notes) == first
    assert content(folder) == before
    assert not run_scoring(run, Wish(folder, force=True)).already_done
    assert content(folder) != before  # scored_at


def test_what_changes_the_scores_changes_the_key(run: Run, tmp_path: Path) -> None:
    other_history = counted(small_history(tmp_path / "other", seed=1, n_leads=30), 30)
    others = [
        replace(run, as_of=BUSY + timedelta(days=1)),
        replace(run, history=other_history),
        replace(run, settings={"languages": ["es"]}),
    ]
    keys = [run.key, *(other.key for other in others)]
    assert len(set(keys)) == len(keys)
    assert replace(run, batch_rows=7).key == run.key
    copy = History(tmp_path / "copy", run.history.facts)
    shutil.copytree(run.history.folder, copy.folder)
    assert replace(run, history=copy).key == run.key


def test_scores_that_were_altered_or_cut_short_are_not_taken_for_done(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "scores"
    for damage in (lambda path: path.write_bytes(path.read_bytes()[:-1]), lambda path: path.unlink()):
        run_scoring(run, Wish(folder))
        damage(folder / "not_scored.parquet")
        assert not run_scoring(run, Wish(folder)).already_done
        assert run_scoring(run, Wish(folder)).already_done


def test_planted_bug_a_key_that_forgets_the_history_takes_other_scores_for_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(run, history=counted(small_history(tmp_path / "other", seed=1, n_leads=30), 30))
    run_scoring(run, Wish(tmp_path / "scores"))
    monkeypatch.setattr(run_key, "sha256_of", lambda _path: "same")
    assert other.key == run.key
    monkeypatch.undo()
    assert not run_scoring(other, Wish(tmp_path / "scores")).already_done


def score_as_of(run: Run, as_of: datetime, root: Path) -> Path:
    folder = root / f"{as_of:%Y-%m-%d}"
    run_scoring(replace(run, as_of=as_of), Wish(folder, latest=True))
    return folder


def test_H07_latest_is_the_latest_instant_in_whatever_order_runs_end(run: Run, tmp_path: Path) -> None:
    days = [BUSY + timedelta(days=n) for n in (1, 3, 0)]
    folders = [score_as_of(run, day, tmp_path) for day in days]
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "latest").resolve() == folders[1]
    assert (manifest_of(tmp_path / "latest") or {})["as_of"] == days[1].isoformat()
    assert sorted(path.name for path in tmp_path.iterdir()) == [*sorted(f.name for f in folders), "latest"]


def test_H14_a_pointer_that_a_killed_run_did_not_move_is_put_right_by_the_next(run: Run, tmp_path: Path) -> None:
    old = score_as_of(run, BUSY, tmp_path)
    newest = tmp_path / "newest"
    run_scoring(replace(run, as_of=BUSY + timedelta(days=2)), Wish(newest))  # killed before the pointer moved
    assert (tmp_path / "latest").resolve() == old
    score_as_of(run, BUSY, tmp_path)  # finds all done
    assert (tmp_path / "latest").resolve() == newest


def test_planted_bug_a_pointer_to_whoever_ends_last_would_be_wrong(run: Run, tmp_path: Path) -> None:
    newest = score_as_of(run, BUSY + timedelta(days=1), tmp_path)
    backfilled = tmp_path / "backfilled"
    run_scoring(run, Wish(backfilled))
    latest._replace_link(tmp_path / "latest", backfilled.name)  # what a careless run would do
    assert (tmp_path / "latest").resolve() != newest
    assert latest.point_latest(backfilled) == newest
    assert (tmp_path / "latest").resolve() == newest


def test_another_target_and_other_folders_do_not_count_for_latest(run: Run, tmp_path: Path) -> None:
    folder = score_as_of(run, BUSY, tmp_path)
    (tmp_path / "notes").mkdir()
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    text = (other / "manifest.json").read_text()
    (other / "manifest.json").write_text(text.replace('"target": "won"', '"target": "demo"').replace("2025", "2029"))
    assert latest.point_latest(folder) == folder


def test_something_else_named_latest_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(ConfigurationError, match="not a pointer"):
        score_as_of(run, BUSY, tmp_path)
    assert (tmp_path / "latest").is_dir()


def test_scores_are_not_written_through_the_pointer(run: Run, tmp_path: Path) -> None:
    from predictive_scoring.scoring.write import write_scores

    score_as_of(run, BUSY, tmp_path)
    with pytest.raises(ConfigurationError, match="a pointer"):
        write_scores(run.bundle, run.history, BUSY, tmp_path / "latest")


def test_M09_a_missed_day_that_is_scored_later_gives_the_scores_of_that_day(run: Run, tmp_path: Path) -> None:
    on_the_day = run_scoring(run, Wish(tmp_path / "a"))
    score_as_of(run, BUSY + timedelta(days=5), tmp_path)
    later = run_scoring(run, Wish(tmp_path / "b"))
    assert replace(later, folder=on_the_day.folder) == on_the_day


def test_the_manifest_says_how_the_run_went(run: Run, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    watched = replace(run, batch_rows=20, on_rows=lambda *told: seen.append(told))
    n_scored = run_scoring(watched, Wish(tmp_path / "scores")).n_scored
    steps = [*range(20, n_scored, 20), n_scored]
    explained = [("explained", n, n_scored) for n in (0, *steps)]
    assert seen == [*explained, *(("written", n, n_scored) for n in steps)]
    noted = (manifest_of(tmp_path / "scores") or {})["run"]
    assert set(noted["seconds"]) == {"look", "score", "write", "seal"}
    assert noted["started_at"] <= noted["ended_at"]
    assert 50 < noted["peak_memory_mb"] < 100_000
    assert noted["versions"]["lightgbm"]


def test_H18_rows_wait_for_their_rank_on_the_disk_of_the_scores_and_in_no_temporary_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary folder is often small, or memory."""
    monkeypatch.setattr(ranking, "KEPT_IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there is none"))
    summary = run_scoring(run, Wish(tmp_path / "scores"))
    assert set(content(summary.folder)) <= FILES
    batches, _ = score_history(run.bundle, run.history, BUSY)
    with pytest.raises(FileNotFoundError, match="there is none"):  # without a folder they would wait there
        next(batches)


def test_G10_the_job_refuses_a_model_older_than_allowed_also_where_all_is_done(run: Run, tmp_path: Path) -> None:
    folder, learned = tmp_path / "scores", datetime.fromisoformat(run.bundle.terms.trained_until or "")
    late = replace(run, as_of=learned + timedelta(days=40))
    run_scoring(late, Wish(folder))
    before = content(folder)
    with pytest.raises(BundleRefusedError, match="40 days before these scores") as refused:
        run_scoring(replace(late, work=Score(max_model_age_days=39)), Wish(folder))
    assert refused.value.exit_code == 4
    assert content(folder) == before
    assert run_scoring(replace(late, work=Score(max_model_age_days=40)), Wish(folder)).already_done


def test_G06_the_scores_say_that_the_library_is_another_one(run: Run, tmp_path: Path) -> None:
    made = run.bundle.manifest.model_copy(update={"libraries": {"lightgbm": "3.3.5"}})
    other = replace(run, bundle=replace(run.bundle, manifest=made))
    said = [run_scoring(each, Wish(tmp_path / name)).notes for name, each in (("same", run), ("other", other))]
    (note,) = set(said[1]) - set(said[0])
    assert "LightGBM 3.3.5" in note
    assert note in (manifest_of(tmp_path / "other") or {})["notes"]
    about = read_json(tmp_path / "other" / "about.json")
    assert any("3.3.5" in finding["es"] for finding in about["evaluation"]["findings"])


def test_metrics_are_in_the_form_that_prometheus_reads(run: Run, tmp_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    def samples() -> dict[tuple[str, ...], float]:
        families = text_string_to_metric_families(path.read_text())
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}

    path = tmp_path / "job.prom"
    summary = run_scoring(run, Wish(tmp_path / "scores"))
    write_metrics(path, exit_code=0, manifest=manifest_of(tmp_path / "scores"))
    good = samples()
    assert good["predictive_scoring_leads", "scored"] == summary.n_scored
    assert good["predictive_scoring_last_run_exit_code",] == 0
    assert path.stat().st_mode & 0o777 == 0o644  # the node exporter is another user
    write_metrics(path, exit_code=6, manifest=None)
    bad = samples()
    assert bad["predictive_scoring_last_run_exit_code",] == 6
    success = ("predictive_scoring_last_success_timestamp_seconds",)
    assert bad[success] == good[success]
    path.write_text("no metrics {{{")
    write_metrics(path, exit_code=6, manifest=None)
    assert success not in samples()
