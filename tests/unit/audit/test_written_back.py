"""A stage or kind that only converting leads ever have warns at any distance, and refuses where nobody waits in it."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from planted_history import END, WON, Planted
from predictive_scoring.audit import kinds
from predictive_scoring.audit.auditing import target_findings
from predictive_scoring.audit.early_end import early_end_findings
from predictive_scoring.audit.encoding import encoding_findings
from predictive_scoring.audit.finding import Finding, accept, refuse
from predictive_scoring.audit.written_back import Waiting
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.errors import LeakSuspectedError
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator import simulate
from predictive_scoring.storage import read_parquet

SHIPPED = Path(__file__).parents[3] / "data" / "sources"
Plant = Callable[[Planted, str, datetime], None]


def qualify(planted: Planted, lead_id: str, at: datetime) -> None:
    planted.outcomes.append({"lead_id": lead_id, "occurred_at": at, "stage": "mql"})


def call(planted: Planted, lead_id: str, at: datetime) -> None:
    planted.act(lead_id, at, "mql")


def found(history: History) -> list[Finding]:
    with open_engine() as engine:
        return [each for each in target_findings(engine, history, WON, 20) if each.column == "mql"]


def halfway(planted: Planted, plant: Plant, *, open_too: bool, lost_share: float = 0.0) -> Planted:
    """Give every converting lead the stage halfway to its outcome, and that long after creation to some others.

    Leads of the last weeks whose sale lies after the end have it too, or (written back) do not.
    """
    created = {lead["lead_id"]: lead["created_at"] for lead in planted.leads}
    for lead_id, won_at in planted.won_at.items():
        if open_too or won_at < END:
            plant(planted, lead_id, created[lead_id] + (won_at - created[lead_id]) / 2)
    for lead_id in created.keys() - planted.won_at.keys():
        if planted.rng.random() < lost_share:
            plant(planted, lead_id, created[lead_id] + timedelta(days=9))
    return planted


def late_leads() -> Planted:
    """Return a history to whose end leads come in; the builder's own stop forty days before it."""
    planted = Planted(n_leads=5000)
    later = timedelta(days=38)
    for row in planted.leads:
        row["created_at"] += later
    for row in [*planted.activities, *planted.outcomes]:
        row["occurred_at"] += later
    planted.won_at = {lead_id: at + later for lead_id, at in planted.won_at.items()}
    return planted


@pytest.mark.parametrize(("plant", "what"), [(qualify, "stage"), (call, "kind")])
def test_E09_what_is_dated_back_at_any_distance_is_refused_by_name(tmp_path: Path, plant: Plant, what: str) -> None:
    [leak] = found(halfway(late_leads(), plant, open_too=False).write(tmp_path))
    assert (leak.id, leak.severity) == (f"leak.{what}_of_converted_only", "refuse")
    assert "days later" in leak.what
    assert "dated back" in leak.what
    assert "only_listed" in leak.fix
    with pytest.raises(LeakSuspectedError):
        refuse([leak])
    refuse(accept([leak], ["mql"]))


@pytest.mark.parametrize("plant", [qualify, call])
def test_E09_what_open_leads_have_too_only_warns(tmp_path: Path, plant: Plant) -> None:
    [leak] = found(halfway(late_leads(), plant, open_too=True).write(tmp_path))
    assert leak.severity == "warn"
    assert "dated back" not in leak.what


def test_without_open_leads_at_the_end_nobody_can_be_missed(tmp_path: Path) -> None:
    planted = Planted(n_leads=1200)
    [leak] = found(halfway(planted, qualify, open_too=False).write(tmp_path))
    assert leak.severity == "warn"


@pytest.mark.parametrize("plant", [qualify, call])
def test_an_honest_step_that_one_in_seven_of_its_leads_does_not_survive_says_nothing(
    tmp_path: Path, plant: Plant
) -> None:
    assert found(halfway(late_leads(), plant, open_too=True, lost_share=0.04).write(tmp_path)) == []


def test_fewer_than_thirty_leads_say_nothing(tmp_path: Path) -> None:
    planted = late_leads()
    for lead_id, at in list(planted.won_at.items())[:25]:
        qualify(planted, lead_id, at - timedelta(days=4))
    assert found(planted.write(tmp_path)) == []


def test_planted_bug_a_look_at_the_last_days_alone_sees_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = halfway(late_leads(), qualify, open_too=False).write(tmp_path)
    assert found(history)
    monkeypatch.setattr(kinds, "is_only_theirs", lambda row: False)
    assert found(history) == []


@pytest.mark.parametrize(
    ("n_waiting", "n_waiting_then", "n_open", "is_told"),
    [(0, 37, 400, True), (3, 37, 400, True), (4, 37, 400, False), (0, 9, 400, False), (0, 37, 50, False)],
)
def test_who_waits_at_the_end_is_held_against_who_waited_before(
    n_waiting: int, n_waiting_then: int, n_open: int, is_told: bool
) -> None:
    waiting = Waiting(n_open, n_waiting, 400, n_waiting_then, 100, 20.0)
    assert waiting.is_written_back is is_told


@pytest.mark.heavy
def test_real_loan_applications_say_nothing(tmp_path: Path) -> None:
    if not os.environ.get("PREDICTIVE_SCORING_DATA"):
        pytest.skip("PREDICTIVE_SCORING_DATA does not name a folder with the public data sets")
    (tmp_path / "raw").symlink_to(os.environ["PREDICTIVE_SCORING_DATA"])
    (tmp_path / "sources").mkdir()
    source = shutil.copy(SHIPPED / "bpic2012.yaml", tmp_path / "sources")
    activated = Target(stage="activated", horizon_days=45, end_stages=("declined", "cancelled"))
    history = extract(Path(source), tmp_path / "history", Extract())
    with open_engine() as engine:
        assert list(kinds.kind_findings(engine, history, activated)) == []
        assert [*early_end_findings(engine, history), *encoding_findings(engine, history)] == []


@pytest.mark.heavy
def test_the_default_history_says_nothing_and_its_stage_planted_back_is_refused(tmp_path: Path) -> None:
    world = Simulate(seed=3, n_accounts=6000, n_days=546, n_rollouts=2)
    simulate(world, 90, tmp_path / "raw" / "demo")
    (tmp_path / "sources").mkdir()
    text = (SHIPPED / "demo.yaml").read_text(encoding="utf-8")
    source = tmp_path / "sources" / "demo.yaml"
    source.write_text(re.sub(r"(?m)^exported_at: .*$", f'exported_at: "{world.ends_at.isoformat()}"', text))
    history = extract(source, tmp_path / "history", Extract())
    won = Target(stage="won", horizon_days=90, end_stages=("lost",))
    with open_engine() as engine:
        assert list(kinds.kind_findings(engine, history, won)) == []
        assert [*early_end_findings(engine, history), *encoding_findings(engine, history)] == []
        outcomes = read_parquet(history.path("outcomes"))
        winners = outcomes.filter(pc.equal(outcomes["stage"], "won"))["lead_no"]
        qualified = pc.equal(outcomes["stage"], "mql")
        kept = pc.or_(pc.invert(qualified), pc.is_in(outcomes["lead_no"], winners.combine_chunks()))
        pq.write_table(outcomes.filter(kept), history.path("outcomes"))
        [leak] = kinds.kind_findings(engine, history, won)
    assert (leak.id, leak.column, leak.severity) == ("leak.stage_of_converted_only", "mql", "refuse")
