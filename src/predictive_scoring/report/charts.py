"""More figures: what each number of calls catches, how parts and months went, fit against engagement."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from predictive_scoring.report.figures import IN_ORDER, RAISES, RANGE, WIDTH, Figure, drawn, placed, told_apart

_EXPECTED = "#b5651d"  # 3:1 against both grounds, and told from the other by its form too
_LABELS = alt.Axis(labelLimit=240)


def calls_figure(rows: Sequence[dict[str, Any]], axes: tuple[str, str], calls: int, locale: str) -> Figure:
    """Return the share of conversions that each number of calls catches; a line marks one number.

    Parameters
    ----------
    rows
        `calls`, `share`, `told`.
    axes
        Titles across and up.
    calls
        The number marked; a script moves it through the parameter `calls`.
    """
    marked = alt.param(name="calls", value=calls)
    base = alt.Chart(pd.DataFrame(list(rows))).encode(
        x=alt.X("calls:Q", title=axes[0], scale=alt.Scale(nice=False, domainMin=0)),
        y=alt.Y("share:Q", title=axes[1], axis=alt.Axis(format=".0%", grid=True), scale=alt.Scale(domain=[0, 1])),
        tooltip="told:N",
    )
    at = base.transform_filter("datum.calls == calls")
    rule = at.mark_rule(color=_EXPECTED, strokeWidth=2, strokeDash=[5, 3]).encode(y=alt.Y("share:Q"), y2=alt.datum(0))
    chart = base.mark_area(color=RAISES, opacity=0.25, line={"color": RAISES, "strokeWidth": 2.5}) + rule
    dot = at.mark_point(filled=True, size=130, color=_EXPECTED, opacity=1)
    return drawn((chart + dot).add_params(marked).properties(width=WIDTH, height=230), "calls", locale)


def range_figure(rows: Sequence[dict[str, Any]], axis: str, name: str, locale: str) -> Figure:
    """Return a dot with its range for each row, and a mark for what the model sees where it is given.

    Parameters
    ----------
    rows
        `word`, `rate`, `low`, `high`, `told`, and perhaps `model`.
    """
    table = placed(told_apart(rows))
    y = alt.Y("word:N", sort=IN_ORDER, title=None, axis=_LABELS)
    base = alt.Chart(table).encode(y=y, tooltip="told:N")
    ranges = base.mark_rule(strokeWidth=5, opacity=0.55, color=RANGE).encode(
        x=alt.X("low:Q", title=axis, scale=alt.Scale(domainMin=0, nice=True)), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=110, color=RAISES, opacity=1).encode(x="rate:Q")
    chart = ranges + dots
    if "model" in table:
        chart += base.mark_point(shape="diamond", size=110, color=_EXPECTED, strokeWidth=2.5, filled=False).encode(
            x="model:Q"
        )
    return drawn(chart.properties(width=WIDTH - 60, height=alt.Step(28)), name, locale)


def trend_figure(rows: Sequence[dict[str, Any]], axis: str, locale: str) -> Figure:
    """Return lines over the months of creation: what happened, and what is expected of those still open.

    Parameters
    ----------
    rows
        `month`, `rate`, `which`, `place` (0 happened, 1 expected), `told`.
    """
    names = [row["which"] for place in (0, 1) for row in rows if row["place"] == place]
    order = list(dict.fromkeys(names))
    colours = [RAISES, _EXPECTED] if any(row["place"] == 0 for row in rows) else [_EXPECTED]
    base = alt.Chart(pd.DataFrame(list(rows))).encode(
        x=alt.X("month:T", title=None, axis=alt.Axis(format="%m/%Y", labelAngle=0, tickCount=6)),
        y=alt.Y("rate:Q", title=axis, scale=alt.Scale(domainMin=0, nice=True), axis=alt.Axis(grid=True)),
        color=alt.Color("which:N", title=None, scale=alt.Scale(domain=order, range=colours[: len(order)]),
                        legend=alt.Legend(orient="top", columns=1, labelLimit=320, symbolStrokeWidth=3,
                                          labelFontSize=13)),
        strokeDash=alt.StrokeDash("place:O", legend=None, scale=alt.Scale(domain=[0, 1], range=[[1, 0], [6, 3]])),
        tooltip="told:N",
    )  # fmt: skip
    chart = base.mark_line(strokeWidth=2.5) + base.mark_point(filled=True, size=45, opacity=1)
    return drawn(chart.properties(width=WIDTH + 60, height=220), "trend", locale)
