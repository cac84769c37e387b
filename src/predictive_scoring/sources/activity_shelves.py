"""Activities from their shelves into the finished table, some shelves at a time: machines' clicks, copies, order."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from predictive_scoring.contract.history import ACTIVITIES, INSTANT
from predictive_scoring.contract.rules import LeftOut
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.activity_rows import OWN_FAULT, Laid
from predictive_scoring.sources.automatic import leave_out_automatic, settled_at
from predictive_scoring.sources.shelf_files import ShelfFiles
from predictive_scoring.storage import write_parquet_stream

ROWS_AT_A_TIME: Final = 1_500_000
ROWS_A_GROUP: Final = 122_880  # of the finished file, as the engine hands rows over
NAMES: Final = ", ".join(ACTIVITIES.names)
ORDER: Final = ", ".join(dict.fromkeys(["account_no", "known_at", *ACTIVITIES.names]))
DIGEST: Final = f"hash({NAMES})"
AUTOMATIC: Final = LeftOut.AUTOMATIC.value
SQL_TYPE: Final = {pa.int64(): "bigint", INSTANT: "timestamptz", pa.string(): "varchar", pa.float64(): "double"}
Span = tuple[int, ...]


def finish_activities(engine: Engine, laid: Laid, path: Path) -> int:
    """Write the finished activities, in their order, and return how many rows were copies of another.

    Makes `kept_activities`, when each row that is kept came to be known, and `early_activities`, those of them that
    were known before their lead was created. Rows that are out go to `quarantine` or are counted in `left_out`.
    """
    engine.execute("create table kept_activities (known_at timestamptz)")
    engine.execute("create table early_activities (known_at timestamptz)")
    for batch in laid.files.batches(OWN_FAULT):
        _take_out(engine, pa.table({"_out": batch.column("_out")}))
    spans = list(_spans(laid.files))
    _inherit(engine, laid, spans)
    n_copies: list[int] = []
    write_parquet_stream(path, regrouped(_finished(engine, laid, spans, n_copies), ROWS_A_GROUP), ACTIVITIES)
    return sum(n_copies)


def _spans(files: ShelfFiles) -> Iterator[Span]:
    """Yield the shelves that are finished together, in the order of accounts."""
    span: list[int] = []
    for shelf in sorted(set(files.n_rows) - {OWN_FAULT}):
        if span and sum(files.n_rows[each] for each in (*span, shelf)) > ROWS_AT_A_TIME:
            yield tuple(span)
            span = []
        span.append(shelf)
    if span:
        yield tuple(span)


def _finished(engine: Engine, laid: Laid, spans: Iterable[Span], n_copies: list[int]) -> Iterator[pa.RecordBatch]:
    for span in spans:
        n_automatic, n = _prepare(engine, laid, span)
        n_copies.append(n)
        engine.execute(f"insert into left_out select 'activities', '{AUTOMATIC}', {n_automatic}")
        _take_out(engine, engine.sql("select _out from shelf where _out is not null"))
        engine.execute("insert into kept_activities select known_at from kept")
        engine.execute(
            "insert into early_activities select known_at from kept join lead_numbers l using (lead_no) "
            "where _came_early and known_at < l.created_at"
        )
        shelves = ", ".join(str(shelf) for shelf in span)
        rows = f"select {NAMES} from kept union all by name select {NAMES} from inherited where _shelf in ({shelves})"
        yield from in_order(engine, engine.sql(rows))


def _prepare(engine: Engine, laid: Laid, span: Span) -> tuple[int, int]:
    """Make `shelf` and, of its rows, the view `kept`; return how many rows were a machine's, and how many copies."""
    engine.execute("drop view if exists kept")
    engine.load("shelf", laid.files.read(span))
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


def _take_out(engine: Engine, rows: pa.Table) -> None:
    """Copy rows that are out to `quarantine`, with the cell that broke their rule, or count them in `left_out`."""
    if not rows.num_rows:
        return
    part = {name: f"json_extract_string(_out, '$.{name}')" for name in ("left_out", "rule", "cell", "text")}
    part |= {name: f"cast(json_extract_string(_out, '$.{name}') as bigint)" for name in ("file_no", "record")}
    engine.load("out", rows)
    engine.execute(
        f"insert into left_out select 'activities', {part['left_out']}, count(*) from out "
        f"where {part['left_out']} is not null group by all"
    )
    bad = f"from out where {part['rule']} is not null"
    place = f"'activities', {part['file_no']}, {part['record']}"
    engine.execute(f"insert into quarantine select {place}, {part['rule']}, {part['text']} {bad}")
    engine.execute(f"insert into bad_cells select {place}, {part['cell']} {bad} and {part['cell']} is not null")


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


def _inherit(engine: Engine, laid: Laid, spans: Iterable[Span]) -> None:
    """Make `inherited`: what was known of a lead that became another is known of that one too, from the merge on.

    It lies with that one's account, so all of it is needed before the first shelf is finished.
    """
    columns = ", ".join(
        f"{name} {SQL_TYPE[field.type]}" for name, field in zip(ACTIVITIES.names, ACTIVITIES, strict=True)
    )
    engine.execute(f"create table inherited ({columns}, _shelf integer)")
    if not engine.scalar("select count(*) from heirs"):
        return
    for span in spans:
        _prepare(engine, laid, span)
        rows = f"select *, {laid.shelves.place_sql('account_no')} as _shelf from ({inherited_sql()})"
        engine.execute(f"insert into inherited by name {rows}")


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
