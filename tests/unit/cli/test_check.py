"""`check` as a shell sees it: what it says, what it changes (nothing), and how it ends."""

import json
import signal
from pathlib import Path

import pytest
import yaml

import source_of_two_leads
from predictive_scoring.cli import main

HEADER = "id,at,channel,tags,mail\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    before = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["predictive-scoring", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield call
    signal.signal(signal.SIGTERM, before)


def flat_source(folder: Path, *, leak: bool, known: str = "at_creation") -> Path:
    """Write a flat table of 400 leads; `leak`: its tags are written when a lead converts."""
    rows = []
    for number in range(400):
        won = number % 5 == 0
        tags = "closed" if won and leak else ("later" if number % 3 else "")
        rows.append(f"{number},{'yes' if won else 'no'},{'ads' if number % 7 else 'event'},{tags}\n")
    (folder / "leads.csv").write_text("id,won,channel,tags\n" + "".join(rows))
    leads = {
        "path": "leads.csv", "columns": {"lead_id": "id"}, "order": "none",
        "outcome": {"column": "won", "converted": ["yes"]},
        "attributes": {
            "channel": {"type": "category", "known": "at_creation"},
            "tags": {"as": "sales_tags", "type": "category", "known": known},
        },
    }  # fmt: skip
    source = folder / "flat.yaml"
    source.write_text(yaml.safe_dump({"name": "flat", "licence": "internal", "tables": {"leads": leads}}))
    return source


def test_a_clean_source_ends_with_0_and_leaves_nothing_behind(run, tmp_path: Path) -> None:
    source = flat_source(tmp_path, leak=False)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = run(source)
    assert (code, err) == (0, "")
    assert "leads: 400 rows read, 400 kept" in out
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_E09_a_column_that_knows_the_outcome_ends_with_5_and_says_how_to_go_on(run, tmp_path: Path) -> None:
    code, out, err = run(flat_source(tmp_path, leak=True))
    assert code == 5
    assert "'tags'" in err
    assert "known: at_export" in err
    assert "audit: {accept: [tags]}" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("given", [[], ["--json"]])
def test_a_refusal_is_told_once_and_named_where_the_command_ends(run, tmp_path: Path, given: list[str]) -> None:
    """Standard output has the findings; standard error why it ended, whole where the output is for machines."""
    _, out, err = run(flat_source(tmp_path, leak=True), *given)
    (refused,) = [each for each in json.loads(run(flat_source(tmp_path, leak=True), "--json")[1])["findings"]
                  if each["severity"] == "refuse"]  # fmt: skip
    assert f"{refused['id']}" in err
    assert ((out if not given else "") + err).count(refused["what"]) == 1
    assert (refused["what"] in err) is bool(given)


