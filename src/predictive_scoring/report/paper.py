"""A page on paper: printed to PDF by the Chromium that is there, or a sentence that says that none is."""

import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from predictive_scoring.errors import MachineError
from predictive_scoring.storage import write_file

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--no-pdf-header-footer", "--virtual-time-budget=20000")  # fmt: skip
_SECONDS: Final = 300
_ANY_PAPER: Final = "@page { margin:"


def chromium() -> str | None:
    """Return where Chromium is, None where there is none; the variable CHROMIUM names another."""
    return os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)


def write_pdf(html: str, path: Path, paper: str = "A4") -> None:
    """Print a page to PDF, whole or not at all.

    Raises
    ------
    MachineError
        If there is no Chromium, or it does not print.
    """
    browser = chromium()
    if browser is None:
        raise MachineError(
            f"{path.name}: there is no Chromium here to print with",
            fix="install it (apt-get install chromium), set CHROMIUM to its path, or print the HTML page yourself",
        )
    with tempfile.TemporaryDirectory() as scratch:
        page, printed = Path(scratch) / "page.html", Path(scratch) / "page.pdf"
        page.write_text(html.replace(_ANY_PAPER, f"@page {{ size: {paper}; margin:", 1), encoding="utf-8")
        command = [browser, *_FLAGS, f"--user-data-dir={scratch}/profile", f"--print-to-pdf={printed}", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 (our own page)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _refusal(browser, type(error).__name__) from None
        if not printed.is_file():
            found = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit {done.returncode}"]
            raise _refusal(browser, found[0][:200])
        write_file(path, partial(_moved, printed))


def _moved(printed: Path, draft: Path) -> None:
    shutil.move(printed, draft)


def _refusal(browser: str, found: str) -> MachineError:
    return MachineError(f"{browser}: did not print", found=found, fix="print the HTML page yourself")
