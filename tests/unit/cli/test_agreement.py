"""`agreement check` and `agreement page`: what they write, what they refuse, and how they end."""

import json
from pathlib import Path

import pytest

import source_of_two_leads
from finished_folder import finished_folder, lead
from predictive_scoring.cli import main

AGREEMENT = """
versions:
  - valid_from: "2024-01-01"
    own_actions: [page_view, demo_request]
    mql: {any_of: [{kinds: [demo_request]}]}
    stages: {sql: [], opportunity: [], customer: [], lost: []}
    profile: [{attribute: channel, table: leads, any_of: [referral]}]
    hand_off: {contact_kinds: []}
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
    assert (json.loads(said)["ok"], json.loads(said)["warnings"]) == (True, [])


def test_what_was_left_to_a_default_that_finds_nothing_is_said_and_ends_with_0(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = "\n".join(line for line in AGREEMENT.splitlines() if "hand_off" not in line and "stages" not in line)
    (project / "agreement.yaml").write_text(bare, encoding="utf-8")
    given = ("check", "agreement.yaml", "--source", "two.yaml")
    code, said = call(monkeypatch, capsys, *given)
    assert code == 0
    warned, told = said.splitlines()[:-1], said.splitlines()[-1]
    assert len(warned) == 5
    assert warned[0].startswith("warning: version 2024-01-01: no outcome is called 'sql': nobody will ever be")
    assert told == "agreement.yaml: every name of 1 version is in history 'two'"
    code, said = call(monkeypatch, capsys, *given, "--json")
    assert [f"warning: {line}" for line in json.loads(said)["warnings"]] == warned
    assert code == 0


def test_L02_check_speaks_spanish_and_another_language_ends_with_2(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = "\n".join(line for line in AGREEMENT.splitlines() if "hand_off" not in line)
    (project / "agreement.yaml").write_text(bare, encoding="utf-8")
    given = ("check", "agreement.yaml", "--source", "two.yaml", "--lang")
    code, said = call(monkeypatch, capsys, *given, "es")
    assert code == 0
    assert said.splitlines()[0].startswith("aviso: versión del 2024-01-01: ninguna actividad se llama 'call_made' ni")
    assert said.splitlines()[-1] == "agreement.yaml: todos los nombres de 1 versión están en el historial «two»"
    code, said = call(monkeypatch, capsys, *given, "es", "--json")
    assert json.loads(said)["warnings"][0].startswith("versión del 2024-01-01: ninguna actividad")
    code, said = call(monkeypatch, capsys, *given, "fr")
    assert (code, "--lang: unknown language" in said) == (2, True)


PARAMS = """
source: two.yaml
extract: {max_quarantine_share: 1.0}
targets: {won: {stage: won, horizon_days: 90, end_stages: [lost]}}
"""


def test_a_source_is_read_as_the_project_reads_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = source_of_two_leads.LEADS + "L3,not a day,ads\n"  # a third of the rows: more than is usual
    source_of_two_leads.write(project, spoilt)
    (project / "lenient.yaml").write_text(PARAMS, encoding="utf-8")
    folder = finished_folder(project / "scores", [lead(1, "L1"), lead(2, "L2")])
    commands = (
        ("check", "agreement.yaml", "--source", "two.yaml"),
        ("page", "agreement.yaml", "--source", "two.yaml", "--out", "page.html"),
        ("capacity", "--scores", str(folder), "--calls-per-week", "1", "--source", "two.yaml", "--by", "channel"),
    )
    for command in commands:
        assert call(monkeypatch, capsys, *command)[0] == 3, command  # outside of a project: as by default
        assert call(monkeypatch, capsys, *command, "--params", "lenient.yaml")[0] == 0, command
        assert call(monkeypatch, capsys, *command, "--params", "nowhere.yaml")[0] == 2, command
    (project / "lenient.yaml").rename(project / "params.yaml")
    assert [call(monkeypatch, capsys, *command)[0] for command in commands] == [0, 0, 0]


def test_calls_are_told_apart_by_todays_owner_though_nobody_knows_since_when(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = source_of_two_leads.write(project)
    source.write_text(source.read_text(encoding="utf-8").replace("at_creation", "at_export"), encoding="utf-8")
    folder = finished_folder(project / "scores", [lead(1, "L1"), lead(2, "L2")])
    asked = ("capacity", "--scores", str(folder), "--agreement", "agreement.yaml", "--source", "two.yaml", "--json")
    budgets = AGREEMENT.replace("contact_kinds: []", "calls_per_week: 2, budgets: {by: channel, calls: {referral: 1}}")
    (project / "agreement.yaml").write_text(budgets, encoding="utf-8")
    code, said = call(monkeypatch, capsys, *asked)
    assert (code, set(json.loads(said)["by"])) == (0, {"referral", "ads"})
    (project / "agreement.yaml").write_text(AGREEMENT, encoding="utf-8")
    assert call(monkeypatch, capsys, *asked, "--by", "channel")[0] == 2  # what a lead is like may not come from today


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
