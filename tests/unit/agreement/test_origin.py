"""How people first came is the first thing known between them and us, as a plain loop finds it."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from history_builder import write_history
from predictive_scoring.agreement import origin
from predictive_scoring.agreement.definition import Agreement, Approached, Origin, Version, load_agreement
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.agreement.origin import ORIGIN, Origins
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.contract.words import LANGUAGES, Word, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.funnel_report import Asked, funnel_report
from predictive_scoring.handoff.segments import segment_of
from predictive_scoring.report.funnel_page import render_funnel
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator.write import simulate
from predictive_scoring.storage import read_parquet

ROOT = Path(__file__).parents[3]
START = datetime(2024, 1, 1, tzinfo=UTC)
FIRST = Version(valid_from="2024-01-01", own_actions=("visit", "demo"), hand_off=HandOff(contact_kinds=("call",)))
LATER = Version(valid_from="2024-02-01", own_actions=("visit",), hand_off=HandOff(contact_kinds=("call", "mail")))
AGREEMENT = Agreement(versions=(FIRST, LATER))


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def act(lead: str, at: float, kind: str, direction: str | None = None, known: float | None = None) -> dict[str, Any]:
    recorded = None if known is None else day(known)
    return {"lead_id": lead, "occurred_at": day(at), "kind": kind, "direction": direction, "recorded_at": recorded}


def history_of(folder: Path, acts: list[dict[str, Any]], *attributes: Attribute, **also: Any) -> History:
    names = sorted({one["lead_id"] for one in acts} | {"nobody"})
    leads = [{"lead_id": name, "created_at": START, **also.get("lead", {})} for name in names]
    words = also.get("words")
    return write_history(folder, leads=leads, activities=acts, attributes=attributes, words=words)


def found(history: History, at: float) -> dict[str, str]:
    names = sorted({"nobody", *(f"{name}" for name in NAMES)})
    return dict(zip(names, Origins(AGREEMENT, day(at)).of(history).tolist(), strict=True))


ACTS = [
    act("came", 5, "visit"), act("came", 6, "call", "outbound"),
    act("called", 5, "call"), act("called", 6, "visit"),
    act("answered", 5, "demo"), act("answered", 5, "mail", "outbound"),
    act("late", 3, "visit", known=20), act("late", 8, "anything", "outbound"),
    act("theirs", 4, "call", "inbound"), act("theirs", 9, "visit"),
    act("passive", 2, "open", "inbound"),
    act("changed", 40, "demo"), act("changed", 41, "mail"),
]  # fmt: skip
NAMES = sorted({one["lead_id"] for one in ACTS})


def test_the_first_thing_known_between_a_person_and_us_says_how_they_came(tmp_path: Path) -> None:
    history = history_of(tmp_path, ACTS)
    assert found(history, 10) == {
        "came": "inbound",
        "called": "outbound",
        "answered": "inbound",  # what is ours at the same instant is an answer
        "late": "outbound",  # the visit is not known yet
        "theirs": "inbound",  # they called: no contact of ours
        "passive": "unknown",
        "changed": "unknown",
        "nobody": "unknown",
    }
    later = found(history, 60)
    assert later["late"] == "inbound"
    assert later["changed"] == "outbound"  # a demo is no own action any more, and a mail is a contact now


def by_a_loop(acts: list[dict[str, Any]], lead: str, as_of: datetime) -> str:
    best: tuple[datetime, bool] | None = None
    for one in acts:
        known = one["recorded_at"] or one["occurred_at"]
        version = FIRST if known < datetime(2024, 2, 1, tzinfo=UTC) else LATER
        outbound, inbound = one["direction"] == "outbound", one["direction"] == "inbound"
        own = one["kind"] in version.own_actions and not outbound
        ours = outbound or (one["kind"] in version.hand_off.contact_kinds and not inbound)
        if one["lead_id"] == lead and known < as_of and (own or ours):
            place = (one["occurred_at"], not own)
            best = place if best is None or place < best else best
    return "unknown" if best is None else ("outbound" if best[1] else "inbound")


def _random(seed: int) -> list[dict[str, Any]]:
    lot = np.random.default_rng(seed)
    acts = []
    for _ in range(250):
        at = int(lot.integers(0, 240)) / 4  # a coarse grid: many instants are equal
        known = at + float(lot.integers(0, 60)) if lot.random() < 0.3 else None
        direction = [None, "inbound", "outbound"][int(lot.integers(3))]
        kind = str(lot.choice(["visit", "demo", "call", "mail", "open"]))
        acts.append(act(f"L{int(lot.integers(60)):02}", at, kind, direction, known))
    return acts


@pytest.mark.parametrize("seed", range(5))
def test_a_plain_loop_over_the_rows_finds_the_same_at_every_instant(tmp_path: Path, seed: int) -> None:
    acts = _random(seed)
    history = history_of(tmp_path, acts)
    names = sorted({one["lead_id"] for one in acts} | {"nobody"})
    seen: set[str] = set()
    for at in (1, 20, 31, 32, 50, 200):
        told = Origins(AGREEMENT, day(at)).of(history).tolist()
        assert told == [by_a_loop(acts, name, day(at)) for name in names]
        seen |= set(told)
    assert seen == {"inbound", "outbound", "unknown"}


def test_the_planted_bug_of_one_version_for_all_times_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = origin.is_own_action
    monkeypatch.setattr(origin, "is_own_action", lambda version: real(FIRST))
    with pytest.raises(AssertionError):
        test_a_plain_loop_over_the_rows_finds_the_same_at_every_instant(tmp_path, 0)


CHANNEL = Attribute(table="leads", name="the channel", type="category", known="at_creation")


def _approached(*values: str) -> Origin:
    return Origin(outbound=Approached(attribute="the channel", any_of=values))


def test_whom_the_record_says_we_approached_goes_before_what_came_first(tmp_path: Path) -> None:
    """By the version in force when they were created; of the others the first contact says it, as before."""
    names = ("called", "came", "later", "nobody")  # in the order of lead_no
    born = {"later": day(40)}
    history = write_history(
        tmp_path,
        leads=[{"lead_id": name, "created_at": born.get(name, START), "the channel": "list" if name != "called"
                else "fair"} for name in names],
        activities=[one for one in ACTS if one["lead_id"] in names] + [act("later", 41, "visit")],
        attributes=[CHANNEL],
    )  # fmt: skip
    first = FIRST.model_copy(update={"origin": _approached(" list ")})
    declared, undeclared = Agreement(versions=(first, LATER)), AGREEMENT
    told = {
        name: dict(zip(names, Origins(agreement, day(60)).of(history).tolist(), strict=True))
        for name, agreement in (("declared", declared), ("undeclared", undeclared))
    }
    assert told["undeclared"] == {"came": "inbound", "called": "outbound", "nobody": "unknown", "later": "inbound"}
    assert told["declared"] == {"came": "outbound", "called": "outbound", "nobody": "outbound", "later": "inbound"}
    assert Origins(declared, START).of(history).tolist() == ["unknown"] * 4  # nobody was there yet


def test_in_the_demo_some_came_and_some_were_approached(tmp_path: Path) -> None:
    simulate(Simulate(seed=3, n_accounts=150, n_days=546, n_rollouts=2), 90, tmp_path / "raw" / "demo")
    (tmp_path / "sources").mkdir()
    source = Path(shutil.copy(ROOT / "data" / "sources" / "demo.yaml", tmp_path / "sources"))
    history = extract(source, tmp_path / "history", Extract())
    agreed = load_agreement(ROOT / "data" / "agreement.yaml")
    refuse_unknown_names(history, agreed)
    end = datetime(2025, 12, 1, tzinfo=UTC)
    listed = read_parquet(history.path("leads"))["channel"].cast("string").to_numpy(zero_copy_only=False)
    came = Origins(agreed, end).of(history)
    assert (listed == "outbound_list").sum() > 5
    assert set(came[listed == "outbound_list"]) == {"outbound"}
    assert "inbound" in came[listed != "outbound_list"]
    (version,) = agreed.versions
    bare = Agreement(versions=(version.model_copy(update={"origin": None}),))
    assert "outbound" not in Origins(bare, end).of(history)  # as it was: the first thing known of each is a form


def test_the_funnel_is_told_apart_by_it_in_words_and_adds_up(tmp_path: Path) -> None:
    history = history_of(tmp_path, ACTS)
    walked = lives(history, AGREEMENT, Exclude())
    report = funnel_report(history, AGREEMENT, walked, Asked(day(60), 30, (ORIGIN,)))
    assert set(report.groups[ORIGIN]) == {"inbound", "outbound", "unknown"}
    for place, share in enumerate(report.steps):
        assert sum(values[place].step.n_entered for values in report.groups[ORIGIN].values()) == share.step.n_entered
    english, spanish = (render_funnel(report, history.facts, language) for language in LANGUAGES)
    assert all(said in english for said in ("came of their own accord", "approached by us", "origin"))
    assert all(said in spanish for said in ("llegó por iniciativa propia", "contacto iniciado por nosotros", "origen"))


def test_an_attribute_of_that_name_goes_before_and_the_name_is_told_where_none_is_known(tmp_path: Path) -> None:
    own = Attribute(table="leads", name=ORIGIN, type="category", known="at_creation")
    words = Words(values={ORIGIN: {"fair": Word(en="trade fair", es="feria")}})
    named = history_of(tmp_path / "named", ACTS, own, lead={ORIGIN: "fair"}, words=words)
    assert set(segment_of(named, ORIGIN, Origins(AGREEMENT, day(60)))) == {"fair"}
    report = funnel_report(named, AGREEMENT, lives(named, AGREEMENT, Exclude()), Asked(day(60), 30, (ORIGIN,)))
    assert "trade fair" in render_funnel(report, named.facts, "en")
    written = own.model_copy(update={"known": "at_export"})
    late = history_of(tmp_path / "late", ACTS, written, lead={ORIGIN: "fair"})
    with pytest.raises(ConfigurationError, match="'origin': no category"):
        segment_of(late, ORIGIN, Origins(AGREEMENT, day(60)))
    bare = history_of(tmp_path / "bare", ACTS)
    with pytest.raises(ConfigurationError, match=r"\['origin'\]"):
        segment_of(bare, "chanel", Origins(AGREEMENT, day(60)))
