"""Which columns hold the ids of another file: the share of ids found on the other side, both ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.draft.profile import Column, Look
from predictive_scoring.sources.draft.value_types import Typed
from predictive_scoring.sources.draft.vocabulary import likeness

NEARLY_A_KEY = 0.9  # distinct values by row: exports hold some rows twice
Counts = dict[tuple[int, str], int]  # different ids by file and cell
MATCHES = 0.5  # of the ids that refer to a key are found there; else the columns are strangers


@dataclass(frozen=True)
class Join:
    """A column of ids that refers to a key of another file (by the files' numbers)."""

    from_file: int
    from_header: str
    to_file: int
    to_header: str
    share_found: float  # of the referring ids that are keys
    share_used: float  # of the keys that are referred to

    @property
    def is_match(self) -> bool:
        """Whether enough ids are found for the columns to mean the same things."""
        return self.share_found >= MATCHES


def key_columns(look: Look, types: Mapping[str, Typed]) -> list[Column]:
    """Return the columns that could be a file's key, the likeliest first: filled, different, no measurements."""
    found = [column for column in look.columns if _is_nearly_a_key(column) and _names_things(column, types)]
    return sorted(
        found, key=lambda column: -max(likeness(column.header, "lead_id"), likeness(column.header, "account_id"))
    )


def _is_nearly_a_key(column: Column) -> bool:
    if column.is_key:
        return True
    is_called_id = max(likeness(column.header, "lead_id"), likeness(column.header, "account_id")) > 0
    return is_called_id and column.share_filled > NEARLY_A_KEY and column.share_distinct > NEARLY_A_KEY


def _names_things(column: Column, types: Mapping[str, Typed]) -> bool:
    is_short_text = column.longest <= 64 and types[column.header].type != "date"
    has_sign = any("." in shape or "," in shape for shape, _ in column.shapes[:3])
    return is_short_text and not has_sign and not any("@" in shape for shape, _ in column.shapes[:3])


def find_joins(engine: Engine, looks: Sequence[Look], types: Mapping[int, Mapping[str, Typed]]) -> list[Join]:
    """Return every pair of a column and another file's key that share ids or are called alike."""
    n_ids: Counts = {}
    found = [
        _join(engine, n_ids, (look, column), (target, key))
        for target in looks
        for key in key_columns(target, types[target.number])
        for look in looks
        if look is not target
        for column in look.columns
        if _could_refer(column, key, types[look.number])
    ]
    return [join for join in found if join.is_match or _are_called_alike(join.from_header, join.to_header)]


def _could_refer(column: Column, key: Column, types: Mapping[str, Typed]) -> bool:
    if not column.n_filled or types[column.header].type in ("date", "boolean"):
        return False
    is_called_id = max(likeness(column.header, role) for role in ("lead_id", "account_id")) > 0
    return _are_called_alike(column.header, key.header) or (is_called_id and column.n_distinct > 1)


def _are_called_alike(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _join(engine: Engine, n_ids: Counts, referring: tuple[Look, Column], key: tuple[Look, Column]) -> Join:
    """Return how two columns match, by all rows: shares of a sample on either side would be too low."""
    (look, column), (target, of_key) = referring, key
    n_one, n_other = (_n_ids(engine, n_ids, *each) for each in (referring, key))
    n_common = engine.scalar(
        f"select count(*) from {_ids(look, column)} as a semi join {_ids(target, of_key)} as b on a.id = b.id"
    )
    return Join(look.number, column.header, target.number, of_key.header, n_common / n_one, n_common / n_other)


def _n_ids(engine: Engine, n_ids: Counts, look: Look, column: Column) -> int:
    """Return how many different ids a column has, counted once: each column is compared with many keys."""
    place = (look.number, column.cell)
    if place not in n_ids:
        n_ids[place] = engine.scalar(f"select count(*) from {_ids(look, column)}")
    return n_ids[place]


def _ids(look: Look, column: Column) -> str:
    return f"(select distinct {column.cell} as id from {look.rows} where trim({column.cell}) <> '')"
