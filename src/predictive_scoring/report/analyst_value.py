"""What expected value was worth on the last window, for the analyst's page."""

from collections.abc import Mapping
from typing import Any, Final

from predictive_scoring.report.analyst_tables import spread
from predictive_scoring.report.wording import Wording

_COLUMNS: Final = ("by_value", "by_probability", "difference")


def value_rows(metrics: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    """Return a row a share called: the shares of the money that calls by value and by chance catch, and the gain."""
    caught = metrics.get("value", {}).get("caught", {})
    return [
        {
            "called": wording.percent_of(float(name.removesuffix("pct")) / 100),
            "figures": [spread(figures[column], 3, wording) for column in _COLUMNS],
        }
        for name, figures in caught.items()
    ]


def value_total(metrics: Mapping[str, Any], wording: Wording) -> str:
    """Return the money said over the money brought; "" where there is none of it."""
    return spread(metrics.get("value", {}).get("total", {}).get("ratio"), 2, wording)
