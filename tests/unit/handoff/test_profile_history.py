"""Where the declared profile and the history disagree it is named; where they agree nothing is."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from history_builder import write_history
from predictive_scoring.agreement.definition import Criterion, Version, load_agreement
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff import profile_history as module
from predictive_scoring.handoff.profile_history import profile_history
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator.write import simulate

ROOT = Path(__file__).parents[3]
START = datetime(2024, 1, 1, tzinfo=UTC)
WON = Target(stage="won", horizon_days=30, end_stages=("lost",))
POLICY = Snapshots(every_days=7, max_age_days=20)
SIZE = Criterion(attribute="employees", at_least=50, at_most=500)
INDUSTRY = Criterion(attribute="industry", any_of=("retail",))


def version(*profile: Criterion) -> Version:
    return Version(valid_from="2024-01-01", own_actions=("visit",), profile=profile)


def history_of(folder: Path, chances: dict[str, float], n_leads: int = 900) -> History:
    """Write leads, an account each: small, middle and large firms buy by their chances; the last fifth came lately."""
    rng = np.random.default_rng(5)
    sizes = {"small": 10.0, "middle": 100.0, "large": 900.0, "unknown": None}
    leads, accounts, outcomes = [], [], []
    for number in range(n_leads):
        size = list(sizes)[number % 4]
        created = START + timedelta(days=300 if number % 5 == 4 else int(rng.integers(200)))
        names = {"lead_id": f"L{number:04d}", "account_id": f"A{number:04d}"}
        leads.append({**names, "created_at": created})
        industry = ("retail", "software", "health")[number % 3]
        accounts.append({"account_id": names["account_id"], "employees": sizes[size], "industry": industry})
        if rng.random() < chances[size]:
            outcomes.append({**names, "occurred_at": created + timedelta(days=25), "stage": "won"})
    return write_history(
        folder, leads=leads, accounts=accounts,
        outcomes=[row for row in outcomes if row["occurred_at"] < START + timedelta(days=310)],
        activities=[{"lead_id": lead["lead_id"], "occurred_at": lead["created_at"], "kind": "visit"} for lead in leads],
        attributes=[
            Attribute(table="accounts", name="employees", type="number", known="at_creation"),
            Attribute(table="accounts", name="industry", type="category", known="at_creation"),
        ],
        observed_until=START + timedelta(days=310),
    )  # fmt: skip


def test_firms_that_are_excluded_and_buy_more_are_named_with_their_side(tmp_path: Path) -> None:
    history = history_of(tmp_path, {"small": 0.6, "middle": 0.2, "large": 0.1, "unknown": 0.3})
    found = profile_history(history, version(SIZE, INDUSTRY), WON, POLICY)
    assert [(part.criterion, part.side) for part in found.disagreements] == [(SIZE, "below")]
    small = found.disagreements[0]
    assert small.rate.low < 0.6 < small.rate.high
    assert small.against.ratio == pytest.approx(small.rate.share / found.criteria[0].fits.share)
    assert not found.agrees


def test_immature_looks_are_counted_apart_and_never_as_losses(tmp_path: Path) -> None:
    certain = dict.fromkeys(("small", "middle", "large", "unknown"), 1.0)
    found = profile_history(history_of(tmp_path, certain), version(SIZE), WON, POLICY)
    assert found.average.share == 1.0
    assert found.n_immature > 0


def test_each_value_of_a_category_is_looked_at_and_all_together_where_none_stands_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    even = dict.fromkeys(("small", "middle", "large", "unknown"), 0.3)
    history = history_of(tmp_path, even)
    assert not profile_history(history, version(INDUSTRY), WON, POLICY).disagreements
    monkeypatch.setattr(module, "SAME", 0.01)
    for which, named in (
        ([True, True, True], [("value", "health"), ("value", "software")]),
        ([False, False, True], [("all", "")]),
    ):
        monkeypatch.setattr(module, "holds_of_many", lambda p, alpha, which=which: np.array(which))
        told = profile_history(history, version(INDUSTRY), WON, POLICY).disagreements
        assert sorted((part.side, part.value) for part in told) == named
        assert [part.rate.share for part in told] == sorted((part.rate.share for part in told), reverse=True)


def test_a_criterion_that_changes_nothing_is_said_to_change_nothing_once_there_is_enough(tmp_path: Path) -> None:
    even = dict.fromkeys(("small", "middle", "large", "unknown"), 0.5)
    enough = profile_history(history_of(tmp_path / "many", even, 2400), version(SIZE), WON, POLICY)
    assert enough.criteria[0].makes_no_difference
    few = profile_history(history_of(tmp_path / "few", even, 200), version(SIZE), WON, POLICY)
    assert not few.criteria[0].makes_no_difference


def test_a_flat_table_is_refused(tmp_path: Path) -> None:
    flat = write_history(tmp_path, leads=[{"lead_id": "L0", "created_at": START}], flat=True)
    with pytest.raises(ConfigurationError, match="flat"):
        profile_history(flat, version(SIZE), WON, POLICY)


@pytest.mark.heavy
def test_in_a_simulated_company_a_planted_disagreement_is_named_and_without_one_none(tmp_path: Path) -> None:
    simulate(Simulate(seed=104, n_accounts=1500, n_days=728, n_rollouts=2), 90, tmp_path / "raw" / "demo")
    (tmp_path / "sources").mkdir()
    source = Path(shutil.copy(ROOT / "data" / "sources" / "demo.yaml", tmp_path / "sources"))
    history = extract(source, tmp_path / "history", Extract())
    agreed = load_agreement(ROOT / "data" / "agreement.yaml").versions[-1]
    target = Target(stage="won", horizon_days=90, end_stages=("lost",))
    assert profile_history(history, agreed, target, Snapshots()).disagreements == ()
    small = (Criterion(attribute="employees", at_most=49), *agreed.profile[1:])
    (named,) = profile_history(history, agreed.model_copy(update={"profile": small}), target, Snapshots()).disagreements
    assert (named.criterion.attribute, named.side) == ("employees", "above")
    assert named.against.ratio > 1.25
