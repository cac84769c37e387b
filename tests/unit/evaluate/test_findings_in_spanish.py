"""Sentences that evaluation writes are shown on Spanish pages: their figures have a comma."""

import re
from types import SimpleNamespace
from typing import cast

import pytest

from predictive_scoring.config.publish import Publish
from predictive_scoring.evaluate import choice
from predictive_scoring.evaluate.findings import base_rate_findings, calibration_finding, with_comma
from predictive_scoring.evaluate.review import _meaning
from predictive_scoring.features.dataset import Dataset

POINT = re.compile(r"\d\.\d")


@pytest.mark.parametrize("ships", ["blend", "logistic"])
def test_L02_the_choice_of_a_model_is_told_with_commas_in_spanish(ships: choice.Ships) -> None:
    auc = {"value": 0.012, "low": 0.007, "high": 0.018}
    found = choice.Compared({"roc_auc": auc, "log_loss": auc}, is_better=True)
    words = choice._words(ships, Publish(), found)
    assert "+0,012 (+0,007 … +0,018)" in words.es
    assert "+0.012 (+0.007 … +0.018)" in words.en
    assert not POINT.search(words.es)


def test_L02_other_findings_have_commas_too() -> None:
    rates = {"train": {"rate": 0.048, "low": 0.04, "high": 0.055, "snapshots": 900},
             "test": {"rate": 0.3, "low": 0.25, "high": 0.35, "snapshots": 300}}  # fmt: skip
    for word in (*base_rate_findings(rates), calibration_finding(0.0123, 0.3)):
        assert not POINT.search(word.es)
        assert POINT.search(word.en)
    assert with_comma("0.808") == "0,808"


def test_L02_a_split_at_random_is_told_with_commas_in_spanish() -> None:
    words = _meaning(0.8371, 0.8083, cast(Dataset, SimpleNamespace(windows=SimpleNamespace(ordering="time"))))
    assert words is not None
    assert "0,808" in words.es
    assert "0,837" in words.es
    assert "0.837" in words.en
