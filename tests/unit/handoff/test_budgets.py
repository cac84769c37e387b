"""Calls that are shared out by segment or by seller: the best of each, never more than theirs or than all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import agreed_world
from agreed_world import AS_OF, TARGET
from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement, Criterion, Version, load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.agreement.terms import Budgets, HandOff
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.history import Attribute
from predictive_scoring.contract.words import Language, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff import qualified
from predictive_scoring.handoff.budgets import WITHOUT_LIMIT, Purses
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.replay import Candidates, replay
from predictive_scoring.handoff.situation import Situation, situation
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report.agreement_words import promises

OWNER = Attribute(table="leads", name="owner", type="category", known="at_instant")
REGION = Attribute(table="accounts", name="region", type="category", known="at_creation")
LIMITS = st.lists(st.integers(0, 4), min_size=4, max_size=4)


def _one_by_one(holder: list[int], limits: list[int], calls: int) -> list[int]:
    """Call one after the other, best first, as long as there is a call left for them."""
    used, chosen = [0] * len(limits), []
    for place, whose in enumerate(holder):
        if len(chosen) < calls and used[whose] < limits[whose]:
            used[whose] += 1
            chosen.append(place)
    return chosen


@given(st.lists(st.integers(0, 3), max_size=25), LIMITS, st.integers(0, 12))
def test_the_best_are_those_of_one_call_after_the_other(holder: list[int], limits: list[int], calls: int) -> None:
    purses = Purses(np.array(holder, np.int64), np.array(limits), ("a", "b", "c", None))
    assert purses.best(np.arange(len(holder)), calls).tolist() == _one_by_one(holder, limits, calls)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=25), LIMITS, st.integers(0, 12))
def test_a_monday_of_a_simulation_shares_its_calls_out_alike(holder: list[int], limits: list[int], calls: int) -> None:
    n = len(holder)
    candidates = Candidates(
        np.arange(n), np.zeros(n, np.int64), -np.arange(n, dtype=float), np.ones(n, bool), np.full(n, LONG_AGO),
        purses=Purses(np.array(holder, np.int64), np.array(limits), ("a", "b", "c", None)),
    )  # fmt: skip
    found = replay(candidates, {0: calls})
    assert found.rows.tolist() == _one_by_one(holder, limits, calls)
    assert found.left_below[0] == n - len(found.rows)


def _found(folder: Path, budgets: Budgets | None, calls: int = 10, owner: Attribute = OWNER) -> Situation:
    """Return five people who all qualify: two of Ana, whose third came too late, one of Ben, and one of nobody."""
    names = ("silent", "ready", "cool", "steel", "sold")
    owners = {"silent": "ana", "ready": "ana", "cool": "ben", "steel": None, "sold": "ana"}
    since = {"sold": AS_OF}  # whose she is became known with the scores, not before
    leads = [
        {"lead_id": name, "account_id": "soft" if name != "cool" else "steel", "created_at": agreed_world.before(60),
         "owner": owners[name], "owner__known_at": since.get(name, agreed_world.before(9)) if owners[name] else None}
        for name in names
    ]  # fmt: skip
    history = write_history(
        folder / "history", leads=leads, attributes=[owner, REGION],
        accounts=[{"account_id": "soft", "region": "north"}, {"account_id": "steel", "region": "south"}],
        activities=[{"lead_id": name, "occurred_at": agreed_world.before(3), "kind": "visit"} for name in names],
    )  # fmt: skip
    rows = [agreed_world.lead(rank, name, grade="A") for rank, name in enumerate(names, start=1)]
    agreed = Agreement(
        versions=(
            Version(
                valid_from="2025-01-01", own_actions=("visit",), hand_off=HandOff(calls_per_week=calls, budgets=budgets)
            ),
        )
    )
    scores = agreed_world.finished_folder(folder / "scores", rows)
    return situation(history, scores, agreed, (TARGET, Snapshots()))


def _handed_over(found: Situation) -> list[str]:
    told = standings(found)["standing"].to_pylist()
    ids = found.people["lead_id"].to_pylist()
    assert set(told) <= {"handed_over", "beyond_capacity"}
    return [name for name, standing in zip(ids, told, strict=True) if standing == "handed_over"]


@pytest.mark.parametrize(
    ("budgets", "calls", "expected"),
    [
        (None, 10, ["silent", "ready", "cool", "steel", "sold"]),
        (Budgets(by="owner", each=1), 10, ["silent", "cool", "steel", "sold"]),  # of two nobody knew whose they were
        (Budgets(by="owner", each=1), 2, ["silent", "cool"]),
        (Budgets(by="owner", calls={"ana": 0}), 10, ["cool", "steel", "sold"]),
        (Budgets(by="owner", calls={"ana": 1}, each=2), 10, ["silent", "cool", "steel", "sold"]),
        (Budgets(by="region", table="accounts", calls={"north": 2}), 10, ["silent", "ready", "cool"]),
    ],
)
def test_a_segment_or_a_seller_gets_its_best_and_no_more(
    tmp_path: Path, budgets: Budgets | None, calls: int, expected: list[str]
) -> None:
    assert _handed_over(_found(tmp_path, budgets, calls)) == expected


def test_whose_a_lead_is_today_may_share_the_calls_out_though_nobody_knows_since_when(tmp_path: Path) -> None:
    """As in a CRM's export, which has today's owner and no history of owners."""
    undated, budgets = OWNER.model_copy(update={"known": "at_export"}), Budgets(by="owner", each=1)
    found = _found(tmp_path, budgets, owner=undated)
    assert _handed_over(found) == ["silent", "cool", "steel"]  # sold is Ana's too: that it came late is not looked at
    refuse_unknown_names(found.history, found.agreement)
    lines = Criterion(attribute="owner", table="leads", any_of=("ana",))
    asked = found.version.model_copy(update={"profile": (lines,)})
    with pytest.raises(ConfigurationError, match="known: at_export"):  # what a lead is like may not come from today
        refuse_unknown_names(found.history, Agreement(versions=(asked,)))


def test_planted_a_hand_off_that_forgets_the_budgets_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qualified.Purses, "of", classmethod(lambda cls, _h, _b, lead_no, _at: cls.whole(len(lead_no))))
    assert _handed_over(_found(tmp_path, Budgets(by="owner", each=1))) == ["silent", "ready", "cool", "steel", "sold"]


def test_purses_without_a_budget_have_no_limit(tmp_path: Path) -> None:
    found = _found(tmp_path, None)
    purses = Purses.of(found.history, Budgets(by="owner", calls={"ana": 1}), np.arange(5), 2**62)
    assert dict(zip(purses.names, purses.limits.tolist(), strict=True)) == {
        "ana": 1, "ben": WITHOUT_LIMIT, None: WITHOUT_LIMIT,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("budgets", "complaint"),
    [
        ({"by": "owners", "each": 1}, "no attribute of leads 'owners'; did you mean 'owner'"),
        ({"by": "region", "each": 1}, "'region' is an attribute of accounts, not of leads"),
        ({"by": "owner", "calls": {"anna": 1}}, "no value 'anna'; did you mean 'ana'"),
    ],
)
def test_budgets_of_what_the_history_does_not_have_are_refused(
    tmp_path: Path, budgets: dict[str, Any], complaint: str
) -> None:
    found = _found(tmp_path, None)
    stages: dict[str, Any] = {"sql": (), "opportunity": (), "customer": (), "lost": ()}
    version = Version.model_validate(
        {"valid_from": "2025-01-01", "own_actions": ("visit",), "stages": stages, "hand_off": {"budgets": budgets}}
    )
    with pytest.raises(ConfigurationError, match=complaint):
        refuse_unknown_names(found.history, Agreement(versions=(version,)))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{by: owner}", "needs calls, by value, or each"),
        ("{by: owner, calls: {ana: -1}}", r"calls below 0: \['ana'\]"),
        ("{by: owner, calls_each: 3}", "did you mean"),
    ],
)
def test_budgets_that_bound_nobody_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    version = f'versions: [{{valid_from: "2024-01-01", own_actions: [a], hand_off: {{budgets: {text}}}}}]'
    (tmp_path / "agreement.yaml").write_text(version)
    with pytest.raises(ConfigurationError, match=complaint):
        load_agreement(tmp_path / "agreement.yaml")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "Of these, by owner (of the lead): ana 3, ben 5, and 2 for every other; whoever has used theirs up waits.",
        ),
        (
            "es",
            "De ellos, por owner (del lead): ana 3, ben 5 y 2 para cada uno de los demás; "
            "quien ha agotado los suyos espera.",
        ),
    ],
)
def test_the_sheet_says_how_the_calls_are_shared_out(language: Language, sentence: str) -> None:
    hand_off = HandOff(budgets=Budgets(by="owner", calls={"ana": 3, "ben": 5}, each=2))
    version = Version(valid_from="2025-01-01", own_actions=("visit",), hand_off=hand_off)
    assert sentence in list(promises(version, Voice(language, Words())))
