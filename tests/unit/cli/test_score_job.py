"""`score` as a scheduler sees it: exit codes, progress, metrics, and what is left behind."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

import source_of_two_leads
from predictive_scoring.cli import main
from predictive_scoring.cli.progress import json_lines, progress
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.measures import Part
from predictive_scoring.scoring.write import FILES
from predictive_scoring.storage import read_parquet, sole_writer

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundle: Bundle, tmp_path: Path) -> Call:
    """Score two leads into a folder and return exit code, output and errors."""
    source = source_of_two_leads.write(tmp_path)
    given = ["--model", bundle.folder, "--source", source, "--as-of", "2024-03-01"]

    def call(out: Path, *more: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["predictive-scoring", "score", *map(str, [*given, "--out", out, *more])])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_a_second_run_says_that_all_is_done_and_ends_with_0(score: Call, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    assert "already done" not in score(out)[1]
    before = (out / "manifest.json").read_bytes()
    code, said, _ = score(out)
    assert (code, "already done" in said) == (0, True)
    assert (out / "manifest.json").read_bytes() == before
    assert "already done" not in score(out, "--force")[1]
    assert json.loads(score(out, "--json")[1])["already_done"] is True


def test_the_letters_are_those_of_the_agreement_that_is_given(score: Call, tmp_path: Path) -> None:
    def letters(*more: object) -> set[str]:
        assert score(tmp_path / "scores", *more)[0] == 0
        return set(read_parquet(tmp_path / "scores" / "scores.parquet", ["grade"])["grade"].to_pylist())

    agreement = tmp_path / "agreement.yaml"
    grades = "{by: probability, A: 0.000003, B: 0.000002, C: 0.000001}"
    agreement.write_text(f'versions: [{{valid_from: "2024-01-01", own_actions: [page_view], grades: {grades}}}]\n')
    assert letters("--agreement", agreement) - {"?"} == {"A"}
    assert letters() - {"?"} != {"A"}
    agreement.write_text(agreement.read_text().replace("0.000003", "0.0000001"))
    code, _, said = score(tmp_path / "scores", "--agreement", agreement)
    assert (code, "A, B and C must fall" in said) == (2, True)


def test_a_project_bounds_its_jobs_by_its_own_settings(
    score: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle says how rows are read; how many bad ones are borne, and how many leads at a time, is said here."""
    source_of_two_leads.write(tmp_path, leads=source_of_two_leads.LEADS + ",2024-02-03,ads\n")  # one of three is bad
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    assert score(tmp_path / "scores")[0] == 3
    params = {
        "source": "data/sources/acme.yaml", "targets": {"won": {"stage": "won", "horizon_days": 30}},
        "extract": {"max_quarantine_share": 0.5}, "score": {"batch_rows": 1},
    }  # fmt: skip
    (project / "params.yaml").write_text(json.dumps(params))
    assert score(tmp_path / "scores")[0] == 0
    assert pq.ParquetFile(tmp_path / "scores" / "scores.parquet").num_row_groups == 2  # a lead each


def test_H06_while_another_run_writes_the_folder_a_second_ends_with_75(score: Call, tmp_path: Path) -> None:
    with sole_writer(tmp_path / "scores"):
        code, _, err = score(tmp_path / "scores")
    assert (code, f"process {os.getpid()}" in err) == (75, True)
    assert score(tmp_path / "scores")[0] == 0


def test_a_run_leaves_the_scores_the_pointer_and_nothing_else(score: Call, tmp_path: Path) -> None:
    root = tmp_path / "nights"
    assert score(root / "2024-03-01", "--latest")[0] == 0
    assert sorted(path.name for path in root.iterdir()) == ["2024-03-01", "latest"]
    assert (root / "latest" / "scores.parquet").is_file()


