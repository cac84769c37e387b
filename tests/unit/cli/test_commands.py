"""The commands as a shell sees them: what they print, and the exit code that says whose fault a failure is."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest

import source_of_two_leads
from predictive_scoring import errors
from predictive_scoring.cli import main
from predictive_scoring.project.stage import ending
from predictive_scoring.publish.bundle import Bundle

COMMANDS = {"init", "fetch", "check", "score", "explain", "report", "verify", "status", "doctor", "monitor", "export"}


@pytest.fixture(autouse=True)
def signals_as_before() -> object:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """Run the command line and return exit code, output and errors."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["predictive-scoring", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_help_lists_every_command_and_each_has_help_of_its_own(run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert set(re.findall(r"(?m)^  ([a-z]+)  ", out.split("Commands:")[1])) >= COMMANDS
    for command in sorted(COMMANDS):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert "Usage:" in out


def test_version_is_the_packages(run) -> None:
    from predictive_scoring import __version__

    assert run("--version")[:2] == (0, f"predictive-scoring {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "--modle", "m"],
        ["score"],
        ["promenade"],
        ["check"],
        ["check", "nowhere.yaml"],
        ["report", "--scores", "s", "--out", "o.html", "--lang", "fr"],
        ["init", ".", "--source", "pipedrive"],
        ["status", "nowhere"],
    ],
    ids=" ".join,
)
def test_I_a_wrong_command_line_ends_with_2_and_says_what_is_wrong(
    run, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(*arguments)
    assert code == 2
    assert err.strip()
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_language_names_the_right_ones(run, tmp_path: Path) -> None:
    _, _, err = run("report", "--scores", tmp_path, "--out", tmp_path / "o.html", "--lang", "fr")
    assert "one of en, " in err
    assert "es-MX" in err


def test_A17_data_that_breaks_the_contract_ends_with_3(run, tmp_path: Path) -> None:
    code, _, err = run("check", source_of_two_leads.write(tmp_path, leads=""))
    assert code == 3
    assert "empty" in err


def test_G02_a_damaged_or_missing_bundle_ends_with_4(run, bundle: Bundle, tmp_path: Path) -> None:
    assert run("verify", tmp_path / "nowhere")[0] == 4
    copy = tmp_path / "won"
    shutil.copytree(bundle.folder, copy)
    (copy / "model.txt").write_text("")
    code, _, err = run("verify", copy)
    assert code == 4
    assert "model.txt" in err


def test_a_folder_that_holds_no_scores_ends_with_6(run, tmp_path: Path) -> None:
    code, _, err = run("report", "--scores", tmp_path / "nowhere", "--out", tmp_path / "o.html")
    assert code == 6
    assert "manifest.json" in err
    assert not (tmp_path / "o.html").exists()


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")  # MLflow's own use of SQLAlchemy
def test_a_model_that_the_registry_does_not_have_ends_with_6(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    code, _, err = run("verify", "models:/lead-won@champion")
    assert code == 6
    assert "not in the registry" in err


def test_verify_says_what_it_checked(run, bundle: Bundle) -> None:
    code, out, _ = run("verify", bundle.folder)
    assert code == 0
    assert bundle.version in out
    n_files = len(list(bundle.folder.iterdir())) - 1  # all but the manifest itself
    found = json.loads(run("verify", bundle.folder, "--json")[1])
    assert found == {
        "model_version": bundle.version, "files": n_files, "signature": "not signed",
        "golden_rows": bundle.n_golden_rows, "ok": True,
    }  # fmt: skip
    files, signature, model, golden = out.splitlines()
    assert f"{n_files} files" in files
    assert signature == "signature: not signed"
    assert "child process" in model
    assert f"{bundle.n_golden_rows} of {bundle.n_golden_rows}" in golden


def test_check_tells_where_rows_went_and_changes_nothing(run, tmp_path: Path) -> None:
    source = source_of_two_leads.write(tmp_path, leads=source_of_two_leads.LEADS + ",2024-02-03,ads\n")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    code, out, err = run("check", source, "--json")
    assert code == 3  # one of three rows is bad: the pipeline would refuse it too
    assert "row.too_many_bad: leads: 1 row of 3" in err
    assert json.loads(out)["rows"]["leads"]["quarantined"] == {"missing_key": 1}
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_check_of_a_clean_source_ends_well(run, tmp_path: Path) -> None:
    code, out, _ = run("check", source_of_two_leads.write(tmp_path))
    assert (code, "2 kept" in out) == (0, True)


def test_score_into_a_folder_with_other_things_is_a_wrong_command_line(run, bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "notes.txt").write_text("mine")
    given = ["--model", bundle.folder, "--source", source_of_two_leads.write(tmp_path), "--out", tmp_path / "scores"]
    code, _, err = run("score", *given)
    assert (code, "not a folder of scores" in err) == (2, True)
    assert (tmp_path / "scores" / "notes.txt").read_text() == "mine"


def test_report_into_a_folder_asks_for_a_file(run, bundle: Bundle, tmp_path: Path) -> None:
    code, _, err = run("report", "--scores", tmp_path, "--out", tmp_path)
    assert (code, "give a file's name" in err) == (2, True)


def test_score_explain_and_report_work_from_a_bundle_and_a_source(run, bundle: Bundle, tmp_path: Path) -> None:
    given = ["--model", bundle.folder, "--source", source_of_two_leads.write(tmp_path), "--as-of", "2024-03-01"]
    scores = tmp_path / "scores"
    code, out, _ = run("score", *given, "--out", scores)
    assert (code, "scored 2 of 2 leads" in out) == (0, True)
    code, out, _ = run("explain", "L1", *given, "--json")
    assert (code, json.loads(out)["lead_id"]) == (0, "L1")
    assert run("explain", "L9", *given)[0] == 2
    page = tmp_path / "page.html"
    assert run("report", "--scores", scores, "--lang", "es", "--out", page)[0] == 0
    assert 'lang="es"' in page.read_text(encoding="utf-8")


def test_init_may_be_run_again(run, tmp_path: Path) -> None:
    assert run("init", tmp_path / "acme", "--source", "demo")[0] == 0
    code, out, _ = run("init", tmp_path / "acme", "--source", "demo")
    assert (code, "already" in out) == (0, True)


def raising(error: BaseException) -> object:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ConfigurationError, 2),
        (errors.DataContractError, 3),
        (errors.BundleRefusedError, 4),
        (errors.GateFailedError, 5),
        (errors.SourceUnreachableError, 6),
        (errors.BusyError, 75),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(raising(kind("it broke", fix="mend it"))) == code
    assert "to fix:   mend it" in capsys.readouterr().err


def test_K_a_signal_ends_with_128_and_its_number() -> None:
    assert ending(lambda: os.kill(os.getpid(), signal.SIGINT)) == 130
    assert ending(lambda: os.kill(os.getpid(), signal.SIGTERM)) == 143


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        ending(lambda: 1 / 0)
