"""`monitor` as a scheduler sees it: a report, a history that grows, and an exit code that says what is wrong."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from predictive_scoring.cli import monitoring
from predictive_scoring.cli.monitoring import MonitorJob, monitor_lines
from predictive_scoring.config.monitor import Monitor
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError, InputAlarmError, QualityAlarmError
from predictive_scoring.monitor.findings import Finding, alarm
from predictive_scoring.monitor.page import headline
from predictive_scoring.monitor.record import raise_alarms, write_watch
from predictive_scoring.monitor.runs import finished_in, load_runs
from predictive_scoring.monitor.today import Today
from predictive_scoring.monitor.watch import Watch, watch
from predictive_scoring.project.stage import EXTRA_OF
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.write import write_scores
from predictive_scoring.storage import read_parquet
from small_company import END, SmallCompany

BUSY = END - timedelta(days=60)


@pytest.fixture
def history(company: SmallCompany, monkeypatch: pytest.MonkeyPatch) -> History:
    """Return the company's history, which the command then finds behind any source file."""
    rows = {"leads": {"read": 900, "kept": 900}}
    facts = company.history.facts.model_validate({**company.history.facts.model_dump(), "rows": rows})
    found = History(company.history.folder, facts)
    monkeypatch.setattr(monitoring, "extract", lambda *_: found)
    return found


def job(bundle: Bundle, folder: Path, *scores: Path, as_json: bool = False, as_of: str | None = None) -> MonitorJob:
    return MonitorJob(str(bundle.folder), Path("acme.yaml"), list(scores), as_of, folder / "monitor", False, as_json)


def test_a_quiet_night_writes_report_page_and_history(bundle: Bundle, history: History, tmp_path: Path) -> None:
    for days in (60, 53, 46):
        as_of = END - timedelta(days=days)
        write_scores(bundle, history, as_of, tmp_path / "scores" / f"{as_of:%Y-%m-%d}")
    lines = list(monitor_lines(job(bundle, tmp_path, tmp_path / "scores")))
    assert "alarms: 0 about inputs, 0 about realised quality" in lines[0]
    folder = tmp_path / "monitor"
    assert {path.name for path in folder.iterdir()} == {"monitor.json", "monitor.md", "history.parquet"}
    report = json.loads((folder / "monitor.json").read_text())
    assert datetime.fromisoformat(report["today"]["as_of"]) == END - timedelta(days=46)
    assert [run["as_of"][:10] for run in report["matured"]["runs"]] == ["2024-12-26", "2025-01-02", "2025-01-09"]
    page = (folder / "monitor.md").read_text()
    assert page.startswith("# Monitoring: won")
    assert "## What became of the leads" in page
    (again,) = monitor_lines(job(bundle, tmp_path, tmp_path / "scores", as_json=True))
    assert json.loads(again) == report
    assert read_parquet(folder / "history.parquet").num_rows == 1  # the same run once
    list(monitor_lines(job(bundle, tmp_path, as_of=f"{BUSY:%Y-%m-%d}")))
    assert read_parquet(folder / "history.parquet")["as_of"].to_pylist() == [BUSY, END - timedelta(days=46)]


def test_an_alarm_ends_with_its_code_after_the_report_was_written(
    bundle: Bundle, history: History, tmp_path: Path
) -> None:
    """No new lead has come in for a month: the open ones are all old."""
    late = f"{END - timedelta(days=10):%Y-%m-%d}"
    with pytest.raises(InputAlarmError, match="input_drift") as raised:
        list(monitor_lines(job(bundle, tmp_path, as_of=late)))
    assert raised.value.exit_code == 3
    assert "lead__age drifts" in (tmp_path / "monitor" / "monitor.md").read_text()


def found_with(bundle: Bundle, history: History, *more: Finding) -> Watch:
    quiet = watch(bundle, history, [], BUSY, Monitor())
    return Watch(**{**vars(quiet), "findings": [*quiet.findings, *more]})


