"""Accounts by the domain of the address that a lead came with: known at its creation, the same for whoever converts."""

from pathlib import Path
from typing import Any

import pytest
from source_builder import ACTIVITIES, LEADS, LENIENT, OUTCOMES, broken, column, rows_of, write_source

from planted_history import END, WON, Planted
from predictive_scoring.audit.auditing import target_findings
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import literal, open_engine
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.sources import domains
from predictive_scoring.sources.extract import extract

BY_ADDRESS = {**LEADS, "columns": {**LEADS["columns"], "account_id": "email", "email": "email"}}
ACCOUNTS = {
    "path": "accounts.csv", "columns": {"account_id": "site", "created_at": "made"},
    "attributes": {"size": {"type": "number", "known": "at_export"}},
}  # fmt: skip
PEOPLE = (
    "id,at,email\nL1,2024-01-01,ana@acme.com\nL2,2024-01-02,Bo@ACME.com \nL3,2024-01-03,cy@gmail.com\n"
    "L4,2024-01-04,\nL5,2024-01-05,di@mailinator.com\nL6,2024-01-06,ed@other.example\n"
)


def by_domain(folder: Path, accounts: str | None = None, *, leads: str = PEOPLE, **keys: Any) -> History:
    """Extract leads with addresses, and accounts with websites; every row may be bad."""
    folder.mkdir(exist_ok=True)
    tables = {"leads": BY_ADDRESS, "outcomes": OUTCOMES, **keys.pop("tables", {})}
    files = {"leads.csv": leads, "outcomes.csv": "id,at,stage\n", **keys.pop("files", {})}
    if accounts is not None:
        tables, files = {**tables, "accounts": ACCOUNTS}, {**files, "accounts.csv": f"site,made,size\n{accounts}"}
    path = write_source(folder, tables, files, **{"accounts_by": "domain", **keys})
    return extract(path, folder / "history", LENIENT)


def domain_of(cell: str | None) -> str | None:
    with open_engine() as engine:
        given = "cast(null as varchar)" if cell is None else literal(cell)
        return engine.sql(f"select {domains.company_domain('cell')} as found from (select {given} as cell)")["found"][
            0
        ].as_py()


@pytest.mark.parametrize(
    ("cell", "domain"),
    [
        ("https://www.Acme.com/es/inicio?x=1#a", "acme.com"), ("acme.com", "acme.com"), (" WWW.ACME.COM. ", "acme.com"),
        ("http://acme.com:8080", "acme.com"), ("//acme.com/", "acme.com"), ("https://me:word@acme.com/x", "acme.com"),
        ("https://me@acme.com/x", "acme.com"), ("ana@acme.com", "acme.com"), ("mailto:Ana@Acme.com", "acme.com"),
        ("shop.acme.co.uk", "shop.acme.co.uk"), ("www.español.es", "español.es"), ("xn--espaol-zwa.es",) * 2,
        ("ana@gmail.com", None), ("https://gmail.com", None), ("ana@mailinator.com", None), ("", None), (None, None),
        ("n/a", None), ("-", None), ("localhost", None), ("10.0.0.1", None), ("ana@b@acme.com", None),
        ("ana@acme.com; bo@other.com", None), ("ana smith", None), ("www.com", None), ("https://", None),
        ("acme.com?x=1", "acme.com"), ("acme.com#a", "acme.com"), ("acme.com:x", None), ("ana.smith?x@acme.com", None),
        ("ana.smith/x@acme.com", None), ("https://social.example/@ana.smith", None), ("acme.com/@ana.smith", None),
    ],
)  # fmt: skip
def test_the_domain_that_an_address_or_a_website_names(cell: str | None, domain: str | None) -> None:
    assert domain_of(cell) == domain


def test_colleagues_share_an_account_and_who_writes_from_a_free_mail_has_none(tmp_path: Path) -> None:
    history = by_domain(tmp_path)
    assert column(history, "leads", "account_id") == ["acme.com", "acme.com", "other.example", None, None, None]
    assert [row["account_id"] for row in rows_of(history, "accounts")] == ["acme.com", "other.example"]
    assert len(set(column(history, "leads", "account_no"))) == 5, "strangers are no colleagues"
    assert broken(history) == []


def test_a_lead_has_an_account_exactly_where_its_address_is_a_company_s(tmp_path: Path) -> None:
    kinds = {
        (row["email_kind"] == "business", row["account_id"] is not None)
        for row in rows_of(by_domain(tmp_path), "leads")
    }
    assert kinds == {(True, True), (False, False)}


def test_accounts_are_found_by_their_websites_and_an_unknown_domain_is_no_fault(tmp_path: Path) -> None:
    history = by_domain(
        tmp_path, "https://www.acme.com/,2020-01-01,120\nn/a,2020-01-01,5\n,2020-01-01,6\nme@gmail.com,2020-01-01,7\n"
    )
    assert [(row["account_id"], row["size"]) for row in rows_of(history, "accounts")] == [
        ("acme.com", 120.0),
        ("other.example", None),
    ]
    assert (broken(history), history.facts.rows["accounts"].left_out) == ([], {"no_domain": 3})
    assert any("1 row with an account that the accounts table does not have" in note for note in history.facts.notes)


TWICE = "acme.com,2022-05-01,9\nwww.acme.com,2020-01-01,120\n"