def test_what_is_declared_away_or_accepted_by_name_ends_with_0(run, tmp_path: Path) -> None:
    assert run(flat_source(tmp_path, leak=True, known="at_export"))[0] == 0
    source = flat_source(tmp_path, leak=True)
    params = {"source": str(source), "targets": {"won": {"stage": "converted"}}, "audit": {"accept": ["tags"]}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    code, out, _ = run(source, "--params", tmp_path / "params.yaml")
    assert code == 0
    assert "accepted leak." in out


def test_the_project_s_own_params_are_used_where_they_name_the_source(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = flat_source(tmp_path, leak=True)
    monkeypatch.chdir(tmp_path)
    for name, code in (("flat.yaml", 0), ("other.yaml", 5)):
        params = {"source": name, "targets": {"won": {"stage": "converted"}}, "audit": {"accept": ["tags"]}}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
        assert run(source)[0] == code


def test_findings_for_machines_have_an_id_a_severity_a_count_and_a_fix(run, tmp_path: Path) -> None:
    code, out, _ = run(flat_source(tmp_path, leak=True), "--json")
    told = json.loads(out)
    assert code == 5
    assert set(told) == {"name", "rows", "notes", "observed_until", "findings"}
    leak = next(each for each in told["findings"] if each["id"].startswith("leak."))
    assert (leak["severity"], leak["column"], leak["table"], leak["accepted"]) == ("refuse", "tags", "leads", False)
    assert leak["n"] == 400
    assert leak["fix"]


def event_source(folder: Path, leads: str) -> Path:
    return source_of_two_leads.write(folder, leads=leads)


def test_bad_rows_are_counted_by_rule_with_their_places_and_no_value_of_them(run, tmp_path: Path) -> None:
    leads = "id,at,channel\n" + "".join(f"L{i},2024-02-{1 + i % 28:02},ads\n" for i in range(60))
    source = event_source(tmp_path, leads + "Maria Canary,not a day,ads\n,2024-02-01,ads\n")
    code, out, err = run(source)
    assert code == 0  # nobody has declared a target yet, and the bad rows are few
    assert "quarantined row.bad_timestamp" in out
    assert "leads.csv:62" in out
    assert "quarantined row.missing_key" in out
    assert "leads.csv:63" in out
    assert "Canary" not in out + err


def test_too_many_bad_rows_end_with_3(run, tmp_path: Path) -> None:
    leads = "id,at,channel\n" + "".join(f"L{i},never,ads\n" for i in range(10))
    leads += "".join(f"M{i},2024-02-{1 + i % 28:02},ads\n" for i in range(20))
    code, _, err = run(event_source(tmp_path, leads))
    assert code == 3
    assert "row.too_many_bad" in err


def test_C12_dates_that_systems_write_for_none_are_named_as_such(run, tmp_path: Path) -> None:
    leads = "id,at,channel\n" + "".join(f"L{i},2024-02-{1 + i % 28:02},ads\n" for i in range(60))
    _, out, _ = run(event_source(tmp_path, leads + "M,1900-01-01,ads\nN,9999-12-31,ads\n"))
    assert "warning time.placeholder: leads: 2 quarantined rows" in out


def test_words_of_the_source_file_that_no_row_has_warn(run, tmp_path: Path) -> None:
    source = event_source(tmp_path, source_of_two_leads.LEADS)
    given = yaml.safe_load(source.read_text())
    given["tables"]["activities"]["kinds"] = {"page_view": "visit", "Downlaod": "visit"}
    given["tables"]["outcomes"]["stages"] = {"Closed Won": "won"}
    given["tables"]["leads"]["only"] = {"channel": ["referral", "ads", "fairs"]}
    source.write_text(json.dumps(given))
    _, out, _ = run(source)
    assert "warning map.kinds_never_occur: activities: `kinds` of the source file names 'Downlaod'" in out
    assert "warning map.stages_never_occur: outcomes: `stages` of the source file names 'Closed Won'" in out
    assert "warning map.only_never_occur: leads: `only.channel` of the source file names 'fairs'" in out
    assert out.count("never_occur:") == 3


def test_a_list_in_several_languages_of_which_one_is_spoken_is_one_warning(run, tmp_path: Path) -> None:
    source = event_source(tmp_path, source_of_two_leads.LEADS)
    given = yaml.safe_load(source.read_text())
    given["tables"]["activities"]["kinds"] = {"page_view": "visit"} | {f"Wort {n}": "visit" for n in range(7)}
    source.write_text(json.dumps(given))
    _, out, _ = run(source)
    assert out.count("map.kinds_never_occur:") == 1
    assert "names 'Wort 0', 'Wort 1', 'Wort 2', 'Wort 3', 'Wort 4' and 2 more, which no row has" in out


def test_C16_a_declared_target_whose_stage_never_occurs_ends_with_3_and_a_guessed_one_warns(
    run, tmp_path: Path
) -> None:
    source = event_source(tmp_path, source_of_two_leads.LEADS)
    (tmp_path / "outcomes.csv").write_text("id,at,stage\nL1,2024-02-20,Closed Won\n")
    code, out, _ = run(source)
    assert code == 0
    assert "warning label.stage_never_occurs" in out
    params = {"source": str(source), "targets": {"won": {"stage": "won", "horizon_days": 7}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    code, out, err = run(source, "--params", tmp_path / "params.yaml")
    assert code == 3
    assert "label.stage_never_occurs" in err
    assert "Closed Won" in out


def test_B01_exact_duplicates_are_counted(run, tmp_path: Path) -> None:
    source = flat_source(tmp_path, leak=False)
    text = (tmp_path / "leads.csv").read_text()
    (tmp_path / "leads.csv").write_text(text + text.splitlines()[1] + "\n")
    _, out, _ = run(source)
    assert "key.exact_duplicates: leads: 1 exact duplicate of another row" in out
