"""`agreement check` and `agreement page`: what they write, what they refuse, and how they end."""

import json
from pathlib import Path

import pytest

import source_of_two_leads
from predictive_scoring.cli import main

AGREEMENT = """
versions:
  - valid_from: "2024-01-01"
    own_actions: [page_view, demo_request]
    mql: {any_of: [{kinds: [demo_request]}]}
    stages: {sql: [], opportunity: [], customer: [], lost: []}
    profile: [{attribute: channel, table: leads, any_of: [referral]}]
"""


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["predictive-scoring", "agreement", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source of two leads and an agreement, and the current one."""
    source_of_two_leads.write(tmp_path)
    (tmp_path / "agreement.yaml").write_text(AGREEMENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_agreement_that_fits_its_history_ends_with_0(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = call(monkeypatch, capsys, "check", "agreement.yaml", "--source", "two.yaml")
    assert (code, said) == (0, "agreement.yaml: every name of 1 version is in history 'two'\n")
    code, said = call(monkeypatch, capsys, "check", "agreement.yaml", "--source", "two.yaml", "--json")
    assert json.loads(said)["ok"] is True


def test_a_name_that_no_history_has_ends_with_2_and_what_was_meant(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "agreement.yaml").write_text(AGREEMENT.replace("demo_request", "demo_requests"), encoding="utf-8")
    for command in (["check", "agreement.yaml"], ["page", "agreement.yaml", "--out", "page.html"]):
        code, said = call(monkeypatch, capsys, *command, "--source", "two.yaml")
        assert code == 2
        assert "no kind 'demo_requests'; did you mean 'demo_request'?" in said
    assert not (project / "page.html").exists()


def test_the_page_is_written_in_either_language_with_what_history_says_or_without(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("page", "agreement.yaml", "--source", "two.yaml", "--out", "page.html")
    code, said = call(monkeypatch, capsys, *given)
    assert (code, said) == (0, "history says nothing against the profile\npage.html\n")
    assert "nothing can be said" in (project / "page.html").read_text(encoding="utf-8")  # nobody was open long enough
    code, said = call(monkeypatch, capsys, *given, "--lang", "es", "--no-history", "--on", "2024-02-01")
    assert (code, said) == (0, "page.html\n")
    page = (project / "page.html").read_text(encoding="utf-8")
    assert "Firmas" in page
    assert "Qué dice el historial" not in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lang", "fr"], "en or es"),
        (["--on", "soon"], "not a date"),
        (["--target", "sold"], "no target 'sold'"),
        (["--out", "."], "a folder"),
    ],
    ids=str,
)
def test_a_wrong_option_ends_with_2(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    given = ("page", "agreement.yaml", "--source", "two.yaml", "--out", "page.html", *options)
    code, answer = call(monkeypatch, capsys, *given)
    assert code == 2
    assert said in answer


def test_a_match_is_written_as_parquet_or_csv_only(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("match", "--scores", "scores", "--source", "two.yaml", "--out", "match.html")
    code, said = call(monkeypatch, capsys, *given)
    assert code == 2
    assert "FILE.parquet or FILE.csv" in said
