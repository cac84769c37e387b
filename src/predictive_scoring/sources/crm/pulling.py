"""The pull of every table of a CRM into a folder: each page is kept as it comes, and folded into the table at the end.

A pull that was cut goes on after its last page. Pages that come twice, and rows that an earlier pull had, are replaced
by their newest version, so a pull that was resumed leaves the same bytes as one that was not.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from predictive_scoring.engine.duck import open_engine, path_literal, quoted
from predictive_scoring.errors import SourceUnreachableError, counted
from predictive_scoring.sources.crm.progress import Progress, load_progress, save_progress
from predictive_scoring.storage import sole_writer, write_parquet

N_STANDSTILLS = 3  # pages in a row that bring nothing new before the pull gives up
STATE = ".pull"

Row = dict[str, str | None]


@dataclass(frozen=True)
class Page:
    """Rows with ids after the last page's, and the last of these ids; None: there are no more."""

    rows: list[Row]
    last_id: str | None


class Crm(Protocol):
    """A CRM that gives its tables page by page.

    `columns` are those of each table by its name; the first is the id. Several rows may have one id: they come
    together on a page, and are replaced together.
    """

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of each table, the id first."""

    def page(self, table: str, since: str | None, after: str | None) -> Page:
        """Return the rows changed since an instant, with the smallest ids after one."""


def pull(crm: Crm, folder: Path, now: datetime) -> Iterator[str]:
    """Bring every table of a CRM up to date in a folder, and yield a line for each: `<table>.parquet`.

    Parameters
    ----------
    now
        The instant of the call; what changes later is the next pull's.

    Raises
    ------
    SourceUnreachableError
        If the CRM cannot be reached or refuses; what was read is kept, and the next call goes on from there.
    BusyError
        If another run is pulling into the folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with sole_writer(folder):
        for table in crm.columns:
            n_rows = _pull_table(crm, table, folder, now)
            yield f"{folder / f'{table}.parquet'}: {counted(n_rows, 'row')}"


def _pull_table(crm: Crm, table: str, folder: Path, now: datetime) -> int:
    state, pages = folder / STATE / f"{table}.json", folder / STATE / table
    progress = load_progress(state)
    if progress.started_at is None:
        shutil.rmtree(pages, ignore_errors=True)
        progress = progress.begun(now)
        save_progress(state, progress)
    n_standstills = 0
    while (page := crm.page(table, progress.since, progress.after)).last_id is not None:
        n_standstills = n_standstills + 1 if page.last_id == progress.after else 0
        if n_standstills == N_STANDSTILLS:
            raise SourceUnreachableError(
                f"table {table}: the same page came {N_STANDSTILLS + 1} times", fix="run again later"
            )
        schema = pa.schema([(name, pa.string()) for name in crm.columns[table]])
        write_parquet(pages / f"{progress.n_pages:06d}.parquet", pa.Table.from_pylist(page.rows, schema))
        progress = progress.with_page(page.last_id)
        save_progress(state, progress)
    n_rows = _fold(crm.columns[table], folder / f"{table}.parquet", pages, progress)
    save_progress(state, progress.finished())
    shutil.rmtree(pages, ignore_errors=True)
    return n_rows


def _fold(columns: tuple[str, ...], target: Path, pages: Path, progress: Progress) -> int:
    """Write the table, the rows of the pages in place of older rows of their ids; return how many rows it has."""
    schema = pa.schema([(name, pa.string()) for name in columns])
    files = [target] if target.is_file() else []
    files += [pages / f"{number:06d}.parquet" for number in range(progress.n_pages)]
    names = ", ".join(quoted(name) for name in columns)
    columns_sql = ", ".join(f"{quoted(name)} varchar" for name in columns)
    with open_engine() as engine:
        engine.execute(f"create table given ({columns_sql}, _age integer)")
        for age, file in enumerate(files):
            engine.execute(f"insert into given select {names}, {age} from read_parquet({path_literal(file)})")
        engine.execute(
            f"create table newest as select distinct {names} from (select *, max(_age) over "
            f"(partition by {quoted(columns[0])}) as _newest from given) where _age = _newest"
        )
        engine.write_parquet(f"select {names} from newest order by {names}", target, schema)
        return engine.scalar("select count(*) from newest")
