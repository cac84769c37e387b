"""What history shows of the time to the first contact: a planted effect is found, none is found where there is none."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from predictive_scoring.contract.words import Words
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff import response
from predictive_scoring.handoff.excess import compare
from predictive_scoring.handoff.promise import HOUR
from predictive_scoring.handoff.response import BAND_ENDS_HOURS, Band, Waits, response_needed
from predictive_scoring.handoff.told_response import response_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.model.calibration import sigmoid
from predictive_scoring.model.calibration_fit import fitted_chances
from predictive_scoring.snapshots.instants import DAY, NEVER

HORIZON = 90 * DAY
LEVEL = 0.9
N_WORLDS = 20


def instants(hours: np.ndarray) -> np.ndarray:
    there = np.isfinite(hours)
    return np.where(there, np.where(there, hours, 0) * HOUR, NEVER).astype(np.int64)


def world(
    seed: int,
    *,
    effect: float = 1.0,
    slope: float = 1.0,
    lost_days: float = 40,
    closed: float = 0.0,
    n: int = 1500,
    whole_hours: bool = False,
) -> Waits:
    """Return people of whom the good are called first; whoever is called within a day converts `effect` times as often.

    Parameters
    ----------
    slope
        How much further apart the true log-odds lie than those of the model's chances.
    lost_days
        How soon those are lost who do not convert, on average.
    closed
        In which share of those who do not convert the call decides it, some hours later.
    whole_hours
        Whether contacts and decisions fall on whole hours, and so on landmarks.
    """
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2.2, 1.0, n)
    wait = np.where(rng.random(n) < 0.1, np.inf, rng.exponential(50 * np.exp(-log_odds - 2.2)))
    true = sigmoid(slope * log_odds + 2.2 * (slope - 1)) * np.where(wait < 24, effect, 1)
    converts = rng.random(n) < np.minimum(true, 0.95)
    over = np.where(converts, rng.exponential(8 * 24, n), rng.exponential(lost_days * 24, n))
    over = np.where(converts & (effect > 1) & (wait < 24), wait + over, over)
    wait = np.where(wait < over, wait, np.inf)  # nobody calls whoever is decided
    if closed:
        by_the_call = ~converts & np.isfinite(wait) & (rng.random(n) < closed)
        over = np.where(by_the_call, np.where(np.isfinite(wait), wait, 0) + rng.exponential(6, n), over)
    accepts = np.where(np.isfinite(wait) & (rng.random(n) < 0.4), wait + rng.exponential(50, n), np.inf)
    if whole_hours:
        steps = ((each, np.where(each < 24, 4, 24)) for each in (wait, over, accepts))
        wait, over, accepts = (np.floor(hours / step) * step for hours, step in steps)
    since = rng.integers(0, 10_000, n) * DAY
    at = [np.where(each < NEVER, since + each, NEVER) for each in map(instants, (wait, over, accepts))]
    converted = np.where(converts, at[1], NEVER)
    whose = Whose(np.arange(n), rng.integers(0, n, n))
    return Waits(whose, since, at[0], at[1], converted, at[2], sigmoid(log_odds))


def needed(change: Callable[[Waits], Waits] = lambda waits: waits, **planted: float) -> Counter[int | None]:
    """Return how many worlds say that which time is needed."""
    worlds = (world(seed, **planted) for seed in range(N_WORLDS))  # type: ignore[arg-type]
    return Counter(response_needed(change(each), HORIZON, LEVEL).needed_hours for each in worlds)


def false_alarms(change: Callable[[Waits], Waits] = lambda waits: waits, **planted: float) -> float:
    """Return in which share of worlds a time is needed; none is where nothing was planted."""
    return 1 - needed(change, **planted)[None] / N_WORLDS


def test_a_planted_effect_of_the_first_day_is_found_and_named_by_its_end() -> None:
    found = needed(effect=2.0)
    assert found[24] >= 0.8 * N_WORLDS
    assert found[None] + found[4] <= 0.1 * N_WORLDS


def test_where_the_time_makes_no_difference_hardly_a_world_says_it_does() -> None:
    """One in twenty may, at a level of 0.9: of 60 worlds so at most 7 with 99 % (binomial).

    Fast calls go to good leads in all of them, and in two thirds the chances are off.
    """
    assert sum(false_alarms(slope=slope) for slope in (1.0, 1.8, 0.6)) * N_WORLDS <= 7


def test_planted_chances_that_are_believed_find_effects_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response, "fitted_chances", lambda raw, _: sigmoid(raw))
    assert false_alarms(slope=1.8) > 0.3


def test_planted_no_chances_at_all_find_effects_where_there_are_none() -> None:
    assert false_alarms(lambda waits: replace(waits, chance=np.full(len(waits.since), 0.1))) > 0.8


def test_planted_immortal_time_makes_waiting_look_bad_by_construction() -> None:
    """Whoever was lost before any call stays among the waiting if nobody looks, and can convert no more."""
    assert false_alarms(lost_days=4) <= 0.2  # 4 of 20: of one in twenty with 99 %
    assert false_alarms(lambda waits: replace(waits, decided=np.full(len(waits.since), NEVER)), lost_days=4) > 0.8


def test_a_call_that_decides_people_makes_calling_look_no_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sellers close the hopeless after the call; among those who wait there are as many, and nobody closes them."""
    assert false_alarms(closed=0.5) <= 0.2  # 4 of 20: of one in twenty with 99 %
    monkeypatch.setattr(response, "_is_counted", lambda waits, _, ends: waits.decided >= ends)
    assert false_alarms(closed=0.5) > 0.5


