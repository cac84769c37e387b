"""A small export that the tests of the simulator share; the first one compiles the kernel for some seconds."""

from pathlib import Path

import pytest
from small_world import SMALL

from predictive_scoring.sources.simulator.write import simulate


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small simulated export, whose truth looks one day ahead."""
    folder = tmp_path_factory.mktemp("raw") / "demo"
    simulate(SMALL, 1, folder)
    return folder


@pytest.fixture(scope="session")
def demo_yaml() -> Path:
    """The source file of the simulated export."""
    return Path(__file__).parents[4] / "data" / "sources" / "demo.yaml"