@pytest.mark.parametrize("rows", [TWICE, "".join(reversed(TWICE.splitlines(keepends=True)))])
def test_B02_of_two_accounts_of_one_domain_the_first_is_kept_and_the_other_counted(tmp_path: Path, rows: str) -> None:
    history = by_domain(tmp_path, rows)
    assert rows_of(history, "accounts")[0]["size"] == 120.0
    account = history.facts.rows["accounts"]
    assert (account.kept, account.left_out, account.quarantined) == (1, {"same_domain": 1}, {})


def test_B02_two_accounts_of_one_domain_of_which_none_was_first_describe_nobody(tmp_path: Path) -> None:
    history = by_domain(tmp_path, "acme.com,2020-01-01,120\nwww.acme.com,2020-01-01,9\n")
    assert rows_of(history, "accounts")[0] == {"account_no": 0, "account_id": "acme.com", "size": None}
    assert history.facts.rows["accounts"].left_out == {"same_domain": 2}
    assert column(history, "leads", "account_id")[:2] == ["acme.com"] * 2
    same = by_domain(tmp_path / "same", "acme.com,2020-01-01,120\nacme.com,2020-01-01,120\n").facts.rows["accounts"]
    assert (same.kept, same.collapsed, same.left_out) == (1, 1, {})


def test_an_activity_may_name_its_account_by_an_address_too(tmp_path: Path) -> None:
    activities = {**ACTIVITIES, "columns": {**ACTIVITIES["columns"], "account_id": "who"}, "only_known": True}
    rows = "id,at,kind,who\n,2024-02-01,call,zoe@acme.com\nL6,2024-02-02,call,\n,2024-02-03,call,x@gmail.com\n"
    history = by_domain(tmp_path, tables={"activities": activities}, files={"activities.csv": rows})
    found = {(row["account_no"], row["lead_no"]) for row in rows_of(history, "activities")}
    numbers = {row["account_id"]: row["account_no"] for row in rows_of(history, "accounts")}
    leads = {row["lead_id"]: row["lead_no"] for row in rows_of(history, "leads")}
    assert found == {(numbers["acme.com"], None), (numbers["other.example"], leads["L6"])}
    assert history.facts.rows["activities"].left_out == {"other_lead": 1}


def test_J13_an_address_never_becomes_an_account_s_id(tmp_path: Path) -> None:
    history = by_domain(tmp_path, TWICE)
    tables = [str(rows_of(history, table)) for table in ("leads", "accounts", "outcomes", "quarantine")]
    assert not [text for text in tables if "@" in text]


def test_J13_planted_bug_the_cell_as_it_is_would_be_an_address(tmp_path: Path) -> None:
    history = by_domain(tmp_path, accounts_by="id")
    assert any("@" in (cell or "") for cell in column(history, "leads", "account_id"))


def test_planted_bug_a_free_mail_that_made_an_account_would_make_strangers_colleagues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = PEOPLE + "L7,2024-01-07,stranger@gmail.com\n"
    right = by_domain(tmp_path / "right", leads=leads)
    monkeypatch.setattr(domains, "free_domains", lambda: ("nobody.example",))
    wrong = by_domain(tmp_path / "wrong", leads=leads)
    shares = [
        len({row["account_no"] for row in rows_of(history, "leads") if row["lead_id"] in ("L3", "L7")})
        for history in (right, wrong)
    ]
    assert shares == [2, 1]


def test_without_addresses_in_the_leads_there_is_no_domain_to_go_by(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="accounts_by: domain needs account_id among the columns of leads"):
        by_domain(tmp_path, tables={"leads": LEADS})


def test_which_of_two_accounts_was_first_is_asked_of_domains_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="created_at of accounts is for accounts_by: domain"):
        by_domain(tmp_path, TWICE, accounts_by="id")


def made_by_conversions(folder: Path, known: Any) -> History:
    """Extract leads, two a company, and accounts that a conversion made: only companies that bought have one."""
    planted = Planted()
    leads, accounts, outcomes = ["id,at,email"], ["site,made,sector"], ["id,at,stage"]
    for number, lead in enumerate(planted.leads):
        leads.append(f"{lead['lead_id']},{lead['created_at'].isoformat()},p{number}@c{number // 2}.example")
        if won_at := planted.won_at.get(lead["lead_id"]):
            accounts.append(f"www.c{number // 2}.example,{won_at.isoformat()},{'ABC'[number % 3]}")
    outcomes += [
        f"{row['lead_id']},{row['occurred_at'].isoformat()},{row['stage']}"
        for row in planted.outcomes if row["occurred_at"] < END
    ]  # fmt: skip
    table = {**ACCOUNTS, "attributes": {"sector": {"type": "category", "known": known}}}
    tables = {"leads": BY_ADDRESS, "accounts": table, "outcomes": OUTCOMES}
    files = {"leads": leads, "accounts": accounts, "outcomes": outcomes}
    path = write_source(
        folder, tables, {f"{name}.csv": "\n".join(rows) + "\n" for name, rows in files.items()},
        accounts_by="domain", exported_at=END.isoformat(),
    )  # fmt: skip
    return extract(path, folder / "history", LENIENT)


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        ("at_creation", [("leak.filled_with_outcome", "sector")]),
        ({"at": "made"}, [("leak.known_with_outcome", "sector")]),
        ("at_export", []),
    ],
)
def test_E09_what_an_account_that_converting_made_says_is_refused_unless_it_is_only_known_at_the_end(
    tmp_path: Path, known: Any, refused: list[tuple[str, str]]
) -> None:
    """Who has an account is the same for all, so nothing else tells."""
    with open_engine() as engine:
        found = target_findings(engine, made_by_conversions(tmp_path, known), WON, 20)
        assert [(each.id, each.column) for each in found if each.is_leak and each.refuses] == refused
