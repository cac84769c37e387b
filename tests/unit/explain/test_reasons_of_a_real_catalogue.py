"""The catalogue that the features declare, spoken: every concept has a sentence of its own in both languages."""

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
