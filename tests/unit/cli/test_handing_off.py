"""`agreement hand-off`, `nurture`, `meeting` and `funnel --out`: what they write, refuse, and how they end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import source_of_two_leads
from finished_folder import finished_folder, lead
from predictive_scoring.cli import main
from predictive_scoring.handoff.desk import read_given, record_given
from predictive_scoring.scoring.crm_sink import Refused
from predictive_scoring.storage import read_parquet

AGREEMENT = """
versions:
  - valid_from: "2024-01-01"
    own_actions: [page_view, demo_request]
    mql: {any_of: [{kinds: [demo_request]}]}
    journey: {awareness: {kinds: [page_view]}, decision: {kinds: [demo_request]}}
"""
PARAMS = "source: two.yaml\ntargets: {won: {stage: won, horizon_days: 30}}\n"
COMMON = ("--source", "two.yaml", "--agreement", "agreement.yaml")
SCORED = ("--scores", "scores", *COMMON)


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["predictive-scoring", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source of two leads, their scores and an agreement, and the current one."""
    source_of_two_leads.write(tmp_path)
    finished_folder(tmp_path / "scores", [lead(1, "L1"), lead(2, "L2")])
    (tmp_path / "agreement.yaml").write_text(AGREEMENT, encoding="utf-8")
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (tmp_path / "said.csv").write_text("lead_id,decided_at,decision\nL1,2025-04-02,rejected\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_hand_off_is_written_in_every_format_that_is_asked_for(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = ("--out", "day.json", "--out", "day.xlsx", "--out", "day.html")
    code, said = call(monkeypatch, capsys, "agreement", "hand-off", *SCORED, *outs, "--lang", "es")
    assert (code, said.splitlines()[0]) == (0, "1 lead handed over as of 2025-04-01 00:00 UTC")
    record = json.loads((project / "day.json").read_text(encoding="utf-8"))
    assert [brief["lead_id"] for brief in record["handed_over"]] == ["L1"]
    assert record["counts"] == {"handed_over": 1, "no_own_action": 1}
    assert "Traspaso a ventas" in (project / "day.html").read_text(encoding="utf-8")
    assert (project / "day.xlsx").stat().st_size > 0


def test_whom_sales_have_refused_is_not_handed_over_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (*SCORED, "--out", "day.json", "--dispositions", "said.csv")
    assert call(monkeypatch, capsys, "agreement", "hand-off", *arguments)[0] == 0
    assert json.loads((project / "day.json").read_text())["counts"] == {"decided": 1, "no_own_action": 1}


def test_a_record_keeps_the_next_night_from_handing_over_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finished_folder(project / "next", [lead(1, "L1"), lead(2, "L2")])
    manifest = json.loads((project / "next" / "manifest.json").read_text())
    (project / "next" / "manifest.json").write_text(json.dumps(manifest | {"as_of": "2025-04-02T00:00:00+00:00"}))
    noted = ("--out", "day.json", "--record", "given.parquet")
    next_night = ("--scores", "next", *COMMON)
    counts = []
    for scores, more in ((SCORED, noted), (SCORED, noted), (next_night, noted), (next_night, noted[:2])):
        code, said = call(monkeypatch, capsys, "agreement", "hand-off", *scores, *more)
        assert code == 0
        assert ("no --record" in said) is (more is not noted)
        counts.append(json.loads((project / "day.json").read_text())["counts"])
    again, before = ({name: 1, "no_own_action": 1} for name in ("handed_over", "handed_over_before"))
    assert counts == [again, again, before, again]  # the last without the record: the night before is forgotten
    assert read_given(project / "given.parquet")["lead_id"].to_pylist() == ["L1"]
    code, said = call(monkeypatch, capsys, "agreement", "hand-off", *SCORED, *noted)
    assert code == 0  # the next night handed nobody over, so the record ends with this one


def test_a_lead_whose_task_was_not_taken_is_not_on_record(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would lie on nobody's desk, and be handed over to nobody ever again."""
    refusals = {"L1"}

    class _Door:
        batch_size = 10

        def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
            return ["OBJECT_NOT_FOUND" if row["lead_id"] in refusals else None for row in rows]

    monkeypatch.setattr("predictive_scoring.cli.handing_off.task_door", lambda _crm: _Door())
    tonight = ("agreement", "hand-off", *SCORED, "--to", "hubspot", "--record", "given.parquet")
    code, said = call(monkeypatch, capsys, *tonight)
    assert (code, read_given(project / "given.parquet").num_rows) == (6, 0)
    assert "1 task not taken" in said
    refusals.clear()
    assert call(monkeypatch, capsys, *tonight)[0] == 0
    assert read_given(project / "given.parquet")["lead_id"].to_pylist() == ["L1"]
    assert call(monkeypatch, capsys, *tonight)[0] == 0  # made before: still handed over tonight, and still on record
    assert read_given(project / "given.parquet")["lead_id"].to_pylist() == ["L1"]


def test_a_record_that_is_only_read_must_be_there(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt path would be a record that knows of nobody."""
    reads = (
        ("agreement", "nurture", *SCORED),
        ("agreement", "meeting", "--dispositions", "said.csv", *SCORED),
        ("funnel", *COMMON, "--out", "funnel.json"),
    )
    for command in reads:
        code, said = call(monkeypatch, capsys, *command, "--record", "givn.parquet")
        assert (code, "givn.parquet: no such file" in said) == (6, True), command


def test_what_was_made_before_a_refused_token_is_on_record(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (project / "activities.csv").open("a", encoding="utf-8") as file:
        file.write("L2,2024-02-06,demo_request\n")

    class _Door:
        batch_size = 1

        def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
            if rows[0]["lead_id"] == "L2":
                raise Refused(401)
            return [None]

    monkeypatch.setattr("predictive_scoring.cli.handing_off.task_door", lambda _crm: _Door())
    tonight = ("agreement", "hand-off", *SCORED, "--to", "hubspot", "--record", "given.parquet")
    code, said = call(monkeypatch, capsys, *tonight)
    assert (code, "access denied" in said) == (6, True)
    assert read_given(project / "given.parquet")["lead_id"].to_pylist() == ["L1"]


def test_promises_count_from_the_hand_off_where_there_is_a_record(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record_given(project / "given.parquet", "won", [("L1", "A")], datetime(2024, 2, 10, tzinfo=UTC))
    page = ("funnel", *COMMON, "--as-of", "2024-02-20", "--out")
    for more, clock in (((), "qualification"), (("--record", "given.parquet"), "hand_off")):
        assert call(monkeypatch, capsys, *page, "funnel.json", *more)[0] == 0
        assert json.loads((project / "funnel.json").read_text())["counted_from"] == clock
    assert call(monkeypatch, capsys, *page, "funnel.html", "--record", "given.parquet")[0] == 0
    assert "as the record of hand-offs says" in (project / "funnel.html").read_text(encoding="utf-8")
    meeting = ("agreement", "meeting", "--dispositions", "said.csv", *SCORED, "--as-of", "2024-02-20")
    assert "who became an MQL or a PQL" in call(monkeypatch, capsys, *meeting)[1]
    assert "everybody who was handed over" in call(monkeypatch, capsys, *meeting, "--record", "given.parquet")[1]
    for option, file in (("--record", "given.parquet"), ("--dispositions", "said.csv")):
        code, said = call(monkeypatch, capsys, "funnel", *COMMON, option, file)
        assert (code, "add --out" in said) == (2, True)


def test_the_funnel_and_the_meeting_say_the_same_of_the_same_hand_offs(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record_given(project / "given.parquet", "won", [("L1", "A"), ("L2", "A")], datetime(2024, 2, 10, tzinfo=UTC))
    (project / "said.csv").write_text("lead_id,decided_at,decision\nL1,2024-02-12,rejected\n", encoding="utf-8")
    desk = ("--as-of", "2024-02-20", "--record", "given.parquet")
    heard = ("--dispositions", "said.csv")
    code, said = call(monkeypatch, capsys, "agreement", "meeting", *SCORED, *desk, *heard, "--json")
    assert (code, json.loads(said)["work"]["rejected"]) == (0, 1)
    works = []
    for more in (heard, ()):  # the last is the planted bug: a report that does not hear sales
        assert call(monkeypatch, capsys, "funnel", *COMMON, *desk, *more, "--out", "funnel.json")[0] == 0
        works.append(json.loads((project / "funnel.json").read_text())["work"])
    assert works[0] == json.loads(said)["work"]
    assert works[1] != works[0]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--out", "day.txt"), "unknown formats"),
        (("--out", "day.json", "--lang", "fr"), "unknown language"),
        (("--out", "day.json", "--show", "phone"), "unknown attributes"),
        (("--out", "day.json", "--params", "none.yaml"), "none.yaml"),
    ],
)
def test_a_wrong_wish_ends_with_2_and_writes_nothing(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    complaint: str,
) -> None:
    code, said = call(monkeypatch, capsys, "agreement", "hand-off", *SCORED, *more)
    assert code == 2
    assert complaint in said
    assert not (project / "day.json").exists()


def test_nurture_and_meeting_say_what_they_found_as_lines_and_as_json(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = call(monkeypatch, capsys, "agreement", "nurture", *SCORED)
    assert (code, said.splitlines()[0]) == (0, "0 leads below the line whose engagement has risen in 14 days")
    code, said = call(monkeypatch, capsys, "agreement", "nurture", *SCORED, "--json")
    assert json.loads(said)["rising"] == []
    meeting = ("agreement", "meeting", "--dispositions", "said.csv", *SCORED)
    code, said = call(monkeypatch, capsys, *meeting, "--as-of", "2024-02-20")
    assert code == 0
    assert "left out: 1 decision at or after 2024-02-20 00:00 UTC" in said
    code, said = call(monkeypatch, capsys, *meeting, "--as-of", "2024-02-20", "--json")
    assert json.loads(said)["work"]["not_worked"] == 1


def test_nurture_and_meeting_speak_spanish(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = call(monkeypatch, capsys, "agreement", "nurture", *SCORED, "--lang", "es")
    first = "0 leads por debajo del umbral cuya interacción ha subido en 14 días"
    assert (code, said.splitlines()[0]) == (0, first)
    meeting = ("agreement", "meeting", "--dispositions", "said.csv", *SCORED, "--as-of", "2024-02-20", "--lang")
    code, said = call(monkeypatch, capsys, *meeting, "es")
    assert code == 0
    assert "sin contar: 1 decisión del 2024-02-20 00:00 UTC o posterior" in said
    assert "  sin trabajar: 1" in said.splitlines()
    assert "not" not in said.split()  # nothing is left in English
    assert call(monkeypatch, capsys, *meeting, "fr")[0] == 2


def test_the_funnel_is_written_as_a_page_and_as_json(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "spend.csv").write_text("channel,month,amount\nreferral,2024-02,90\n")
    wanted = ("funnel", *COMMON, "--by", "channel", "--spend", "spend.csv")
    assert call(monkeypatch, capsys, *wanted, "--out", "funnel.html", "--lang", "es") == (0, "funnel.html\n")
    assert "De contacto a cliente" in (project / "funnel.html").read_text(encoding="utf-8")
    assert call(monkeypatch, capsys, *wanted, "--out", "funnel.json")[0] == 0
    record = json.loads((project / "funnel.json").read_text())
    assert call(monkeypatch, capsys, *wanted, "--out", "funnel.json", "--lives", "lives.parquet") == (
        0,
        "funnel.json\nlives.parquet\n",
    )
    told = read_parquet(project / "lives.parquet").to_pylist()
    assert [(row["lead_id"], row["state"], row["why"]) for row in told] == [
        ("L1", "contact", "created"), ("L1", "lead", "own_action"), ("L1", "mql", "mql"), ("L2", "contact", "created"),
    ]  # fmt: skip
    code, said = call(monkeypatch, capsys, *wanted, "--out", "funnel.json", "--lives", "lives.csv")
    assert (code, "ends in .parquet" in said) == (2, True)
    assert sum(record["states"].values()) == 2
    assert record["costs"][1]["cost_per"]["mql"] == 90
    code, said = call(monkeypatch, capsys, *wanted, "--out", "funnel.txt")
    assert (code, "unknown format" in said) == (2, True)


def test_the_funnel_and_its_costs_are_told_apart_by_how_people_came(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "spend.csv").write_text("channel,month,amount\nreferral,2024-02,90\n")
    asked = ("funnel", *COMMON, "--by", "origin")
    code, said = call(monkeypatch, capsys, *asked)
    assert code == 0
    assert [line.split(",")[0] for line in said.splitlines() if "within" in line and line[0] != " "] == [
        "inbound", "unknown",
    ]  # fmt: skip
    assert call(monkeypatch, capsys, *asked, "--spend", "spend.csv", "--out", "funnel.json")[0] == 0
    record = json.loads((project / "funnel.json").read_text())
    assert record["by"].keys() == {"origin"}
    by_origin = [(cost["value"], cost["amount"]) for cost in record["costs"] if cost["category"] == "origin"]
    assert by_origin == [("inbound", 90.0)]
    code, said = call(monkeypatch, capsys, "funnel", *COMMON, "--by", "orign")
    assert (code, "'channel', 'origin'" in said) == (2, True)


@pytest.mark.parametrize("out", [(), ("--out", "funnel.json")])
def test_a_funnel_counts_whom_the_project_keeps_out_as_contacts(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: tuple[str, ...]
) -> None:
    def states() -> dict[str, int]:
        code, said = call(monkeypatch, capsys, "funnel", *COMMON, *(out or ("--json",)))
        assert code == 0, said
        found: dict[str, int] = json.loads((project / "funnel.json").read_text() if out else said)["states"]
        return found

    assert states() == {"contact": 1, "mql": 1}  # the planted bug: rules that reach no funnel would say this below
    kept_out = "snapshots: {exclude: {leads: {channel: [referral]}}}\n"
    (project / "params.yaml").write_text(PARAMS + kept_out, encoding="utf-8")
    assert states() == {"contact": 2}
    (project / "params.yaml").rename(project / "other.yaml")
    assert states() == {"contact": 1, "mql": 1}  # outside of a project nobody is kept out
    code, said = call(monkeypatch, capsys, "funnel", *COMMON, "--params", "none.yaml")
    assert (code, "none.yaml" in said) == (2, True)


@pytest.mark.parametrize("wanted", [("funnel",), ("funnel", "--out", "funnel.json")])
def test_a_funnel_is_not_told_apart_by_what_was_written_later(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wanted: tuple[str, ...]
) -> None:
    asked = (*wanted, *COMMON, "--by", "channel")
    assert call(monkeypatch, capsys, *asked)[0] == 0
    source = (project / "two.yaml").read_text(encoding="utf-8")
    (project / "two.yaml").write_text(source.replace("at_creation", "at_export"), encoding="utf-8")
    code, said = call(monkeypatch, capsys, *asked)
    assert (code, "'channel': no category of leads or accounts known at creation" in said) == (2, True)


def test_spend_is_not_told_apart_by_what_was_written_later(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "spend.csv").write_text("channel,month,amount\nreferral,2024-02,90\n")
    source = (project / "two.yaml").read_text(encoding="utf-8")
    (project / "two.yaml").write_text(source.replace("at_creation", "at_export"), encoding="utf-8")
    code, said = call(monkeypatch, capsys, "funnel", *COMMON, "--spend", "spend.csv", "--out", "funnel.json")
    assert (code, "known at creation" in said) == (2, True)


@pytest.mark.parametrize(
    "asked",
    [
        ("hand-off", "--scores", "scores", "--out", "day.json"),
        ("nurture", "--scores", "scores"),
        ("meeting", "--scores", "scores", "--dispositions", "said.csv"),
        ("match", "--scores", "scores", "--out", "day.csv"),
    ],
)
def test_a_misspelt_agreement_hands_nobody_over_and_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...]
) -> None:
    (project / "agreement.yaml").write_text(AGREEMENT.replace("demo_request", "demo_requests"), encoding="utf-8")
    code, said = call(monkeypatch, capsys, "agreement", *asked, *COMMON)
    assert code == 2
    assert "no kind 'demo_requests'; did you mean 'demo_request'?" in said
    assert not list(project.glob("day.*"))


def test_spend_without_a_report_is_not_left_out_in_silence(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "spend.csv").write_text("channel,month,amount\nreferral,2024-02,90\n")
    code, said = call(monkeypatch, capsys, "funnel", *COMMON, "--spend", "spend.csv")
    assert (code, "add --out" in said) == (2, True)
