"""Channels, segments and months: how such leads went, and what the open ones promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from babel.dates import format_skeleton

from predictive_scoring.evaluate.proportions import wilson
from predictive_scoring.report.backdrop import Backdrop
from predictive_scoring.report.wording import Wording
from predictive_scoring.scoring.background import Part

TOO_FEW = 30
BANDS = ((1, 25), (26, 50), (51, 75), (76, 100))


@dataclass(frozen=True)
class ShownPart:
    """One row of a table of parts."""

    name: str
    leads: str
    rate: str
    range: str
    open: str
    best: str
    expected: str


@dataclass(frozen=True)
class Cell:
    """Leads of one band of fit and one of engagement."""

    leads: str
    chance: str
    heat: int  # 0-3: how much of the greatest mean chance


def shown_parts(parts: Sequence[Part], attribute: str | None, backdrop: Backdrop, level: float) -> list[ShownPart]:
    """Return the rows of a table of channels or segments."""
    unknown = backdrop.wording.say("parts.unknown")
    return [_shown(part, backdrop.value(attribute, part.value) or unknown, backdrop.wording, level) for part in parts]


def _shown(part: Part, name: str, wording: Wording, level: float) -> ShownPart:
    few = part.leads < TOO_FEW
    rate = part.converted / part.leads if part.leads else 0.0
    return ShownPart(
        name=name,
        leads=wording.number(part.leads),
        rate=wording.say("good.few") if few else wording.chance(rate),
        range="" if few else wording.chances(*wilson(part.converted, part.leads, level)),
        open=wording.number(part.open),
        best=wording.number(part.best),
        expected=wording.count(part.expected) if part.open else "",
    )


def part_points(
    parts: Sequence[Part], shown: Sequence[ShownPart], wording: Wording, level: float
) -> list[dict[str, Any]]:
    """Return the dots and ranges of the figure of parts, those of enough leads."""
    return [
        {
            "word": row.name,
            "rate": round(part.converted / part.leads * wording.out_of, 4),
            "low": round(wilson(part.converted, part.leads, level)[0] * wording.out_of, 4),
            "high": round(wilson(part.converted, part.leads, level)[1] * wording.out_of, 4),
            "told": f"{row.name}: {row.rate} ({row.range})",
        }
        for part, row in zip(parts, shown, strict=True)
        if part.leads >= TOO_FEW
    ]


def month_points(months: Sequence[Part], wording: Wording) -> list[dict[str, Any]]:
    """Return for each month of creation how such leads went, and what the model expects of those still open."""
    points = []
    for part in months:
        if part.value is None:
            continue
        month = date.fromisoformat(f"{part.value}-01")
        name = str(format_skeleton("yMMM", month, locale=wording.locale))
        if part.leads >= TOO_FEW:
            points.append(_point(month, name, part.converted / part.leads, "happened", wording))
        if part.open >= TOO_FEW:
            points.append(_point(month, name, part.expected / part.open, "expected", wording))
    return points


def _point(month: date, name: str, rate: float, which: str, wording: Wording) -> dict[str, Any]:
    return {
        "month": month.isoformat(),
        "rate": round(rate * wording.out_of, 4),
        "which": wording.say(f"trend.{which}"),
        "place": 0 if which == "happened" else 1,
        "told": f"{name}: {wording.chance(rate)} ({wording.say(f'trend.{which}')})",
    }


def grid(scores: pa.Table, wording: Wording) -> list[tuple[str, list[Cell]]]:
    """Return fit against engagement, best fit first: counts, and what the model expects of each cell."""
    fit, engagement = scores["fit"].to_numpy(), scores["engagement"].to_numpy()
    chance = scores["probability"].to_numpy()
    inside = [
        [(fit >= low) & (fit <= high) & (engagement >= left) & (engagement <= right) for left, right in BANDS]
        for low, high in reversed(BANDS)
    ]
    means = [[float(chance[cell].mean()) if cell.any() else 0.0 for cell in row] for row in inside]
    top = max(max(row) for row in means) or 1.0
    return [
        (f"{low}–{high}", [_cell(int(cell.sum()), mean, top, wording) for cell, mean in zip(cells, row, strict=True)])
        for (low, high), cells, row in zip(reversed(BANDS), inside, means, strict=True)
    ]


def _cell(n_leads: int, mean: float, top: float, wording: Wording) -> Cell:
    heat = 0 if mean < 0.2 * top else 1 if mean < 0.45 * top else 2 if mean < 0.8 * top else 3
    return Cell(wording.number(n_leads), wording.chance(mean) if n_leads else "", heat if n_leads else 0)
