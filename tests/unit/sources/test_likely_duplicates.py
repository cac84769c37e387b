"""What may be one record twice, what one account weighs, when nothing was recorded: counted and told."""

from pathlib import Path
from typing import Any

import pytest
from source_builder import LEADS, NO_OUTCOMES, OUTCOMES, column, extract_leads, rows_of, write_source

from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.rules import history_findings
from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.pseudonyms import VARIABLE

COLUMNS = {"lead_id": "id", "created_at": "at", "account_id": "company", "email": "email"}


def with_addresses(folder: Path, rows: list[str], **keys: Any) -> History:
    return extract_leads(folder, "\n".join(["id,at,company,email", *rows]) + "\n", {"columns": COLUMNS}, **keys)


def found_in(history: History) -> dict[str, Finding]:
    with open_engine() as engine:
        return {each.id: each for each in history_findings(engine, history)}


def said(found: dict[str, Finding]) -> str:
    return "\n".join(line for each in found.values() for line in each.lines())


def test_B04_ids_that_differ_by_case_or_spaces_stay_apart_and_are_counted(tmp_path: Path) -> None:
    history = extract_leads(tmp_path, "id,at\n00Q1,2024-01-01\n00q1 ,2024-01-01\n00Q2,2024-01-01\n")
    assert sorted(column(history, "leads", "lead_id")) == ["00Q1", "00Q2", "00q1 "]
    assert found_in(history)["key.near_duplicate_ids"].n == 2


def test_B13_shared_addresses_and_domains_are_counted_without_naming_one(tmp_path: Path) -> None:
    rows = ["L1,2024-01-01,A1,ana@acme.com", "L2,2024-01-02,A2,Ana@ACME.com", "L3,2024-01-03,A3,bo@gmail.com"]
    history = with_addresses(tmp_path, [*rows, "L4,2024-01-04,A4,cy@gmail.com", "L5,2024-01-05,A5,"])
    found = found_in(history)
    assert (found["key.same_email"].n, found["key.same_company_other_account"].n) == (1, 2)
    assert "key.same_email: 1 lead with the e-mail address of an earlier one" in said(found)
    assert "acme" not in said(found).lower()


@pytest.mark.parametrize("key", ["a secret of the project", None])
def test_J13_neither_an_address_nor_its_pseudonym_leaves_the_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if key:
        monkeypatch.setenv(VARIABLE, key)
    history = with_addresses(tmp_path, ["L1,2024-01-01,A1,ana@secret.example", "L2,2024-01-02,A2,ana@secret.example"])
    names = {name for row in rows_of(history, "leads") for name in row}
    assert names == {
        "lead_no", "account_no", "lead_id", "account_id", "created_at", "row_number", "email_kind", "email_group",
        "merged_at", "converted",
    }  # fmt: skip
    texts = [str(rows_of(history, table)) for table in ("leads", "accounts", "activities", "outcomes", "quarantine")]
    texts.append((history.folder / "history.json").read_text())
    assert not [text for text in texts if "ana@" in text or "secret." in text or (key and key in text)]


def test_the_same_history_has_the_same_bytes_whatever_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for key in ("one", "two", None):
        monkeypatch.delenv(VARIABLE, raising=False)
        if key:
            monkeypatch.setenv(VARIABLE, key)
        folder = tmp_path / str(key)
        folder.mkdir()
        history = with_addresses(folder, ["L1,2024-01-01,A1,ana@acme.com", "L2,2024-01-02,A2,ana@acme.com"])
        found.append([path.read_bytes() for path in sorted(history.folder.iterdir())])
    assert found[0] == found[1] == found[2]


GROUPS = {"own_staff": ["acme.com"], "suppliers": ["acme.com", "print.example"]}


def test_an_address_is_in_the_first_group_that_lists_its_domain_or_one_above_it(tmp_path: Path) -> None:
    mails = ["a@acme.com", "b@mail.ACME.com", "c@notacme.com", "d@print.example", "no address", ""]
    rows = [f"L{place},2024-01-01,,{mail}" for place, mail in enumerate(mails)]
    history = with_addresses(tmp_path, rows, email_groups=GROUPS)
    assert column(history, "leads", "email_group") == ["own_staff", "own_staff", None, "suppliers", None, None]
    assert history.facts.email_groups == ("own_staff", "suppliers")


def many_leads(folder: Path, company: str, month: str = "01") -> History:
    """Extract 200 leads of 2024, every other of the given account, the second half in the given month."""
    rows = [
        f"L{place},2024-{'01' if place < 100 else month}-{1 + place % 28:02},{company if place % 2 else place},"
        for place in range(200)
    ]
    return with_addresses(folder, rows)


def test_B11_an_account_with_a_large_share_of_the_leads_is_told(tmp_path: Path) -> None:
    assert found_in(many_leads(tmp_path, "A"))["key.large_account"].n == 100


def test_B11_accounts_of_the_usual_size_are_not(tmp_path: Path) -> None:
    assert "key.large_account" not in found_in(many_leads(tmp_path, ""))


def test_C18_months_without_a_row_are_told_with_their_dates(tmp_path: Path) -> None:
    found = found_in(many_leads(tmp_path, "A", month="06"))["time.silence"]
    assert (found.n, found.examples) == (125, ("2024-01-28",))


def test_C18_a_month_like_any_other_is_not(tmp_path: Path) -> None:
    assert "time.silence" not in found_in(many_leads(tmp_path, "A", month="02"))


def test_where_an_address_is_no_key_one_lead_stays_one_row(tmp_path: Path) -> None:
    tables = {"leads": {**LEADS, "columns": COLUMNS}, "outcomes": OUTCOMES}
    files = {"leads.csv": "id,at,company,email\nL1,2024-01-01,A,\nL2,2024-01-02,A,\n", "outcomes.csv": NO_OUTCOMES}
    history = extract(write_source(tmp_path, tables, files), tmp_path / "out", Extract(same_email="one_lead"))
    assert column(history, "leads", "merged_at") == [None, None]
