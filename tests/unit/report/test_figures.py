"""Figures write numbers as their region does, also those that a drawing makes itself."""

import re

import pytest

from predictive_scoring.report.charts import calls_figure

ROWS = [{"calls": k, "share": k / 10, "told": str(k)} for k in range(11)]


@pytest.mark.parametrize(
    ("locale", "written"), [("en", "20%"), ("es", "20\u00a0%"), ("es_ES", "20\u00a0%"), ("es_MX", "20%")]
)
def test_axes_write_percents_as_the_region_does(locale: str, written: str) -> None:
    labels = re.findall(r">([^<>]*%)<", calls_figure(ROWS, ("calls", "share"), 3, locale).svg)
    assert written in labels
    assert all(label.endswith(written[2:]) for label in labels)
    assert all(re.fullmatch(r"\d+\u00a0?%", label) for label in labels)