def _by_hand(waits: Waits, band: Band) -> dict[str, Any]:
    """Return the counts of a band, person by person, in hours since the hand-over."""
    found: dict[str, Any] = {"contacted": [0, 0], "waiting": [0, 0], "decided_before": 0, "accepted": [0, 0]}
    for place, since in enumerate(waits.since.tolist()):
        contact, decided, converted, accepted = (
            (each[place] - since) / HOUR if each[place] < NEVER else float("inf")
            for each in (waits.contacted, waits.decided, waits.converted, waits.accepted)
        )
        if (band.from_hours and contact <= band.from_hours) or decided < band.from_hours:
            continue
        if contact <= band.to_hours and accepted >= contact and decided >= contact:
            found["accepted"][0] += 1
            found["accepted"][1] += accepted < 90 * 24
        lost_by_the_call = contact <= band.to_hours and contact <= decided and converted >= band.to_hours
        if decided < band.to_hours and not lost_by_the_call:
            found["decided_before"] += 1
            continue
        side = found["contacted" if contact <= band.to_hours else "waiting"]
        side[0] += 1
        side[1] += band.to_hours <= converted < 90 * 24
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_bands_are_those_of_a_loop_over_people_also_where_instants_fall_on_landmarks(seed: int) -> None:
    waits = world(seed, whole_hours=True)
    bands = response_needed(waits, HORIZON, LEVEL).bands
    assert [band.to_hours for band in bands] == list(BAND_ENDS_HOURS)
    for band in bands:
        assert (waits.contacted - waits.since == band.to_hours * HOUR).any()  # there are some on the very landmark
        mine = {
            "contacted": [band.contacted.people, band.contacted.converted["n"]],
            "waiting": [band.waiting.people, band.waiting.converted["n"]],
            "decided_before": band.decided_before,
            "accepted": [band.answered, band.accepted["n"]],
        }
        assert mine == _by_hand(waits, band)


def test_both_sides_together_are_expected_to_do_what_they_did() -> None:
    for band in response_needed(world(3, slope=1.8), HORIZON, LEVEL).bands:
        did = band.contacted.converted["n"] + band.waiting.converted["n"]
        assert band.contacted.expected + band.waiting.expected == pytest.approx(did, rel=0.02)


