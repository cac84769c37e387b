"""The catalogue that the features declare, spoken: every concept has a sentence of its own in both languages."""

import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.explain.reasons import reasons
from predictive_scoring.explain.sentences import TEMPLATES
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.features.frame import to_frame
from predictive_scoring.snapshots.labels import training_snapshots
from random_history import START, random_history

SETTINGS = Features(windows_days=(7, 30, 90), decay_days=(7, 30), min_kind_rows=1)
WON = Target(stage="won", horizon_days=20, end_stages=("lost",))


@pytest.mark.parametrize("seed", [0, 1])
def test_every_concept_of_a_history_is_said_in_both_languages(tmp_path: Path, seed: int) -> None:
    history = random_history(tmp_path, seed)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    assert {concept.template for concept in catalogue.concepts} <= set(TEMPLATES)
    snapshots = training_snapshots(history, WON, Snapshots(every_days=6, max_age_days=80))
    frame = to_frame(compute(history, snapshots, catalogue), catalogue)
    listed = reasons(np.ones((len(frame), len(catalogue.concepts))), catalogue, frame, Texts.packaged())
    assert len(listed.values) == len(frame) * len(catalogue.concepts)
    for reason in listed.values.to_pylist():
        for text in (reason["text_en"], reason["text_es"]):
            assert text[0].isupper() or not text[0].isalpha()
            assert "{" not in text
            assert "nan" not in text.lower().split()


NUMBER = re.compile(r"\d+(?:[.,\u202f\xa0]\d+)*")
# What one language says with a word that the other says with a figure.
ONE = re.compile(r"\b(once|una vez|a month|un mes|a year|un año|last day|último día)\b")


def numbers(text: str) -> list[str]:
    """Return the digits of each number, whatever separates them; a word for one counts as one."""
    return sorted(
        ["".join(filter(str.isdigit, found)) for found in NUMBER.findall(text)] + ["1"] * len(ONE.findall(text))
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_L02_both_languages_state_the_same_numbers_for_thousands_of_facts(tmp_path: Path, seed: int) -> None:
    history = random_history(tmp_path, seed)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    rng = np.random.default_rng(seed)
    snapshots = training_snapshots(history, WON, Snapshots(every_days=6, max_age_days=80))
    frame = to_frame(compute(history, snapshots, catalogue), catalogue)
    facts = set()
    for _ in range(8):  # facts that the history does not happen to hold: large, missing, none
        for feature in catalogue.features:
            if feature.type == "number" and feature.unit in {"count", "days"} and feature.source != "calendar":
                drawn = np.round(rng.lognormal(2, 2.5, len(frame)))
                frame[feature.name] = np.where(rng.random(len(frame)) < 0.2, np.nan, drawn)
        listed = reasons(np.ones((len(frame), len(catalogue.concepts))), catalogue, frame, Texts.packaged())
        facts |= {(r["code"], r["text_en"], r["text_es"]) for r in listed.values.to_pylist()}
    assert len(facts) > 2000
    apart = [each for each in facts if numbers(each[1]) != numbers(each[2])]
    assert apart == []


def test_planted_another_number_in_one_language_is_seen() -> None:
    assert numbers("Visited 1,200 pages once") != numbers("Visitó 1.300 páginas una vez")
    assert numbers("Visited 1,200 pages once") == numbers("Visitó 1.200 páginas una vez")
