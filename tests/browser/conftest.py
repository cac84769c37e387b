"""A real browser for the pages: Debian's Chromium, without any reach to the network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.opened_page import Opened
from page_of_leads import scores_of_leads
from predictive_scoring.config.report import Report
from predictive_scoring.report.page import write_page

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
SETTINGS = Report(n_leads=500, n_explained=40, calls_per_week=30, contact="sales-ops@example.com")


def chromium() -> str | None:
    """Return where Chromium is, None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium here: install it (apt-get install chromium) or set CHROMIUM to its path")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both pages of one run, side by side; returns the English one."""
    folder = tmp_path_factory.mktemp("pages")
    scores = scores_of_leads(folder / "scores", 300)
    for language in ("en", "es"):
        write_page(scores, language, folder / f"report.{language}.html", SETTINGS)  # type: ignore[arg-type]
    return folder / "report.en.html"


@pytest.fixture
def opened(browser: Any) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield Opened(context.new_page())
    context.close()
