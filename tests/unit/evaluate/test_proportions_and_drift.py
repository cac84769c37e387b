"""Shares, grades and drift, in counts that a person can check."""

import numpy as np
import pytest

from predictive_scoring.config.publish import Grades
from predictive_scoring.evaluate.drift import rates_over_time
from predictive_scoring.evaluate.findings import base_rate_findings, percent, thin_findings
from predictive_scoring.evaluate.proportions import frequencies_by_grade, grade_thresholds, rate_of_leads, wilson
from predictive_scoring.evaluate.slices import Slicing, age_slices, by_slice
from predictive_scoring.evaluate.whose import Whose


def test_wilson_gives_the_published_example() -> None:
    low, high = wilson(81, 263, 0.95)  # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_wilson_covers_the_truth_as_often_as_it_says() -> None:
    converted = np.random.default_rng(0).binomial(200, 0.05, 400)
    covered = [wilson(float(count), 200, 0.9)[0] <= 0.05 <= wilson(float(count), 200, 0.9)[1] for count in converted]
    assert 0.85 <= np.mean(covered) <= 0.96


def test_twenty_looks_at_a_lead_are_about_one_look() -> None:
    y = np.repeat((np.random.default_rng(1).random(200) < 0.1).astype(float), 20)
    leads = np.repeat(np.arange(200), 20)
    often, once = rate_of_leads(y, Whose.alone(leads), 0.9), rate_of_leads(y[::20], Whose.alone(leads[::20]), 0.9)
    assert often["high"] - often["low"] == pytest.approx(once["high"] - once["low"], rel=0.1)
    assert (often["snapshots"], often["leads"], often["converting_leads"]) == (4000, 200, once["converting_leads"])


def test_what_holds_for_the_whole_widens_no_share_of_accounts_that_were_looked_at_once() -> None:
    y, once = np.repeat([1.0, 0.0], [4, 36]), Whose.alone(np.arange(40))
    assert rate_of_leads(y, once, 0.9, at_least=15.0) == rate_of_leads(y, once, 0.9)
    twice = Whose.alone(np.arange(40) // 2)
    wide, narrow = rate_of_leads(y, twice, 0.9, at_least=15.0), rate_of_leads(y, once, 0.9)
    assert wide["high"] - wide["low"] > narrow["high"] - narrow["low"]


def test_no_conversion_and_no_snapshot_give_wide_intervals_and_no_error() -> None:
    assert rate_of_leads(np.zeros(10), Whose.alone(np.arange(10)), 0.95)["high"] > 0.2
    assert rate_of_leads(np.zeros(0), Whose.alone(np.zeros(0)), 0.95)["high"] == 1.0


def test_grades_hold_the_agreed_shares_and_every_snapshot_has_one() -> None:
    reference = np.linspace(0.001, 0.4, 1000)
    cutoffs = grade_thresholds(reference, Grades(A=0.05, B=0.2, C=0.5))
    y = (np.random.default_rng(0).random(1000) < reference).astype(float)
    rows = frequencies_by_grade(y, reference, Whose.alone(np.arange(1000)), cutoffs, 0.95)
    assert [row["grade"] for row in rows] == ["A", "B", "C", "D"]
    assert [row["n"] for row in rows] == pytest.approx([50, 150, 300, 500], abs=1)
    assert sum(row["converted"] for row in rows) == y.sum()
    assert rows[0]["rate"] > rows[3]["rate"]


def test_a_base_rate_that_moved_is_said_in_both_languages() -> None:
    steady, moved = np.random.default_rng(0).random((2, 2000))
    rates = {
        "train": rate_of_leads((steady < 0.05).astype(float), Whose.alone(np.arange(2000)), 0.95),
        "test": rate_of_leads((moved < 0.30).astype(float), Whose.alone(np.arange(2000)), 0.95),
    }
    (finding,) = base_rate_findings(rates)
    assert finding.en.startswith("the base rate drifts: ")
    assert finding.en.endswith(" % in the last window")
    assert finding.es.startswith("la tasa base cambia: ")
    assert "." not in finding.es


def test_chance_alone_is_hardly_ever_called_drift() -> None:
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(200):
        rates = {
            name: rate_of_leads((generator.random(800) < 0.05).astype(float), Whose.alone(np.arange(800)), 0.95)
            for name in ("train", "test")
        }
        alarms += bool(base_rate_findings(rates))
    assert alarms <= 4


def test_months_are_told_apart() -> None:
    as_of = np.array(["2025-01-06", "2025-01-13", "2025-02-03"], dtype="datetime64[us]")
    months = rates_over_time(np.array([1.0, 0, 1]), Whose.alone(np.arange(3)), as_of, 0.9)
    assert [(month["month"], month["rate"]) for month in months] == [("2025-01", 0.5), ("2025-02", 1.0)]


def test_percentages_have_two_digits() -> None:
    assert [percent(share) for share in (0.0, 0.0101, 0.1, 1.0)] == ["0 %", "1.0 %", "10 %", "100 %"]


def test_a_slice_with_few_conversions_is_not_ranked_and_one_that_is_off_is_named() -> None:
    generator = np.random.default_rng(0)
    chance = generator.random(3000) * 0.2
    y = (generator.random(3000) < chance).astype(float)
    names = np.where(np.arange(3000) < 2950, "many", "few")
    slicing = Slicing(names, least_converting=20, level=0.95, n_draws=50, seed=0)
    few, many = by_slice(y, np.where(names == "few", 0.9, chance), Whose.alone(np.arange(3000)), slicing)
    assert (few["slice"], many["slice"]) == ("few", "many")
    assert many["roc_auc"]["low"] < many["roc_auc"]["value"] < many["roc_auc"]["high"]
    assert many["holds"]
    assert few["roc_auc"] is None
    assert not few["holds"]


def test_a_slice_is_ranked_from_its_own_rows_only() -> None:
    chance = np.tile(np.linspace(0.1, 0.9, 100), 2)
    well, badly = (np.arange(100) >= 60).astype(float), (np.arange(100) < 40).astype(float)
    slicing = Slicing(np.repeat(["badly", "well"], 100), least_converting=20, level=0.9, n_draws=50, seed=0)
    found = by_slice(np.concatenate([badly, well]), chance, Whose.alone(np.arange(200)), slicing)
    assert [one["roc_auc"]["value"] for one in found] == [0.0, 1.0]


def test_ages_fall_into_half_open_slices() -> None:
    names = age_slices(np.array([0.0, 6.9, 7.0, 29.9, 30.0]), (7, 30))
    assert names.tolist() == ["day 000 to 006"] * 2 + ["day 007 to 029"] * 2 + ["day 030 and later"]
    assert sorted(set(names)) == list(dict.fromkeys(names))


def test_a_history_that_carries_little_is_said_to() -> None:
    assert thin_findings("full", 100) == []
    short, few = thin_findings("short", 35)
    assert "no window to calibrate on" in short.en
    assert "35 leads that converted" in few.en
    assert "35 leads que convirtieron" in few.es
