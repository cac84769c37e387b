"""How large the page is and how soon it can be used, by the number of leads it finds: Chromium, a file on disk.

python benchmarks/page.py [--leads 5000 50000] [--out FILE.json]
Usable: the first sheet is drawn, filters and slider answer; as the page's own clock says, and with a filter set after.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from page_of_leads import scores_of_leads
from predictive_scoring.config.report import Report
from predictive_scoring.report.page import write_page
from predictive_scoring.report.paper import chromium

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


def measured(n_leads: int, folder: Path) -> dict[str, Any]:
    """Return size, seconds of CPU to make, and milliseconds to open and to filter (the least of three)."""
    scores, page = scores_of_leads(folder / f"scores{n_leads}", n_leads), folder / f"{n_leads}.en.html"
    begun = time.process_time()
    write_page(scores, "en", page, Report(n_leads=n_leads))
    made = time.process_time() - begun
    opened = [open_once(page) for _ in range(3)]
    best = {key: min(each[key] for each in opened) for key in opened[0]}
    return {
        "leads": n_leads,
        "megabytes": round(page.stat().st_size / 1e6, 2),
        "cpu_seconds_to_make": round(made, 1),
        **best,
    }


def open_once(page: Path) -> dict[str, int]:
    """Return what one opening took, in milliseconds of the page's clock."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        tab = browser.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_selector("body[data-ready]", timeout=180_000)
        ready = int(tab.evaluate("document.body.dataset.ready"))
        script = (
            "(() => { const t = performance.now(), s = document.querySelector('[data-filter=grade]'); s.value = 'A';"
            "s.dispatchEvent(new Event('input', {bubbles: true})); return Math.round(performance.now() - t); })()"
        )
        found = {"milliseconds_until_usable": ready, "milliseconds_to_filter": tab.evaluate(script)}
        browser.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, nargs="+", default=[5000, 50_000])
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [measured(n_leads, Path(folder)) for n_leads in asked.leads]
    text = json.dumps(found, indent=1)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
