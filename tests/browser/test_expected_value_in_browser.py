"""Expected value in a real browser: said in each row, a column to sort by, carried into files; absent without it."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from browser.conftest import SETTINGS
from browser.opened_page import Opened
from page_of_leads import scores_of_leads
from predictive_scoring.explain.texts import Texts
from predictive_scoring.report.page import write_page
from predictive_scoring.report.wording import LOCALE, Wording
from predictive_scoring.storage import read_parquet, write_parquet

HEADS = "Array.from(document.querySelectorAll('#leads thead th')).map((each) => each.textContent)"


def rank_of(row: str) -> int:
    """Return the rank that a row of the list begins with."""
    return int(row.split(maxsplit=1)[0])


def test_expected_value_is_said_and_sorts_and_switches_language(opened: Opened, tmp_path: Path) -> None:
    scores = scores_of_leads(tmp_path / "scores", 60)
    table = read_parquet(scores / "scores.parquet")
    amount = np.linspace(500.0, 90_000.0, table.num_rows)  # the last by chance is worth the most
    value = table["probability"].to_numpy() * amount
    table = table.append_column("expected_amount", pa.array(amount)).append_column("expected_value", pa.array(value))
    write_parquet(scores / "scores.parquet", table)
    write_page(scores, "es", tmp_path / "report.es.html", SETTINGS)
    page = opened.goto(tmp_path / "report.es.html")
    assert "Valor esperado: " in page.inner_text("#leads tbody tr:first-child td.chance")
    page.evaluate("""() => {
      const table = new DataTable.Api("#leads");
      const at = table.columns().header().toArray().findIndex((head) => head.textContent === "Valor esperado");
      table.column(at).visible(true);
      table.order([[at, "desc"]]).draw();
    }""")
    assert "Valor esperado" in page.evaluate(HEADS)
    best = table["lead_id"][int(np.argmax(value))].as_py()
    wording = Wording(Texts.packaged(LOCALE), "es", 100)
    first = page.locator("#leads tbody tr:first-child")
    first.get_by_text(wording.money(float(value.max())), exact=True).wait_for()  # the cell of the column
    assert rank_of(first.inner_text()) == table["rank"][table["lead_id"].to_pylist().index(best)].as_py()
    assert opened.complaints == []


def test_a_page_without_it_has_no_such_column(report: Path, opened: Opened) -> None:
    page = opened.goto(report)
    assert "Expected value" not in page.content().split("<script")[0]
    assert opened.complaints == []
