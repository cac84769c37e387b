"""Figures as inline SVG, drawn when the page is made; with scripts the same ones also tell what a pointer is on."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
import vl_convert
from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol
from markupsafe import Markup

from predictive_scoring.report.drawing import checked

# Both have at least 3:1 against the page's light and dark grounds, and differ in lightness, not by hue alone.
RAISES, RANGE = "#2f7d95", "#8a8f98"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
_CLIP = re.compile(r"(?<=id=\")clip\d+(?=\")|(?<=url\(#)clip\d+(?=\))")
# Inside a drawing that is one image to a screen reader, roles of its parts are noise. Only in tags: text has no "<".
_ROLES = re.compile(r'(<g class="[^"<>]*") role="graphics-[a-z]+" aria-roledescription="[a-z ]*"')
WIDTH = 460
_PADDING = {"left": 40, "right": 20, "top": 6, "bottom": 6}  # readers' fonts may be wider than the one measured
# By a number, never by a list of the labels: Vega writes such a list into a program, and labels are users' words.
IN_ORDER = alt.EncodingSortField(field="place", op="min")


@dataclass(frozen=True)
class Figure:
    """A drawing, and what a script draws it anew from."""

    name: str
    svg: Markup
    spec: Markup  # JSON without a sign that could begin or end markup


def grade_figure(rows: Sequence[dict[str, Any]], axis: str, locale: str) -> Figure:
    """Return a dot with its range for each grade: how many of so many leads converted.

    Parameters
    ----------
    rows
        `grade`, and `rate`, `low`, `high` in the unit of the axis, best grade first.
    axis
        The axis' title.
    """
    y = alt.Y("grade:N", sort=IN_ORDER, title=None, axis=alt.Axis(labelFontSize=15, labelFontWeight="bold"))
    table = placed(rows)
    ranges = alt.Chart(table).encode(
        y=y, x=alt.X("low:Q", title=axis, scale=alt.Scale(domainMin=0, nice=True)), x2="high:Q"
    )
    dots = alt.Chart(table).encode(y=y, x="rate:Q")
    chart = ranges.mark_rule(strokeWidth=5, opacity=0.55, color=RANGE) + dots.mark_point(
        filled=True, size=150, color=RAISES, opacity=1
    )
    return drawn(chart.properties(width=WIDTH, height=alt.Step(38)), "grades", locale)


def concept_figure(rows: Sequence[dict[str, Any]], axis: str, locale: str) -> Figure:
    """Return a bar for each concept: how far it moves chances on average.

    Parameters
    ----------
    rows
        `word` and `points` in the unit of the axis, greatest first.
    axis
        The axis' title.
    """
    chart = (
        alt.Chart(placed(told_apart(rows)))
        .mark_bar(color=RAISES, cornerRadiusEnd=2)
        .encode(
            y=alt.Y("word:N", sort=IN_ORDER, title=None, axis=alt.Axis(labelLimit=260)),
            x=alt.X("points:Q", title=axis),
        )
    )
    return drawn(chart.properties(width=WIDTH - 60, height=alt.Step(26)), "concepts", locale)


def placed(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return rows with their place, by which an axis is ordered."""
    return pd.DataFrame([row | {"place": place} for place, row in enumerate(rows)])


def told_apart(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number words that several concepts share: they would fall on one bar."""
    seen: Counter[str] = Counter()
    told = []
    for row in rows:
        seen[row["word"]] += 1
        word = row["word"] if seen[row["word"]] == 1 else f"{row['word']} ({seen[row['word']]})"
        told.append(row | {"word": word})
    return told


def drawn(chart: Any, name: str, locale: str) -> Figure:
    """Return a chart as a drawing in the page's style, its labels checked and its ids its own."""
    configured = (
        chart.configure(aria=False, background="transparent", font=_FONT, padding=_PADDING)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=13, titleFontSize=13, titleFontWeight="normal", domain=False, tickCount=6)
        .configure_axisX(gridColor=RANGE, gridOpacity=0.3)
        .configure_axisY(grid=False, ticks=False, labelPadding=8)
    )
    written = {
        "decimal": get_decimal_symbol(locale),
        "thousands": get_group_symbol(locale),
        "grouping": [3],
        "currency": ["", ""],
        "percent": Locale.parse(locale).percent_formats[None].suffix[0],
    }
    spec = configured.to_dict(validate=False)
    svg = _rendered(json.dumps(spec), json.dumps(written))
    # The renderer numbers clips over the life of the process: renumbered, the same scores make the same page, and the
    # drawings of one page do not share ids.
    clips = {clip: f"{name}-clip{i}" for i, clip in enumerate(dict.fromkeys(_CLIP.findall(svg)))}
    svg = _CLIP.sub(lambda match: clips[match[0]], svg)
    return Figure(name, checked(_ROLES.sub(r"\1", svg)), as_data({"spec": spec, "formatLocale": written}))


@lru_cache(maxsize=256)
def _rendered(spec: str, locale: str) -> str:
    return str(vl_convert.vegalite_to_svg(json.loads(spec), format_locale=json.loads(locale)))


def as_data(value: Any) -> Markup:
    r"""Return JSON for a script element: no sign in it can end the element.

    Examples
    --------
    >>> as_data(["</script>"])
    Markup('["\\u003c/script\\u003e"]')
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return Markup(text.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}))  # noqa: S704 (escaped here)
