"""Being here puts this folder on the import path, so that any test may say `from history_builder import …`."""

from typing import Any

import pytest
from hypothesis import settings

from predictive_scoring.publish.bundle import Bundle
from small_company import SmallCompany, released, small_company
from spark_session import by, spark

settings.register_profile("shared machine", deadline=None)  # slow is not wrong: benchmarks are for speed
settings.load_profile("shared machine")

__all__ = ["by", "spark"]  # fixtures

PIPELINE = "tests/pipeline/"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give tests to workers one by one, but those of the pipeline to one worker, which makes their project once.

    Marks with `--dist loadgroup` would say the same; pytest-xdist 3.8 takes no notice of them under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneWorkerForThePipeline(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return PIPELINE if nodeid.startswith(PIPELINE) else nodeid

    return OneWorkerForThePipeline(config, log)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> SmallCompany:
    """A small company whose leads tell who will buy, run up to the gate."""
    return small_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="session")
def bundle(company: SmallCompany) -> Bundle:
    """The bundle of its candidate."""
    return released(company, company.folder / "released" / "won")
