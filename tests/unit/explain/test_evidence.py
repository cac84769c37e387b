"""How leads of the past went, beside what the model says of one."""

import numpy as np
import pandas as pd
import pytest

from explained_world import catalogue, rows
from predictive_scoring.contract.words import LANGUAGES
from predictive_scoring.explain.band_choice import bandings
from predictive_scoring.explain.band_labels import band_words
from predictive_scoring.explain.bands import Banding
from predictive_scoring.explain.evidence import AGREES, CONTRADICTS, UNCLEAR, BandRate, ConceptEvidence, Evidence
from predictive_scoring.explain.reasons import Telling, reasons
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts

CATALOGUE, TEXTS = catalogue(), Texts.packaged()
BASE = 0.10
FRAME = rows(400)
BANDINGS = bandings(CATALOGUE, FRAME, {"industry": ("retail", "software"), "channel": ("retail",)})


def rate(n: int, rate: float, low: float, high: float) -> BandRate:
    return BandRate(n=n, converting=round(n * rate), rate=rate, low=low, high=high, points=0.0)


def evidence(band: BandRate) -> Evidence:
    """Return an evidence in which every band of every concept went alike."""
    concepts = tuple(ConceptEvidence(banding=b, bands=(band,) * b.n_bands) for b in BANDINGS)
    return Evidence(rows="unseen", n_leads=900, n_converting=90, base_rate=BASE, level=0.95, concepts=concepts)


@pytest.mark.parametrize(
    ("band", "points", "view"),
    [
        (rate(300, 0.20, 0.16, 0.25), 0.01, True),
        (rate(300, 0.20, 0.16, 0.25), -0.01, False),
        (rate(300, 0.04, 0.02, 0.07), 0.01, False),
        (rate(300, 0.11, 0.08, 0.15), 0.01, True),
        (rate(300, 0.11, 0.08, 0.15), -0.01, None),  # the other side, but the interval holds the average
        (rate(29, 0.50, 0.33, 0.67), 0.01, None),  # L13: too few to say
        (rate(300, 0.20, 0.16, 0.25), 0.0, None),
    ],
)
def test_evidence_agrees_contradicts_or_cannot_tell(band: BandRate, points: float, view: bool | None) -> None:
    assert band.view(points, BASE) is view
    pool = evidence(band).pool
    expected = {True: AGREES, False: CONTRADICTS, None: UNCLEAR}[view]
    assert pool.agreement(np.zeros(1, dtype=np.int64), np.array([points])).tolist() == [expected]


def test_L13_a_rate_of_few_leads_is_not_told_but_they_are_counted() -> None:
    telling = Telling(evidence=evidence(rate(29, 0.5, 0.3, 0.7)))
    for reason in reasons(np.ones((5, 7)), CATALOGUE, rows(5), TEXTS, telling).values.to_pylist():
        assert reason["n"] == 29
        assert [reason[name] for name in ("rate", "low", "high", "agrees")] == [None] * 4


def test_a_reason_that_the_history_contradicts_says_so_in_both_languages() -> None:
    points = np.array([[0.05, -0.04, 0, 0, 0, 0, 0]])
    telling = Telling(evidence=evidence(rate(300, 0.04, 0.02, 0.07)))
    raises, lowers = reasons(points, CATALOGUE, rows(1), TEXTS, telling).to_pylist()[0]
    assert (raises["agrees"], lowers["agrees"]) == (False, True)
    assert raises["text_en"].endswith("; yet in the past, leads like this converted less often than the average")
    assert raises["text_es"].endswith("; aun así, en el pasado los leads como este convirtieron menos que la media")
    assert "yet" not in lowers["text_en"]
    assert raises["rate"] == 0.04


def test_without_evidence_nothing_is_said_of_the_past() -> None:
    for reason in reasons(np.ones((3, 7)), CATALOGUE, rows(3), TEXTS).values.to_pylist():
        assert [reason[name] for name in ("n", "rate", "low", "high", "agrees")] == [None] * 5


def test_every_lead_is_in_one_band_of_each_concept_and_the_bands_are_found_by_a_plain_loop() -> None:
    banding = next(b for b in BANDINGS if b.concept == "pricing_page_view")
    for code, (_, row) in zip(banding.codes(FRAME), FRAME.iterrows(), strict=True):
        near, far = row["pricing_page_view__count__30d"], row["pricing_page_view__count__90d"]
        expected = 0 if far == near == 0 else 1 if near == 0 else 2 if near == 1 else 3 if near < 4 else 4
        assert code == expected
    for each in BANDINGS:
        codes = each.codes(FRAME)
        assert codes.min() >= 0
        assert codes.max() < each.n_bands


def test_L06_the_unknown_have_a_band_of_their_own() -> None:
    gone = FRAME.copy()
    gone[:] = np.nan
    for banding in BANDINGS:
        assert set(banding.codes(gone)) == {banding.unknown}


def test_a_value_that_the_model_does_not_know_by_name_is_another_value() -> None:
    banding = next(b for b in BANDINGS if b.concept == "channel")
    assert banding.levels == ("retail",)
    assert banding.codes(pd.DataFrame({"channel": ["retail", "software", None]})).tolist() == [0, 1, 2]


def test_L02_every_band_has_a_name_in_both_languages_and_no_two_are_the_same() -> None:
    speaker = Speaker(TEXTS, CATALOGUE.words)
    for banding in BANDINGS:
        words = band_words(banding, CATALOGUE, speaker)
        for language in LANGUAGES:
            names = [getattr(word, language) for word in words]
            assert len(set(names)) == banding.n_bands
            assert all(name and "{" not in name and "band." not in name for name in names)


def test_bands_of_counts_are_named_by_their_window() -> None:
    banding = next(b for b in BANDINGS if b.concept == "pricing_page_view")
    assert [word.en for word in band_words(banding, CATALOGUE, Speaker(TEXTS, CATALOGUE.words))] == [
        "None in the last 90 days",
        "Only earlier, none in the last 30 days",
        "1 in the last 30 days",
        "2–3 in the last 30 days",
        "4 or more in the last 30 days",
        "Never so far",
    ]


def test_months_are_read_from_sine_and_cosine() -> None:
    months = np.arange(1, 13)
    turn = 2 * np.pi * months / 12
    frame = pd.DataFrame({"sin": np.sin(turn), "cos": np.cos(turn)})
    assert Banding(concept="season", shape="month", features=("sin", "cos")).codes(frame).tolist() == list(range(12))


def test_what_was_true_of_every_lead_is_no_evidence_of_leads_like_this() -> None:
    """'Of 8,192 leads like this' were all 8,192 leads of the past: the first activity of each was a form."""
    nobody, everybody = rate(0, 0.0, 0.0, 1.0), rate(900, BASE, 0.08, 0.12)
    concepts = tuple(
        ConceptEvidence(banding=b, bands=tuple(everybody if i == 0 else nobody for i in range(b.n_bands)))
        for b in BANDINGS
    )
    lopsided = evidence(everybody).model_copy(update={"concepts": concepts})
    listed = reasons(np.ones((50, 7)), CATALOGUE, rows(50), TEXTS, Telling(evidence=lopsided)).values.to_pylist()
    assert {reason["n"] for reason in listed} == {None, 0}  # those in the first band, and those in an empty one
    assert all(reason["rate"] is None for reason in listed)
    split = evidence(rate(450, BASE, 0.08, 0.12))
    told = reasons(np.ones((50, 7)), CATALOGUE, rows(50), TEXTS, Telling(evidence=split)).values.to_pylist()
    assert {reason["n"] for reason in told} == {450}
