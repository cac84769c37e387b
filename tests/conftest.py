"""Being here puts this folder on the import path, so that any test may say `from history_builder import …`."""

from typing import Any

import pytest
from hypothesis import settings

from predictive_scoring.publish.bundle import Bundle
from small_company import SmallCompany, released, small_company
from spark_session import by, spark
from together import place_in_line, together

settings.register_profile("shared machine", deadline=None)  # slow is not wrong: benchmarks are for speed
settings.load_profile("shared machine")

__all__ = ["by", "spark"]  # fixtures


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give tests to workers by what they share.

    Marks with `--dist loadgroup` could say the same; pytest-xdist 3.8 takes no notice of them under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByWhatTheyShare(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    config.option.loadscopereorder = False  # else files of many tests would go first, however quick
    return ByWhatTheyShare(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, so that at the end no worker waits for it."""
    items.sort(key=lambda item: place_in_line(item.nodeid))


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> SmallCompany:
    """A small company whose leads tell who will buy, run up to the gate."""
    return small_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="session")
def bundle(company: SmallCompany) -> Bundle:
    """The bundle of its candidate."""
    return released(company, company.folder / "released" / "won")
