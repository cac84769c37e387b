"""Which instant is scored, and that the machine's own settings are not in the scores."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from history_builder import write_history
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.instant import as_of_instant
from source_of_two_leads import LEADS, write


@pytest.fixture
def history(tmp_path: Path) -> History:
    return write_history(tmp_path, leads=[{"lead_id": "l", "created_at": "2024-02-01"}], observed_until="2024-06-01")


def test_C21_an_instant_that_has_not_come_is_a_wrong_command_line(history: History) -> None:
    with pytest.raises(ConfigurationError, match="has not come yet") as refused:
        as_of_instant("2999-01-01", history)
    assert refused.value.exit_code == 2
    soon = datetime.now(UTC) + timedelta(hours=12)
    assert as_of_instant(soon, history) == soon, "it may be tomorrow already where the leads are"


@pytest.mark.parametrize("as_of", ["2024-01-31", "2024-02-01"])
def test_C21_an_instant_before_all_data_is_a_breach_of_contract(history: History, as_of: str) -> None:
    with pytest.raises(DataContractError, match="no lead was created before") as refused:
        as_of_instant(as_of, history)
    assert refused.value.exit_code == 3
    assert as_of_instant("2024-02-01T00:00:01", history).day == 1


def test_A18_a_history_without_leads_can_be_asked_at_any_instant(tmp_path: Path) -> None:
    assert as_of_instant("2024-01-01", write_history(tmp_path, leads=[])).year == 2024


ELSEWHERE = {"TZ": "Pacific/Kiritimati", "LC_ALL": "es_ES.UTF-8", "LANG": "tr_TR.UTF-8"}
SCRIPT = """
import sys, time
from pathlib import Path
from predictive_scoring import Bundle, score
from predictive_scoring.config.extract import Extract
from predictive_scoring.sources.extract import extract
bundle, source, out = map(Path, sys.argv[1:])
extract(source, out / "history", Extract())
scores = score(Bundle.load(bundle), source, "2024-03-01").drop(columns="scored_at")
(out / "local.txt").write_text(time.strftime("%H:%M", time.localtime(0)))
(out / "scores.txt").write_text(scores.to_json(orient="records", date_format="iso", double_precision=15))
"""


def test_C20_another_time_zone_and_locale_of_the_machine_give_the_same_bytes(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path, LEADS.replace("2024-02-01", "2024-02-01T23:30:00"))
    made = []
    for name in ("here", "elsewhere"):
        out = tmp_path / name
        out.mkdir()
        arguments = [str(bundle.folder), str(source), str(out)]
        if name == "here":
            monkeypatch.setattr(sys, "argv", ["script", *arguments])
            exec(SCRIPT, {})
        else:
            command = [sys.executable, "-c", SCRIPT, *arguments]
            subprocess.run(command, check=True, env={**os.environ, **ELSEWHERE}, timeout=120)
        made.append({path.name: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()})
    here, there = made
    assert here.pop("local.txt") != there.pop("local.txt"), "what asks the machine would have been seen"
    assert {"leads.parquet", "activities.parquet", "history.json", "scores.txt"} < set(here)
    assert here == there
    assert b"L1" in here["scores.txt"]


def test_C20_the_clock_of_the_machine_says_nothing_of_an_instant_that_was_asked_for(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return datetime(2038, 1, 19, tzinfo=tz)

    before = as_of_instant("2024-05-01", history), as_of_instant("latest", history)
    monkeypatch.setattr("predictive_scoring.scoring.instant.datetime", Wrong)
    assert (as_of_instant("2024-05-01", history), as_of_instant("latest", history)) == before