def test_metrics_tell_of_success_and_of_failure(score: Call, tmp_path: Path) -> None:
    prom = tmp_path / "job.prom"
    assert score(tmp_path / "scores", "--metrics", prom)[0] == 0
    assert 'predictive_scoring_leads{state="scored"} 2.0' in prom.read_text()
    (tmp_path / "other").write_text("mine")
    assert score(tmp_path / "other", "--metrics", prom)[0] == 2
    assert "predictive_scoring_last_run_exit_code 2.0" in prom.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_H02_H03_metrics_name_the_signal_that_stopped_a_run(
    score: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("predictive_scoring.cli.score_job.extract", lambda *_: os.kill(os.getpid(), number))
    prom = tmp_path / "job.prom"
    assert score(tmp_path / "scores", "--metrics", prom)[0] == 128 + number
    assert f"predictive_scoring_last_run_exit_code {128 + number}.0" in prom.read_text()


def test_progress_as_lines_of_json_goes_to_standard_error(score: Call, tmp_path: Path) -> None:
    _, out, err = score(tmp_path / "scores", "--log-format", "json")
    lines = [json.loads(line) for line in err.splitlines()]
    *progressed, done = lines
    assert ({line["event"] for line in progressed}, done["event"]) == ({"progress"}, "done")
    ended = [line for line in progressed if line["rows"] == line["of"]]
    assert [(line["part"], line["of"], line["seconds_left"]) for line in ended] == [
        ("explained", 2, 0.0),
        ("written", 2, 0.0),
    ]
    assert (done["rows"]["scored"], set(done["seconds"])) == (
        2,
        {"open", "read", "look", "score", "write", "seal"},
    )
    assert "rows_per_second" not in out
    assert score(tmp_path / "quiet")[2] == ""  # no terminal, nothing asked


def test_progress_is_said_about_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    tell = json_lines()
    for n_done in range(1, 1001):
        tell("explained", n_done, 1000)
    assert len(capsys.readouterr().err.splitlines()) <= 3


def test_the_pace_of_a_part_is_its_own(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 100.0, 110.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    tell = json_lines()
    tell("explained", 0, 1000)
    tell("explained", 1000, 1000)
    tell("written", 500, 1000)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["part"], line["rows_per_second"]) for line in lines] == [("explained", 10.0), ("written", 50.0)]


def test_on_a_terminal_a_bar_says_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress("auto") as on_rows:
        for part in get_args(Part):
            for n_done in range(0, 1001, 100):
                on_rows(part, n_done, 1000)
    assert "1000/1000" in shown.getvalue()
    assert all(part in shown.getvalue() for part in get_args(Part))
    assert "rows/s" in shown.getvalue()


def as_nobody(act: Callable[[], int]) -> int:
    """Run something as a user without rights, and return what it returns."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            code = act()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_H05_a_folder_without_the_right_to_write_is_refused_before_the_model_is_opened(tmp_path: Path) -> None:
    from predictive_scoring.cli.score_job import ScoreJob, score_lines
    from predictive_scoring.project.stage import ending
    from predictive_scoring.scoring.run import Wish

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # pytest's own folders are for one user only
        shut = Path(name) / "shut"
        shut.mkdir(mode=0o555)
        job = ScoreJob("no such model", Path("no such source"), "latest", Wish(shut / "scores"))
        assert as_nobody(lambda: ending(lambda: [*score_lines(job)] and None)) == 6
        shut.chmod(0o777)  # then the model is what is wrong
        assert as_nobody(lambda: ending(lambda: [*score_lines(job)] and None)) == 4


def test_H24_a_job_of_cron_has_no_environment_and_works(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "año 📞"
    folder.mkdir()
    source = source_of_two_leads.write(folder)
    program = "import sys; from predictive_scoring.cli import main; main()"
    command = [sys.executable, "-c", program, "score", "--model", str(bundle.folder), "--source", str(source)]
    done = subprocess.run(
        [shutil.which("env") or "/usr/bin/env", "-i", *command, "--as-of", "2024-03-01", "--out", str(folder / "s")],
        capture_output=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "año 📞" in done.stdout.decode("utf-8")
    assert (folder / "s" / "scores.parquet").is_file()


def test_H22_no_name_of_a_file_comes_from_the_crm(score: Call, tmp_path: Path) -> None:
    odd = ["../../etc/passwd", "CON", "a/b", "año 📞", "x" * 300]
    rows = "".join(f"{name},2024-02-0{place},ads\n" for place, name in enumerate(odd, 1))
    source_of_two_leads.write(tmp_path, leads="id,at,channel\n" + rows)
    (tmp_path / "activities.csv").write_text("id,at,kind\n")
    before = {path.name for path in tmp_path.iterdir()}
    assert score(tmp_path / "scores")[0] == 0
    assert {path.name for path in tmp_path.iterdir()} - before == {"scores"}
    assert {path.name for path in (tmp_path / "scores").iterdir()} <= FILES
    assert set(read_parquet(tmp_path / "scores" / "scores.parquet")["lead_id"].to_pylist()) == set(odd)
