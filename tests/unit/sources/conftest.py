"""A PostgreSQL server for the tests of this folder."""

from collections.abc import Iterator

import pytest

from postgres_server import Server, postgres_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with postgres_server() as running:
        yield running