def _few(hours: list[tuple[float, float, float]]) -> Waits:
    """Return people by the hours to contact, to the decision and to the conversion."""
    wait, over, converted = (instants(np.array(column)) for column in zip(*hours, strict=True))
    n, none = len(hours), np.full(len(hours), NEVER)
    return Waits(Whose.alone(np.arange(n)), np.zeros(n, np.int64), wait, over, converted, none, np.full(n, 0.5))


def test_a_contact_on_a_landmark_is_within_it_and_what_comes_of_people_comes_after_it() -> None:
    never = float("inf")
    people = [(3.9, never, never), (4, never, never), (4, 4, 4), (4, 3.9, 3.9), (1, 90 * 24, 90 * 24), (1, 4, 4),
              (4.1, never, never), (24, never, never), (24.1, never, never)]  # fmt: skip
    first, second = (response._band(_few(people), hours, HORIZON, LEVEL) for hours in ((0, 4), (4, 24)))
    assert (first.contacted.people, first.contacted.converted["n"]) == (5, 2)  # on it; the horizon is half-open
    assert (first.waiting.people, first.decided_before) == (3, 1)
    assert (second.contacted.people, second.waiting.people, second.decided_before) == (2, 1, 0)
    assert response_needed(_few(people), HORIZON, LEVEL).within_hours == {4: 6, 24: 8, 72: 9, 168: 9}


def test_bands_with_too_few_are_joined_with_the_next_and_say_so_at_the_end() -> None:
    late = replace(world(1), contacted=world(1).since + 30 * HOUR)
    late = replace(late, contacted=np.where(np.arange(1500) % 2, late.contacted, NEVER))
    bands = response_needed(late, HORIZON, LEVEL).bands
    assert [(band.from_hours, band.to_hours, band.against is None) for band in bands] == [
        (0, 72, False),
        (72, 168, True),
    ]
    short = response_needed(late, 3 * DAY, LEVEL)  # a landmark at the horizon leaves no time after it
    assert [band.to_hours for band in short.bands] == [24]


def test_nobody_and_nobody_who_waits_can_be_told_of() -> None:
    nobody = response_needed(_few([(1, 9, 9)] * 3), HORIZON, LEVEL)
    assert nobody.needed_hours is None
    assert [band["too_few"] for band in nobody.as_json()["bands"]] == [True]
    empty = Waits(Whose.alone(np.zeros(0)), *[np.zeros(0, np.int64)] * 5, np.zeros(0))  # type: ignore[arg-type]
    assert response_needed(empty, HORIZON, LEVEL).n == 0


def _told(waits: Waits, language: Any) -> str:
    record = {"clock": "hand_off", "immature": 7, "promised_hours": 24}
    return "\n".join(
        response_told(record | response_needed(waits, HORIZON, LEVEL).as_json(), 90, Voice(language, Words()))
    )


def test_each_verdict_is_said_in_both_languages() -> None:
    english, spanish = (_told(world(1, effect=3, n=3000), language) for language in ("en", "es"))
    assert "response time needed, by this history: within 24 hours (promised: 24)" in english
    assert "plazo de respuesta necesario, según este historial: en las primeras 24 horas (prometido: 24)" in spanish
    assert "times as many at the same chances" in english
    assert "does not show that a faster contact goes with more conversions" in _told(world(2), "en")
    assert "no muestra que un contacto más rápido vaya acompañado de más conversiones" in _told(world(2), "es")
    assert "too few were contacted early, or too few waited" in _told(_few([(1, 9, 9)] * 3), "en")
    assert "nobody who was handed over has had 90 days" in "\n".join(response_told({"n": 0}, 90, Voice("en", Words())))


