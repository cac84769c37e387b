"""A pull that dies at any write, whatever it was about to write, loses nothing and doubles nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from predictive_scoring.sources.crm import pulling
from predictive_scoring.sources.crm.pulling import Page, Row, pull
from predictive_scoring.storage import read_parquet

NOW = datetime(2024, 6, 2, tzinfo=UTC)
OLD: list[Row] = [{"Id": "1", "stage": "new"}, {"Id": "2", "stage": "new"}, {"Id": "4", "stage": "new"}]
CHANGED: list[Row] = [{"Id": "2", "stage": "won"}, {"Id": "3", "stage": "new"}, {"Id": "3", "stage": "lost"}]


class KilledError(Exception):
    """Stands for a process that is gone: nothing after it runs."""


class Memory:
    """A CRM of one table whose pages hold one id each; what changed since the first pull is `CHANGED`."""

    columns = {"deals": ("Id", "stage")}  # noqa: RUF012

    def page(self, _table: str, since: str | None, after: str | None) -> Page:
        rows = OLD if since is None else CHANGED
        ids = sorted({row["Id"] for row in rows if (row["Id"] or "") > (after or "")})
        return Page([row for row in rows if row["Id"] == ids[0]], ids[0]) if ids else Page([], None)


def pulled_twice(folder: Path) -> bytes:
    list(pull(Memory(), folder, NOW))
    list(pull(Memory(), folder, NOW + timedelta(days=1)))
    return (folder / "deals.parquet").read_bytes()


def dying_at(write: int, act: Callable[..., Any], counter: list[int]) -> Callable[..., Any]:
    def guarded(*given: Any, **named: Any) -> Any:
        counter[0] += 1
        if counter[0] == write:
            raise KilledError
        return act(*given, **named)

    return guarded


@pytest.mark.parametrize("write", range(1, 11))
def test_a_pull_that_dies_at_any_write_ends_as_one_that_did_not(tmp_path, monkeypatch, write):
    calm = pulled_twice(tmp_path / "calm")
    folder = tmp_path / "raw"
    list(pull(Memory(), folder, NOW))
    count = [0]
    with monkeypatch.context() as patched:
        for name in ("write_parquet", "save_progress", "_fold"):
            patched.setattr(pulling, name, dying_at(write, getattr(pulling, name), count))
        patched.setattr(pulling.shutil, "rmtree", dying_at(write, pulling.shutil.rmtree, count))
        try:
            list(pull(Memory(), folder, NOW + timedelta(days=1)))
        except KilledError:
            assert count[0] == write
        else:
            assert count[0] < write  # the pull has fewer writes than this
    list(pull(Memory(), folder, NOW + timedelta(days=1)))
    assert (folder / "deals.parquet").read_bytes() == calm


def test_progress_that_runs_ahead_of_its_page_would_lose_rows(tmp_path, monkeypatch):
    """The planted bug: the last id is noted, and the page it came from was never written."""
    calm = pulled_twice(tmp_path / "calm")
    write, count = pulling.write_parquet, [0]

    def forgetting(path: Path, table: Any) -> None:
        count[0] += 1
        write(path, table.slice(0, 0) if count[0] == 1 else table)

    monkeypatch.setattr(pulling, "write_parquet", forgetting)
    assert pulled_twice(tmp_path / "raw") != calm


def test_all_rows_of_an_id_are_replaced_together(tmp_path):
    pulled_twice(tmp_path / "raw")
    assert read_parquet(tmp_path / "raw" / "deals.parquet").to_pylist() == [
        {"Id": "1", "stage": "new"},
        {"Id": "2", "stage": "won"},
        {"Id": "3", "stage": "lost"},
        {"Id": "3", "stage": "new"},
        {"Id": "4", "stage": "new"},
    ]
