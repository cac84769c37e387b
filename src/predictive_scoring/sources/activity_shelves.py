"""Activities from their shelves into the finished table, some shelves at a time: machines' clicks, copies, order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from predictive_scoring.contract.history import ACTIVITIES, INSTANT
from predictive_scoring.contract.rules import LeftOut
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.activity_rows import OWN_FAULT, Laid, take_out
from predictive_scoring.sources.automatic import leave_out_automatic, settled_at
from predictive_scoring.sources.hands import Here, Work
from predictive_scoring.storage import write_parquet_stream

ROWS_AT_A_TIME: Final = 1_500_000
ROWS_A_GROUP: Final = 122_880  # of the finished file, as the engine hands rows over
NAMES: Final = ", ".join(ACTIVITIES.names)
ORDER: Final = ", ".join(dict.fromkeys(["account_no", "known_at", *ACTIVITIES.names]))
DIGEST: Final = f"hash({NAMES})"
AUTOMATIC: Final = LeftOut.AUTOMATIC.value
SQL_TYPE: Final = {pa.int64(): "bigint", INSTANT: "timestamptz", pa.string(): "varchar", pa.float64(): "double"}
INHERITED: Final = ", ".join([*(f"{field.name} {SQL_TYPE[field.type]}" for field in ACTIVITIES), "_shelf integer"])
Span = tuple[int, ...]


def finish_activities(hands: Here, laid: Laid, path: Path) -> int:
    """Write the finished activities, in their order, and return how many rows were copies of another.

    Makes `kept_activities`, when each row that is kept came to be known, and `early_activities`, those of them that
    were known before their lead was created. Rows that are out go to `quarantine` or are counted in `left_out`.
    """
    engine = hands.engine
    engine.execute("create table kept_activities (known_at timestamptz)")
    engine.execute("create table early_activities (known_at timestamptz)")
    engine.execute("create table collapsed_activities (n bigint)")
    engine.execute(f"create table inherited ({INHERITED})")
    spans = [*_spans(laid.stacks.n_rows)]
    if engine.scalar("select count(*) from heirs"):
        for _ in hands.each(Inheriting(laid), spans):
            pass
    rows = hands.rows(Finishing(laid), spans)
    write_parquet_stream(path, regrouped(rows, ROWS_A_GROUP), ACTIVITIES)
    return engine.scalar("select sum(n) from collapsed_activities")


def _spans(n_rows: Counter[int]) -> Iterator[Span]:
    """Yield the shelves that are finished together, in the order of accounts."""
    span: list[int] = []
    for shelf in sorted(set(n_rows) - {OWN_FAULT}):
        if span and sum(n_rows[each] for each in (*span, shelf)) > ROWS_AT_A_TIME:
            yield tuple(span)
            span = []
        span.append(shelf)
    if span:
        yield tuple(span)


@dataclass(frozen=True)
class Finishing(Work[Span, Iterator[pa.RecordBatch]]):
    """Yields the rows of some shelves as they are in the end, and notes what became of the others."""

    laid: Laid
    reads = ("inherited", "lead_numbers")
    fills = ("quarantine", "bad_cells", "left_out", "kept_activities", "early_activities", "collapsed_activities")

    def __call__(self, engine: Engine, span: Span, _folder: Path) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a span, which are in the engine until all of them are taken."""
        n_automatic, n_copies = _prepare(engine, self.laid, span)
        engine.execute(f"insert into collapsed_activities values ({n_copies})")
        engine.execute(f"insert into left_out select 'activities', '{AUTOMATIC}', {n_automatic}")
        take_out(engine, engine.sql("select _out from shelf where _out is not null"))
        engine.execute("insert into kept_activities select known_at from kept")
        engine.execute(
            "insert into early_activities select known_at from kept join lead_numbers l using (lead_no) "
            "where _came_early and known_at < l.created_at"
        )
        shelves = ", ".join(str(shelf) for shelf in span)
        rows = f"select {NAMES} from kept union all by name select {NAMES} from inherited where _shelf in ({shelves})"
        yield from in_order(engine, engine.sql(rows))


@dataclass(frozen=True)
class Inheriting(Work[Span, None]):
    """Makes `inherited`: what was known of a lead that became another is known of that one too, from the merge on.

    It lies with that one's account, so all of it is needed before the first shelf is finished.
    """

    laid: Laid
    reads = ("heirs",)
    fills = ("inherited",)

    def __call__(self, engine: Engine, span: Span, _folder: Path) -> None:
        """Add what the rows of a span are to the heirs of their leads."""
        _prepare(engine, self.laid, span)
        rows = f"select *, {self.laid.shelves.place_sql('account_no')} as _shelf from ({inherited_sql()})"
        engine.execute(f"insert into inherited by name {rows}")


