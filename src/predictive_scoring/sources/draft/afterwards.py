"""Which columns look as if they were written after the outcome; each sign is a reason, not a proof.

Every column is turned into levels (a value, a twentieth of the numbers, or blank). The share of converted leads in
each level is learned on one half of the rows and judged on the other, so that a value for every row shows nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.draft.profile import Column, Look
from predictive_scoring.sources.draft.value_types import Typed
from predictive_scoring.sources.draft.vocabulary import WRITTEN_LATER, says_one_of

N_LEVELS = 20
SMOOTHING_ROWS = 20
BETTER_THAN_HONEST = 0.8  # area under the ROC curve that one honest attribute of a lead hardly ever reaches
MIN_CONVERTED = 20
FILLED_RATIO = 3.0
MIN_BLANK_SHARE = 0.05
ONLY_CONVERTED = 0.95
MIN_LEVEL_ROWS = 30
MIN_SHARE_OF_CONVERTED = 0.05


@dataclass(frozen=True)
class Relation:
    """How one column goes with the outcome: areas and shares between 0 and 1."""

    area: float
    n_filled: int
    n_blank: int
    share_when_filled: float
    share_when_blank: float
    share_of_converted: float  # that have a value which nearly only converted leads have
    base: float


def relations(engine: Engine, look: Look, types: Mapping[str, Typed], labels: str) -> dict[str, Relation]:
    """Return how each column of a file goes with the outcome; nothing where too few leads converted to tell.

    Parameters
    ----------
    labels
        Name of a table with `_record` and `converted` (boolean) for the file's rows.
    """
    n_converted = engine.scalar(f"select count(*) filter (converted) from {labels}")
    if n_converted < MIN_CONVERTED or n_converted == engine.scalar(f"select count(*) from {labels}"):
        return {}
    _count_levels(engine, look, types, labels)
    found = {row["cell"]: row for row in engine.sql(_RELATIONS).to_pylist()}
    engine.execute("drop table level_counts")
    by_header = {}
    for column in look.columns:
        row = found.get(column.cell)
        if row is not None:
            by_header[column.header] = Relation(**{name: row[name] for name in Relation.__dataclass_fields__})
    return by_header


def _count_levels(engine: Engine, look: Look, types: Mapping[str, Typed], labels: str) -> None:
    """Make `level_counts`: rows and converted rows by column, level and half of the table."""
    numbers = [c.cell for c in look.columns if types[c.header].type == "number" and c.n_distinct > N_LEVELS]
    presence = [c.cell for c in look.columns if types[c.header].type in ("text", "date") or c.is_key]
    rank = f"least({N_LEVELS - 1}, floor({N_LEVELS} * (upto - n) / total))"
    number = f"try_cast(replace(replace(value, ' ', ''), {literal(look.written.read.decimal)}, '.') as double)"
    cells = ", ".join(column.cell for column in look.columns)
    engine.execute(
        "create table level_counts as with placed as (select cell, value, "
        f"case when cell in ({_listed(presence)}) then 'filled' "
        f"when cell in ({_listed(numbers)}) then cast({rank} as varchar) else value end as level from ("
        f"select *, sum(n) over (partition by cell order by {number} nulls last, value) as upto, "
        f"sum(n) over (partition by cell) as total from {look.cells})) "
        "select u.cell, placed.level, hash(u._record) % 2 = 0 as is_even, count(*) as n, "
        "count(*) filter (converted) as n_converted "
        f"from (select _record, cell, value from {look.rows} unpivot include nulls (value for cell in ({cells}))) u "
        f"join {labels} using (_record) "
        "left join placed on u.cell = placed.cell and u.value = placed.value group by all"
    )


def _listed(cells: list[str]) -> str:
    return ", ".join(map(literal, cells)) or "''"


_RELATIONS = f"""
with halves as (
    select cell, level, is_even, n, n_converted,
        sum(n) over same - n as n_other, sum(n_converted) over same - n_converted as n_converted_other,
        sum(n_converted) over (partition by cell) / sum(n) over (partition by cell) as base
    from level_counts window same as (partition by cell, level)
), rated as (
    select cell, is_even, (n_converted_other + {SMOOTHING_ROWS} * base) / (n_other + {SMOOTHING_ROWS}) as rate,
        sum(n_converted) as positives, sum(n - n_converted) as negatives
    from halves group by all
), placed as (
    select cell, is_even, positives, negatives,
        sum(negatives) over (partition by cell, is_even order by rate) - negatives / 2.0 as negatives_below
    from rated
), areas as (
    select cell, avg(area) as area from (
        select cell, sum(positives * negatives_below) / nullif(sum(positives) * sum(negatives), 0) as area
        from placed group by cell, is_even
    ) group by cell
), levels as (
    select cell, level, sum(n) as n, sum(n_converted) as n_converted, any_value(base) as base from halves group by all
)
select cell, coalesce(any_value(area), 0.5) as area,
    cast(coalesce(sum(n) filter (level is not null), 0) as bigint) as n_filled,
    cast(coalesce(sum(n) filter (level is null), 0) as bigint) as n_blank,
    coalesce(sum(n_converted) filter (level is not null) / sum(n) filter (level is not null), 0.0) as share_when_filled,
    coalesce(sum(n_converted) filter (level is null) / sum(n) filter (level is null), 0.0) as share_when_blank,
    coalesce(sum(n_converted) filter (
        level is not null and n >= {MIN_LEVEL_ROWS} and n_converted >= {ONLY_CONVERTED} * n
    ), 0) / sum(n_converted) as share_of_converted,
    any_value(base) as base
from levels join areas using (cell) group by cell
"""


def signs(column: Column, relation: Relation | None) -> list[str]:
    """Return what speaks for a column having been written after the outcome; an empty list if nothing does."""
    found = []
    if said := says_one_of(column.header, WRITTEN_LATER):
        found.append(f"the name says {said!r}")
    if relation is None:
        return found
    if relation.area > BETTER_THAN_HONEST:
        found.append(f"alone it separates the outcome with an area of {relation.area:.2f}")
    n_rows = relation.n_filled + relation.n_blank
    is_told_by_blank = min(relation.n_blank, relation.n_filled) >= MIN_BLANK_SHARE * n_rows
    low, high = sorted((relation.share_when_filled, relation.share_when_blank))
    if is_told_by_blank and high >= FILLED_RATIO * low:
        found.append(
            f"{relation.share_when_filled:.0%} convert where it is filled, "
            f"{relation.share_when_blank:.0%} where it is blank"
        )
    if relation.share_of_converted >= MIN_SHARE_OF_CONVERTED and relation.base < ONLY_CONVERTED - 0.3:
        found.append(
            f"{relation.share_of_converted:.0%} of the converted leads have a value that hardly any other lead has"
        )
    return found
