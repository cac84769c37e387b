"""Runs are noted, ended and survived: two first runs at once, a kill, a store that breaks."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.publish.publishing import publish
from predictive_scoring.publish.tracking import Run, client, tracked
from predictive_scoring.storage import read_json
from small_company import PARAMS, SmallCompany

CLIENT = """
import sys
from pathlib import Path
from predictive_scoring.publish.tracking import tracked
with tracked(sys.argv[2], "leads", new=True, project=Path(sys.argv[1])) as run:
    run.log(metrics={"auc": 0.7})
"""
TRAINING = """
import hashlib, sys
from pathlib import Path
from predictive_scoring.project.stage import ending
from predictive_scoring.publish.tracking import tracked
def train():
    with tracked("won", "leads", new=True, project=Path(sys.argv[1])):
        print("training", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2**31 - 1)  # minutes in native code
sys.exit(ending(train))
"""


@pytest.fixture
def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}


def statuses(project: Path) -> list[str]:
    connection = sqlite3.connect(project / "mlflow.db")
    try:
        return sorted(row[0] for row in connection.execute("select status from runs"))
    finally:
        connection.close()


@pytest.mark.heavy
def test_H08_H02_two_first_runs_at_once_both_succeed_and_a_killed_one_ends_as_killed(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """One database serves both cases: to make one takes seconds."""
    both = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", CLIENT, str(tmp_path), name], env=environment)
        for name in ("won", "demo")
    ]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    assert statuses(tmp_path) == ["FINISHED", "FINISHED"]

    command = [sys.executable, "-W", "ignore", "-c", TRAINING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert statuses(tmp_path) == ["FINISHED", "FINISHED", "RUNNING"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143
    assert statuses(tmp_path) == ["FINISHED", "FINISHED", "KILLED"]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlflow.db").write_bytes(b"no database at all" * 100)
    return tmp_path


def test_H09_with_a_damaged_store_the_work_does_not_begin(broken: Path) -> None:
    with pytest.raises(SourceUnreachableError, match="damaged"), tracked("won", "leads", new=True, project=broken):
        pytest.fail("the work began")


def test_H09_H12_where_tracking_is_not_required_the_work_goes_on_and_the_failure_is_noted(
    broken: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with tracked("won", "leads", new=True, required=False, project=broken) as run:
        run.log(params={"seed": 7}, metrics={"auc": 0.7})
        run.tag({"git.commit": "abc"})
        run.log_json({"passed": True}, "decision.json")
    note = read_json(broken / "models" / "won.run.json")
    assert (note["run_id"], note["tracking"]) == (None, "failed")
    assert "tracking: failed" in caplog.text


def test_H12_a_bundle_is_released_though_it_cannot_be_registered(
    company: SmallCompany, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = PARAMS.publish.model_copy(update={"refuse_dirty_tree": False})
    for run in (Run(broken, None, required=False), Run(broken, "lost on the way", required=False)):
        lines = publish(company.judged, policy, run, broken / "released")
        assert lines[-1].startswith("not registered")
        assert (broken / "released" / "manifest.json").is_file()
    with pytest.raises(SourceUnreachableError, match="damaged"):
        publish(company.judged, policy, Run(broken, "lost on the way"), broken / "released")


def test_H09_scoring_takes_no_notice_of_a_damaged_store(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys; import predictive_scoring.cli.score_job, predictive_scoring.scoring.run\n"
        "sys.exit('mlflow' in sys.modules or 'predictive_scoring.publish.tracking' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=broken).returncode == 0


@pytest.mark.heavy
def test_trials_of_a_search_are_runs_under_the_run_of_the_training(tmp_path: Path) -> None:
    with tracked("won", "leads", new=True, project=tmp_path) as run:
        run.trial(0, {"num_leaves": 8}, 0.12, "complete")
        run.trial(1, {"num_leaves": 3}, None, "pruned")
    connected = client(tmp_path)
    parent = connected.get_run(str(run.run_id))
    under = connected.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run.run_id}'", order_by=["attributes.run_name"]
    )
    assert [each.info.run_name for each in under] == ["trial 0", "trial 1"]
    assert [each.data.tags["ended"] for each in under] == ["complete", "pruned"]
    assert under[0].data.metrics == {"held_out_log_loss": 0.12}
    assert (under[1].data.metrics, under[1].data.params) == ({}, {"num_leaves": "3"})
    assert {each.info.status for each in (parent, *under)} == {"FINISHED"}
