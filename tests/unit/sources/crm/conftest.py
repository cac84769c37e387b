"""A CRM that answers on this machine, and a clock on which waiting costs nothing."""

import threading
import time
from collections.abc import Iterator

import pytest
from pulled_world import WORLDS
from server import Server, serving

from predictive_scoring.sources.crm import hubspot, salesforce


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited for a server; none of them passes."""
    slept: list[float] = []
    waiting, sleep = threading.get_ident(), time.sleep

    def slept_here(seconds: float) -> None:
        """Note a wait of this test; threads that other tests left running wait as ever."""
        if threading.get_ident() == waiting:
            slept.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept_here)
    monkeypatch.setattr(hubspot, "N_ROWS", 1)
    monkeypatch.setattr(hubspot, "N_HISTORIES", 1)
    monkeypatch.setattr(salesforce, "N_ROWS", 2)
    return slept


@pytest.fixture(params=["hubspot", "salesforce"])
def crm(request: pytest.FixtureRequest) -> str:
    """The name of a CRM."""
    return str(request.param)


@pytest.fixture
def server(crm: str, waits: list[float]) -> Iterator[Server]:
    """The CRM, answering."""
    with serving(WORLDS[crm]()) as answering:
        yield answering