def _prepare(engine: Engine, laid: Laid, span: Span) -> tuple[int, int]:
    """Make `shelf` and, of its rows, the view `kept`; return how many rows were a machine's, and how many copies."""
    engine.execute("drop view if exists kept")
    engine.load("shelf", laid.stacks.read(span))
    rules = laid.shelves.rules
    n_automatic = leave_out_automatic(engine, rules)
    known = settled_at("known_at", rules)
    known = f"greatest({known}, since)" if laid.shelves.has_merges else known
    engine.execute(
        f"create view kept as select {NAMES.replace('known_at', f'{known} as known_at')}, _came_early, "
        "rowid as row_no from shelf where _out is null"
    )
    return n_automatic, _drop_copies(engine)


def _drop_copies(engine: Engine) -> int:
    """Leave one of the rows of `kept` that are equal, and return how many went.

    Hashes are compared first: few rows have a twin, and comparing all columns of all rows costs more than reading them.
    """
    engine.execute(
        f"create or replace table twins as select digest from (select {DIGEST} as digest from kept) "
        "group by digest having count(*) > 1"
    )
    if not engine.scalar("select count(*) from twins"):
        return 0
    engine.execute(
        f"create or replace table copies as select row_no from kept where {DIGEST} in (select digest from twins) "
        f"qualify row_number() over (partition by {NAMES} order by row_no) > 1"
    )
    engine.execute("delete from shelf where rowid in (select row_no from copies)")
    return engine.scalar("select count(*) from copies")


def in_order(engine: Engine, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield rows by account, then by when they were known, then by every other column.

    Two columns of integers settle nearly all of it at a fifth of the cost of comparing whole rows; the engine puts in
    order what they leave open.

    Examples
    --------
    >>> from predictive_scoring.engine.duck import open_engine
    >>> given = {name: [None, None] for name in ACTIVITIES.names} | {"account_no": [0, 0], "known_at": [5, 5]}
    >>> rows = pa.table({**given, "occurred_at": [5, 5], "kind": ["visit", "call"]}, schema=ACTIVITIES)
    >>> with open_engine() as engine:
    ...     [batch["kind"].to_pylist() for batch in in_order(engine, rows)]
    [['call', 'visit']]
    """
    rows = rows.combine_chunks()
    account, known = rows["account_no"].to_numpy(), rows["known_at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((known, account))
    account, known = account[order], known[order]
    is_same = (account[1:] == account[:-1]) & (known[1:] == known[:-1])
    is_tied = np.append(is_same, False) | np.append(False, is_same)
    if is_tied.any():
        places = pa.array(order[is_tied])
        tied = rows.take(places).append_column("row_no", places)
        order[is_tied] = engine.sql(f"select row_no from tied order by {ORDER}", tied=tied)["row_no"].to_numpy()
    for start in range(0, len(order), ROWS_A_GROUP):
        yield from rows.take(pa.array(order[start : start + ROWS_A_GROUP])).to_batches()


def inherited_sql() -> str:
    """Return the query of what leads know of the rows of `kept` that were another's, since when they do."""
    changed = "h.account_no as account_no, h.lead_no as lead_no, greatest(k.known_at, h.since) as known_at"
    return f"select {NAMES} from (select k.* replace ({changed}) from kept k join heirs h on h.of_no = k.lead_no)"


def regrouped(batches: Iterable[pa.RecordBatch], n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of `n_rows`, the last one shorter.

    Examples
    --------
    >>> batches = [pa.RecordBatch.from_pydict({"x": x}) for x in ([1, 2, 3], [4], [5, 6])]
    >>> [batch["x"].to_pylist() for batch in regrouped(batches, 4)]
    [[1, 2, 3, 4], [5, 6]]
    """
    held: list[pa.RecordBatch] = []
    n_held = 0
    for batch in batches:
        held.append(batch)
        n_held += batch.num_rows
        while n_held >= n_rows:
            every = pa.Table.from_batches(held).combine_chunks()
            yield every.slice(0, n_rows).to_batches()[0]
            held, n_held = every.slice(n_rows).to_batches(), n_held - n_rows
    if n_held:
        yield pa.Table.from_batches(held).combine_chunks().to_batches()[0]
