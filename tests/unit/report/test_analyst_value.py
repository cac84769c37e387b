"""The analyst's page says what calling by expected value caught, and how far totals were."""

from predictive_scoring.explain.texts import Texts
from predictive_scoring.report.analyst_value import value_rows, value_total
from predictive_scoring.report.wording import LOCALE, Wording

FIGURE = {"value": 0.4, "low": 0.3, "high": 0.5}
METRICS = {
    "value": {
        "caught": {"5pct": {"by_value": FIGURE, "by_probability": FIGURE, "difference": FIGURE}},
        "total": {"said": 1.0, "happened": 1.0, "ratio": {"value": 1.09, "low": 0.92, "high": 1.29}},
    }
}


def test_a_row_a_share_called_and_the_total() -> None:
    wording = Wording(Texts.packaged(LOCALE), "es", 100)
    assert value_rows(METRICS, wording) == [{"called": "5,0\xa0%", "figures": ["0,400 (0,300–0,500)"] * 3}]
    assert value_total(METRICS, wording) == "1,09 (0,92–1,29)"


def test_an_evaluation_without_value_has_nothing_to_show() -> None:
    wording = Wording(Texts.packaged(LOCALE), "en", 100)
    assert (value_rows({}, wording), value_total({}, wording)) == ([], "")