def _needed_by(hours: int, *too_few: bool, n: int = 40) -> dict[str, Any]:
    """Return a record that names a time, with bands that end at 4, 24, 72 and 168 hours."""
    side = {"people": n, "expected": 1.0, "converted": {"n": 1, "share": 0.5, "low": 0.1, "high": 0.9}}
    bands = [
        {
            "from_hours": begin, "to_hours": end, "contacted": side, "waiting": side, "decided_before": 1,
            "too_few": few, "ratio": None, "low": None, "high": None, "answered": 1, "accepted": {"share": None},
        }
        for begin, end, few in zip((0, *BAND_ENDS_HOURS), BAND_ENDS_HOURS, too_few, strict=False)
    ]  # fmt: skip
    pace = [{"hours": each, "contacted": n} for each in BAND_ENDS_HOURS]
    return {
        "n": n, "never": 0, "within": pace, "bands": bands, "needed_hours": hours, "clock": "hand_off", "immature": 1,
        "promised_hours": 24,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "too_few", "says"),
    [
        (4, (False, False, False, False), True),
        (4, (False, True, False, True), True),
        (4, (False, True, True, True), False),
        (168, (False, False, False, False), False),
    ],
)
def test_later_contacts_show_no_difference_only_where_some_could_be_compared(
    hours: int, too_few: tuple[bool, ...], *, says: bool
) -> None:
    for language, said in (
        ("en", "of later contacts it shows no such difference"),
        ("es", "no muestra tal diferencia"),
    ):
        told = "\n".join(response_told(_needed_by(hours, *too_few), 90, Voice(language, Words())))  # type: ignore[arg-type]
        assert (said in told) is says


def test_hours_are_told_as_a_span_and_one_person_in_the_singular() -> None:
    english, spanish = (
        "\n".join(response_told(_needed_by(24, False, False, True, n=1), 90, Voice(language, Words())))  # type: ignore[arg-type]
        for language in ("en", "es")
    )
    assert "contactados en las primeras 4 horas: conversiones posteriores" in spanish
    assert "contactados entre 4 y 24 horas después: " in spanish
    assert "de 1 persona que se traspasó a ventas y ha tenido 90 días desde entonces: 1 en las primeras 4 h" in spanish
    assert "lo tuvo 1 de 1" in spanish
    assert "contactados entre 24 y 72 horas después: 1 (aún en espera: 1; decididos antes: 1): muy pocos" in spanish
    assert "of 1 person whom sales were given and who has had 90 days since: 1 within 4 hours" in english


@pytest.mark.parametrize("few", [True, False])
def test_a_promise_of_one_hour_is_told_in_the_singular(*, few: bool) -> None:
    found = _needed_by(4, few) | {"needed_hours": None}
    for language, said in (("en", "(promised: {} hour{})"), ("es", "(prometido: {} hora{})")):
        for hours, ending in ((1, ""), (24, "s")):
            told = list(response_told(found | {"promised_hours": hours}, 90, Voice(language, Words())))  # type: ignore[arg-type]
            assert told[-1].endswith(said.format(hours, ending))


def test_what_is_expected_alike_of_all_changes_no_comparison() -> None:
    rng = np.random.default_rng(1)
    y, others = (rng.random(300) < 0.3).astype(float), rng.random(300) < 0.5
    accounts = rng.integers(0, 100, 300)
    plain, alike = (compare(y, others, ~others, accounts, each) for each in (None, np.full(300, 0.2)))
    assert (plain.ratio, plain.p_more, plain.spread) == pytest.approx((alike.ratio, alike.p_more, alike.spread))
    twice = compare(y, others, ~others, accounts, np.where(others, 0.4, 0.2))
    assert twice.ratio == pytest.approx(plain.ratio / 2)


def test_chances_are_brought_to_the_height_and_spread_of_what_happened() -> None:
    rng = np.random.default_rng(2)
    raw = rng.normal(-1, 1, 20_000)
    true = sigmoid(1.7 * raw - 0.5)
    fitted = fitted_chances(raw, (rng.random(len(raw)) < true).astype(float))
    assert np.abs(fitted - true).max() < 0.03
    flat = fitted_chances(raw, (rng.random(len(raw)) < sigmoid(-raw)).astype(float))  # the wrong way round
    assert (np.diff(flat[np.argsort(raw)]) > 0).all()
