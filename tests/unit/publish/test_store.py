"""A store of runs that cannot be used is known before the work, in seconds, and in words."""

import logging
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from predictive_scoring.errors import ConfigurationError, SourceUnreachableError
from predictive_scoring.publish import store
from predictive_scoring.publish.store import check_sqlite, check_store, store_address

KNOWN = "451aebb31d03"  # the first of MLflow's migrations


def database(path: Path, revision: str = KNOWN) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values (?)", [revision])
        connection.execute("create table runs (name text)")
        connection.executemany("insert into runs values (?)", [(f"run {n}" * 50,) for n in range(200)])
    connection.close()
    return path


def test_a_store_that_is_whole_or_not_made_yet_is_fine(tmp_path: Path) -> None:
    check_sqlite(database(tmp_path / "mlflow.db"))
    check_sqlite(tmp_path / "not made yet.db")


@pytest.mark.parametrize("damage", ["cut", "overwritten", "no database"])
def test_H09_a_damaged_database_is_refused_with_what_to_do(tmp_path: Path, damage: str) -> None:
    path = database(tmp_path / "mlflow.db")
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "overwritten":
        content[4096 * 3 : 4096 * 4] = b"\xff" * 4096
    else:
        content = bytearray(b"no database at all" * 100)
    path.write_bytes(content)
    with pytest.raises(SourceUnreachableError, match="move it away") as raised:
        check_sqlite(path)
    assert raised.value.exit_code == 6
    assert "tracking.required: false" in str(raised.value)


def test_H10_an_empty_database_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "mlflow.db").touch()
    with caplog.at_level(logging.WARNING):
        check_sqlite(tmp_path / "mlflow.db")
    assert "the history of runs is lost" in caplog.text


def test_H11_a_database_of_a_newer_mlflow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match="upgrade mlflow"):
        check_sqlite(database(tmp_path / "mlflow.db", revision="ffffffffffff"))


def test_H11_without_mlflow_nobody_can_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "find_spec", lambda _name: None)
    check_sqlite(database(tmp_path / "mlflow.db", revision="ffffffffffff"))


def test_I08_a_malformed_address_names_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "htp:/ana:secret@server")
    with pytest.raises(ConfigurationError, match="MLFLOW_TRACKING_URI") as raised:
        store_address(tmp_path)
    assert raised.value.exit_code == 2
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+psycopg://db/runs")
    assert store_address(tmp_path) == "postgresql+psycopg://db/runs"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert store_address(tmp_path).endswith("/mlflow.db")


@contextmanager
def server(reply: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        serving.daemon_threads = True
        serving.block_on_close = False
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


def answering(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    return reply


def trickling(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize(("code", "said"), [(401, "refuses the credentials"), (403, "refuses"), (500, "HTTP 500")])
def test_H12_a_server_that_refuses_or_fails_is_said(code: int, said: str) -> None:
    with server(answering(code)) as address, pytest.raises(SourceUnreachableError, match=said):
        check_store(address)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("reply", [trickling, lambda _handler: time.sleep(5)], ids=["trickling", "silent"])
def test_H12_a_slow_server_is_given_up(
    reply: Callable[[BaseHTTPRequestHandler], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.PROBE_SECONDS <= 5
    monkeypatch.setattr(store, "PROBE_SECONDS", 0.3)
    with server(reply) as address, pytest.raises(SourceUnreachableError, match=r"no answer within|out of reach"):
        check_store(address)


def test_H12_a_server_that_is_down_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceUnreachableError, match="out of reach"):
        check_store(f"http://127.0.0.1:{port}")


def test_H12_the_credentials_that_mlflow_would_send_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def reply(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization"))
        answering(200 if seen[-1] else 401)(handler)

    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ana")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "open-sesame")
    with server(reply) as address:
        check_store(address)
    assert seen == ["Basic YW5hOm9wZW4tc2VzYW1l"]


def test_I10_the_password_in_an_address_is_not_said() -> None:
    with pytest.raises(SourceUnreachableError) as raised:
        check_store("http://ana:open-sesame@127.0.0.1:1")
    assert "open-sesame" not in str(raised.value)
    assert "ana:***@" in str(raised.value)
