"""Whoever opted out, however late that became known, is in no list of names; each list has its planted bug."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import agreed_world
from agreed_world import ACTIVITIES, AS_OF, ATTRIBUTES, LEADS, TARGET
from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.terms import Recycle
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.history import History
from predictive_scoring.handoff.brief import hand_off
from predictive_scoring.handoff.desk import Desk
from predictive_scoring.handoff.dispositions import read_dispositions
from predictive_scoring.handoff.match_table import match_table
from predictive_scoring.handoff.meeting import Table, meeting
from predictive_scoring.handoff.nurture import warming
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.situation import Situation, hidden_people, situation
from predictive_scoring.handoff.tasks import tasks_of
from predictive_scoring.report.brief_page import render_briefs
from predictive_scoring.storage import read_parquet

KNOWN = Snapshots()
FORGOTTEN = Snapshots(opt_out_kinds=("something_else",))  # the planted bug: the kind that says so is none
NOW = AS_OF + timedelta(days=60)
SAID = "lead_id,decided_at,decision,reason\ngone,2025-04-02,rejected,no budget\nready,2025-04-02,rejected,no budget\n"


def _history(folder: Path) -> History:
    """Write the world, in which both whom sales rejected have bought since."""
    won = [{"lead_id": name, "occurred_at": AS_OF + timedelta(days=20), "stage": "won"} for name in ("gone", "ready")]
    acts = [*ACTIVITIES, {"lead_id": "gone", "occurred_at": agreed_world.before(1), "kind": "visit"},
            {"lead_id": "ready", "occurred_at": agreed_world.before(1), "kind": "visit"}]  # fmt: skip
    accounts = [{"account_id": "soft", "industry": "software"}, {"account_id": "steel", "industry": "steel"}]
    return write_history(folder, leads=LEADS, accounts=accounts, activities=acts, outcomes=won, attributes=ATTRIBUTES,
                         observed_until=NOW)  # fmt: skip


def _situation(folder: Path, policy: Snapshots, agreed: Agreement) -> Situation:
    return situation(_history(folder / "history"), agreed_world.scores(folder / "scores"), agreed, (TARGET, policy))


def _briefs(folder: Path, policy: Snapshots) -> str:
    here = _situation(folder, policy, agreed_world.agreed(questions=()))
    return "".join(render_briefs(hand_off(here, language), here.finished.about) for language in ("en", "es"))


def _missing(folder: Path, policy: Snapshots) -> str:
    here = _situation(folder, policy, agreed_world.agreed(questions=("note",)))
    rows = here.people.to_pylist()
    return " ".join(f"{row['lead_id']} {standing}" for row, standing in zip(
        rows, standings(here)["standing"].to_pylist(), strict=True))  # fmt: skip


def _tasks(folder: Path, policy: Snapshots) -> str:
    here = _situation(folder, policy, agreed_world.agreed(questions=()))
    return str(tasks_of(hand_off(here, "en"), here.version.hand_off).to_pylist())


def _nurture(folder: Path, policy: Snapshots) -> str:
    here = _situation(folder, policy, agreed_world.agreed(grades=("C",)))
    return str(warming(here, standings(here)))


def _match(folder: Path, policy: Snapshots) -> str:
    here = _situation(folder, policy, agreed_world.agreed())
    return str(match_table(here)["lead_id"].to_pylist())


def _meeting(folder: Path, policy: Snapshots) -> str:
    history = _history(folder / "history")
    (folder / "said.csv").write_text(SAID)
    said = read_dispositions(folder / "said.csv", read_parquet(history.path("leads"))["lead_id"])
    at = Table(NOW, hidden_people(history, TARGET, policy, NOW), Exclude())
    agreed = agreed_world.agreed(recycle=Recycle(after_days=1))
    return str(meeting(history, agreed, Desk(said=said), [agreed_world.scores(folder / "scores")], at).disagreements)


LISTS = (_briefs, _missing, _tasks, _nurture, _match, _meeting)


@pytest.mark.parametrize("listed", LISTS, ids=lambda each: each.__name__.strip("_"))
def test_whoever_opted_out_is_in_no_list_of_names(listed: Callable[[Path, Snapshots], str], tmp_path: Path) -> None:
    found = listed(tmp_path, KNOWN)
    assert "ready" in found
    assert "gone" not in found


@pytest.mark.parametrize("listed", LISTS, ids=lambda each: each.__name__.strip("_"))
def test_planted_a_list_that_forgets_who_opted_out_is_caught(
    listed: Callable[[Path, Snapshots], str], tmp_path: Path
) -> None:
    assert "gone" in listed(tmp_path, FORGOTTEN)