@pytest.mark.parametrize(
    ("kinds", "settings", "code"),
    [
        ([], {}, 0),
        (["input"], {}, 3),
        (["quality"], {}, 5),
        (["input", "quality"], {}, 5),  # leads were misjudged already: that comes first
        (["input", "quality"], {"fail_on_quality": False}, 3),
        (["input", "quality"], {"fail_on_quality": False, "fail_on_input": False}, 0),
    ],
)
def test_M01_the_exit_code_is_as_params_choose(
    bundle: Bundle, history: History, kinds: list[str], settings: dict[str, bool], code: int
) -> None:
    found = found_with(bundle, history, *(alarm("planted", kind, "something") for kind in kinds))  # type: ignore[arg-type]
    if code == 0:
        raise_alarms(found, Monitor(**settings))  # type: ignore[arg-type]
        return
    with pytest.raises((InputAlarmError, QualityAlarmError)) as raised:
        raise_alarms(found, Monitor(**settings))  # type: ignore[arg-type]
    assert raised.value.exit_code == code


def test_a_folder_that_holds_anything_else_is_refused(bundle: Bundle, history: History, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="not a folder of monitoring"):
        write_watch(found_with(bundle, history), tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_scores_of_another_target_are_refused(bundle: Bundle, history: History, tmp_path: Path) -> None:
    write_scores(bundle, history, BUSY, tmp_path / "scores" / "1")
    with pytest.raises(ConfigurationError, match="another target's scores"):
        load_runs([tmp_path / "scores"], "upsell")
    assert len(load_runs([tmp_path / "scores"], "won")) == 1


def test_a_pointer_to_the_latest_scores_is_no_run_of_its_own(tmp_path: Path) -> None:
    for name in ("2025-04-01", "2025-04-02"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").touch()
    (tmp_path / "latest").symlink_to("2025-04-02")
    assert [path.name for path in finished_in(tmp_path)] == ["2025-04-01", "2025-04-02"]
    assert finished_in(tmp_path / "2025-04-01") == [tmp_path / "2025-04-01"]


def test_J07_J10_a_value_of_the_crm_is_text_on_the_page(bundle: Bundle, history: History, tmp_path: Path) -> None:
    hostile = "channel, '<img src=x>|\x1b[2J\n# forged' flooded"
    found = found_with(bundle, history, alarm("volume", "input", hostile))
    assert not any("\x1b" in line or "\n" in line for line in headline(found))
    write_watch(found, tmp_path / "monitor")
    text = (tmp_path / "monitor" / "monitor.md").read_text()
    assert "<img" not in text
    assert "\x1b" not in text
    assert "\n# forged" not in text


def test_the_figures_that_are_followed_hold_no_lead(bundle: Bundle, history: History, tmp_path: Path) -> None:
    found = found_with(bundle, history)
    assert isinstance(found.today, Today)
    write_watch(found, tmp_path / "monitor")
    held = "".join(path.read_text() for path in (tmp_path / "monitor").glob("monitor.*"))
    ids = read_parquet(history.path("leads"), ["lead_id"])["lead_id"].to_pylist()
    assert not [lead for lead in ids if lead in held]


LIGHT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {extras!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import predictive_scoring.cli.exporting, predictive_scoring.cli.monitoring
from predictive_scoring.scoring import crm_sink, postgres_sink, table_sinks
for crm in ("hubspot", "salesforce"):
    try:
        crm_sink.door(crm, {{}})
    except ModuleNotFoundError as error:
        print(error.name.split(".")[0])
"""
EXTRAS = ["sklearn", "mlflow", "dvc", "shap", "matplotlib", "hubspot", "simple_salesforce", "psycopg", "xlsxwriter"]


def test_monitoring_and_export_need_no_extra_and_an_absent_client_is_named() -> None:
    script = LIGHT.format(extras={*EXTRAS, "requests", "urllib3"})
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["hubspot", "simple_salesforce"]
    assert {EXTRA_OF[name] for name in done.stdout.split()} == {"crm"}


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")  # MLflow's own use of SQLAlchemy
def test_the_figures_are_noted_in_mlflow_if_asked(
    bundle: Bundle, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monitoring._note_in_mlflow(found_with(bundle, history), "acme")
    from predictive_scoring.publish.tracking import client

    connected = client(tmp_path)
    experiment = connected.get_experiment_by_name("acme/monitor")
    assert experiment is not None
    (run,) = connected.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.metrics["leads"] > 50
    assert run.data.tags["model_version"] == bundle.version
