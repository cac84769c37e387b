"""What drives conversion: the strongest concepts, and for each how leads went by what was known of them."""

from dataclasses import dataclass
from typing import Any

from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.report.charts import range_figure
from predictive_scoring.report.figures import Figure
from predictive_scoring.report.wording import Wording
from predictive_scoring.scoring.about import About

N_DRIVERS = 8
_LEAST_DRAWN = 2


@dataclass(frozen=True)
class BandRow:
    """Leads that share a fact: how many, how they went, and what the model makes of it."""

    word: str
    n: str
    rate: str
    range: str
    model: str
    agrees: bool | None


@dataclass(frozen=True)
class Driver:
    """One concept."""

    word: str
    group: str
    rows: tuple[BandRow, ...]
    figure: Figure | None


def drivers(about: About, wording: Wording) -> list[Driver]:
    """Return the strongest concepts of which it is counted how leads went, greatest first."""
    strongest = sorted(about.concepts, key=lambda concept: (-concept.mean_abs_points, concept.name))
    told = [concept for concept in strongest if concept.mean_abs_points > 0 and _bands(concept)]
    return [_driver(concept, place, wording) for place, concept in enumerate(told[:N_DRIVERS])]


def _driver(concept: Any, place: int, wording: Wording) -> Driver:
    rows = tuple(_row(band, wording) for band in _bands(concept))
    both = zip(_bands(concept), rows, strict=True)
    points = [_point(band, row, wording) for band, row in both if band.rate is not None]
    axis = wording.say("drivers.axis", out_of=wording.number(wording.out_of))
    figure = range_figure(points, axis, f"driver{place}", wording.locale) if len(points) >= _LEAST_DRAWN else None
    return Driver(capitalised(wording.word(concept.word)), wording.say(f"group.{concept.group}"), rows, figure)


def _row(band: Any, wording: Wording) -> BandRow:
    few = band.rate is None
    return BandRow(
        word=capitalised(wording.word(band.word)),
        n=wording.number(band.n),
        rate=wording.say("good.few") if few else wording.chance(band.rate),
        range="" if few else wording.chances(band.low, band.high),
        model="" if band.points is None else wording.points(band.points),
        agrees=band.agrees,
    )


def _point(band: Any, row: BandRow, wording: Wording) -> dict[str, Any]:
    numbers = {name: round(getattr(band, name) * wording.out_of, 4) for name in ("rate", "low", "high")}
    told = wording.say("drivers.told", word=row.word, rate=row.rate, range=row.range, number=row.n)
    return {"word": row.word, **numbers, "told": told}


def _bands(concept: Any) -> tuple[Any, ...]:
    return tuple(getattr(concept, "bands", None) or ())
