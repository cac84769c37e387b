"""How leads went so far, and how those on the table stand: by month of creation, by channel, by segment.

A lead counts once its horizon is over, from its creation on; whoever came later is still open and counts as nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from predictive_scoring.config.base import Block
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.engine.duck import Engine, literal, open_engine, path_literal, quoted
from predictive_scoring.scoring.dimensions import Dimensions

BACKGROUND: Final = "background.json"
N_MONTHS: Final = 24
N_VALUES: Final = 20  # of a channel or segment, the most frequent


class Part(Block):
    """The leads with one value: those whose horizon is over, and those that are open."""

    value: str | None  # a month as 2025-04; None: not known
    leads: int
    converted: int
    open: int
    expected: float  # conversions among the open, by their chances
    best: int  # of the open, with the best grade


class Background(Block):
    """What lies behind the scores."""

    words: Words = Words()
    channel: str | None = None  # the attributes' names
    segment: str | None = None
    channel_word: Word | None = None
    segment_word: Word | None = None
    months: tuple[Part, ...] = ()  # oldest first
    channels: tuple[Part, ...] = ()  # most leads first
    segments: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Scored:
    """A file of scores beside the history that it was made from."""

    history: History
    scores: Path
    as_of: datetime
    target: Target
    dimensions: Dimensions
    words: Words
    best_grade: str

    @property
    def instant(self) -> str:
        """The instant of the scores, for a query."""
        return f"timestamptz '{self.as_of.isoformat()}'"


def background(scored: Scored) -> Background:
    """Return the counts, from the tables where they lie."""
    channel, segment = scored.dimensions.channel, scored.dimensions.segment
    with open_engine(spill=scored.scores.parent) as engine:
        engine.execute(_people(scored))
        months = () if scored.history.facts.flat else _parts(engine, "strftime(created_at, '%Y-%m')", scored)
        by = {name: _parts(engine, name, scored) for name in scored.dimensions.named()}
    return Background(
        words=scored.words,
        channel=channel.name if channel else None,
        segment=segment.name if segment else None,
        channel_word=scored.words.attributes.get(channel.name) if channel else None,
        segment_word=scored.words.attributes.get(segment.name) if segment else None,
        months=tuple(sorted(months, key=lambda part: part.value or ""))[-N_MONTHS:],
        channels=by.get("channel", ())[:N_VALUES],
        segments=by.get("segment", ())[:N_VALUES],
    )


def _people(scored: Scored) -> str:
    """Return the statement that makes a row a lead: its dimensions, whether its time is over, its chance if open."""
    leads, accounts, outcomes = (path_literal(scored.history.path(name)) for name in ("leads", "accounts", "outcomes"))
    named = scored.dimensions.named()
    columns = "".join(f", {_column(item)} as {name}" for name, item in named.items())
    return (
        f"create table people as select l.created_at{columns}, {_over(scored)} as is_over, {_converted(scored)} as "
        "is_converted, s.probability, s.grade "
        f"from read_parquet({leads}) l left join read_parquet({accounts}) a using (account_no) "
        f"left join read_parquet({path_literal(scored.scores)}) s on s.lead_id = l.lead_id "
        f"left join (select lead_no, {_first(scored.target.stage)} as converted_at, "
        f"{_first(*scored.target.end_stages)} as ended_at from read_parquet({outcomes}) "
        f"where known_at < {scored.instant} group by lead_no) o on o.lead_no = l.lead_no "
        f"where l.merged_at is null and (l.created_at is null or l.created_at < {scored.instant})"
    )


def _first(*stages: str) -> str:
    """Return the first instant at which a lead reached one of some stages, null where it did not."""
    return f"min(occurred_at) filter (stage in ({', '.join(map(literal, stages)) or 'null'}))"


def _column(attribute: Attribute) -> str:
    return f"{'a' if attribute.table == 'accounts' else 'l'}.{quoted(attribute.name)}::varchar"


def _over(scored: Scored) -> str:
    if scored.history.facts.flat:
        return "l.converted is not null"
    horizon = f"l.created_at + interval {scored.target.horizon_days} day"
    judged = f"(coalesce(o.converted_at < {horizon}, false) or coalesce(o.ended_at < {horizon}, false))"
    return f"{horizon} <= {scored.instant}" + (f" and {judged}" if scored.target.only_judged else "")


def _converted(scored: Scored) -> str:
    if scored.history.facts.flat:
        return "coalesce(l.converted, false)"
    return f"coalesce(o.converted_at < l.created_at + interval {scored.target.horizon_days} day, false)"


def _parts(engine: Engine, key: str, scored: Scored) -> tuple[Part, ...]:
    rows: pa.Table = engine.sql(
        f"select {key} as value, count(*) filter (is_over) as leads, count(*) filter (is_over and is_converted) as "
        "converted, count(probability) as open, coalesce(sum(probability), 0.0) as expected, "
        f"count(*) filter (grade = {literal(scored.best_grade)}) as best "
        "from people group by all order by count(*) desc, value"
    )
    return tuple(Part.model_validate({**row, "expected": round(row["expected"], 6)}) for row in rows.to_pylist())
