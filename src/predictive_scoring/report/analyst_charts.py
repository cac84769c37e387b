"""Figures for analysts: calibration, gain, the recipe on the past, contributions by concept and by value."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from predictive_scoring.report.figures import IN_ORDER, RAISES, RANGE, WIDTH, Figure, drawn, placed

_OTHER = "#b5651d"
_GREY = [RAISES, _OTHER, RANGE, "#7a5195", "#5c8a3a", "#c0628f"]


def calibration_figure(bins: pd.DataFrame, axes: tuple[str, str], locale: str) -> Figure:
    """Return what was said against what happened, with the interval of each bin, and the line on which both agree."""
    top = float(max(bins["predicted"].max(), bins["high"].max()))
    line = alt.Chart(pd.DataFrame({"x": [0.0, top], "y": [0.0, top]})).mark_line(color=RANGE, strokeDash=[5, 4])
    across = alt.X("predicted:Q", title=axes[0], axis=alt.Axis(format=".0%"))
    up = alt.Y("low:Q", title=axes[1], axis=alt.Axis(format=".0%", grid=True))
    base = alt.Chart(bins)
    ranges = base.mark_rule(strokeWidth=4, opacity=0.55, color=RANGE).encode(x=across, y=up, y2="high:Q")
    dots = base.mark_point(filled=True, size=80, color=RAISES, opacity=1).encode(x="predicted:Q", y="observed:Q")
    return drawn(
        (line.encode(x="x:Q", y="y:Q") + ranges + dots).properties(width=WIDTH, height=280), "calibration", locale
    )


def lines_figure(rows: pd.DataFrame, axes: tuple[str, str], name: str, locale: str) -> Figure:
    """Return a line for each model: columns `x`, `y`, `model`; both axes are shares."""
    models = list(dict.fromkeys(rows["model"]))
    chart = (
        alt.Chart(rows)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("x:Q", title=axes[0], axis=alt.Axis(format=".0%")),
            y=alt.Y("y:Q", title=axes[1], axis=alt.Axis(grid=True)),
            color=alt.Color(
                "model:N",
                title=None,
                legend=alt.Legend(labelFontSize=13, labelLimit=220),
                scale=alt.Scale(domain=models, range=_GREY[: len(models)]),
            ),
            strokeDash=alt.StrokeDash("model:N", legend=None, sort=models),
        )
    )
    return drawn(chart.properties(width=WIDTH, height=280), name, locale)


def origins_figure(rows: Sequence[dict[str, Any]], axis: str, name: str, locale: str) -> Figure:
    """Return a figure with its interval over dates: `when`, `value`, `low`, `high`."""
    base = alt.Chart(placed(rows)).encode(x=alt.X("when:N", sort=IN_ORDER, title=None, axis=alt.Axis(labelAngle=0)))
    ranges = base.mark_rule(strokeWidth=4, opacity=0.55, color=RANGE).encode(
        y=alt.Y("low:Q", title=axis, scale=alt.Scale(zero=False), axis=alt.Axis(grid=True)), y2="high:Q"
    )
    dots = base.mark_point(filled=True, size=110, color=RAISES, opacity=1).encode(y="value:Q")
    return drawn((ranges + dots).properties(width=WIDTH, height=220), name, locale)


def beeswarm_figure(table: pd.DataFrame, axis: str, locale: str) -> Figure:
    """Return a dot a lead and concept.

    Parameters
    ----------
    table
        `word`, `place` of the concept, `points`, `jitter` in -1 to 1, and `rank` of the value in 0 to 1, -1 where it is
        no number.
    """
    chart = (
        alt.Chart(table)
        .mark_circle(size=12, opacity=0.6)
        .encode(
            y=alt.Y("word:N", sort=IN_ORDER, title=None, axis=alt.Axis(labelLimit=220)),
            yOffset=alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-1.4, 1.4])),
            x=alt.X("points:Q", title=axis),
            color=alt.condition(
                alt.datum.rank < 0,
                alt.value(RANGE),
                alt.Color("rank:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=["#3b76af", "#c44e52"])),
            ),
        )
    )
    return drawn(chart.properties(width=WIDTH, height=alt.Step(30)), "beeswarm", locale)


def dependence_figure(table: pd.DataFrame, axes: tuple[str, str], name: str, locale: str) -> Figure:
    """Return points against a concept's value: `value`, `points`."""
    chart = (
        alt.Chart(table)
        .mark_circle(size=18, opacity=0.5, color=RAISES)
        .encode(
            x=alt.X("value:Q", title=axes[0], scale=alt.Scale(zero=False)),
            y=alt.Y("points:Q", title=axes[1], axis=alt.Axis(grid=True)),
        )
    )
    return drawn(chart.properties(width=300, height=180), name, locale)
