"""What is pulled from an API is what the preset reads, whatever the network and the server do on the way."""

from datetime import timedelta

import pytest
from preset_files import STRICT, project_of, rows
from pulled_world import CHANGED, LOGINS, NOW, WORLDS, pulled
from server import serving

from predictive_scoring.cli.crm import pull_lines
from predictive_scoring.errors import BusyError, ConfigurationError, SourceUnreachableError
from predictive_scoring.sources.crm import patience, pulling, salesforce
from predictive_scoring.sources.crm.pulling import Page, pull
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_json, read_parquet, sole_writer


def undisturbed(name: str, folder) -> dict[str, bytes]:
    with serving(WORLDS[name]()) as calm:
        return pulled(calm, name, folder)


def test_what_is_pulled_from_hubspot_is_read_by_its_preset(tmp_path, waits):
    source = project_of(tmp_path / "project", "hubspot", {})
    with serving(WORLDS["hubspot"]()) as calm:
        pulled(calm, "hubspot", tmp_path / "project" / "data" / "raw" / "hubspot")
    history = extract(source, tmp_path / "history", STRICT)
    assert rows(history, "leads", "lead_id", "created_at", "account_id", "original_source", "unsubscribed") == [
        ("501", "03-01 08:30", "9001", "ORGANIC_SEARCH", False),
        ("502", "03-02 10:00", "9001", "DIRECT_TRAFFIC", True),
    ]
    assert rows(history, "activities", "lead_no", "kind", "known_at") == [("501", "call_made", "03-03 09:05")]
    # The stage's history says 20 May, though somebody moved the close date to 31 May; without one it is the close date.
    assert rows(history, "outcomes", "lead_id", "stage", "occurred_at", "amount") == [
        ("501", "mql", "03-05 11:00", None),
        ("501", "won", "05-20 15:45", 12500.0),
        ("502", "lost", "05-30 00:00", None),
        ("502", "won", "05-20 15:45", 12500.0),
    ]


def test_B10_B12_what_is_pulled_from_salesforce_is_read_by_its_preset(tmp_path, waits):
    source = project_of(tmp_path / "project", "salesforce", {})
    with serving(WORLDS["salesforce"]()) as calm:
        pulled(calm, "salesforce", tmp_path / "project" / "data" / "raw" / "salesforce")
    history = extract(source, tmp_path / "history", STRICT)
    ana = "00Q1v00000AbCdEEAV"
    assert rows(history, "leads", "lead_id", "lead_source", "opted_out", "merged_at") == [
        (ana, "Web", False, None),
        ("00Q1v00000PqRsTEAV", None, False, "03-15 08:00"),  # deleted by the merge, and still told
        ("00Q1v00000UuUuUEAV", None, True, None),
    ]
    assert rows(history, "activities", "lead_no", "kind", "known_at") == [
        (ana, "call_made", "03-25 10:00"),
        (ana, "email_sent", "04-10 08:00"),  # of a contact that went into hers, from the merge on
    ]
    assert rows(history, "leads", "account_id")[0] == ("acme.example.com",)
    assert rows(history, "accounts", "account_id", "industry", "employees") == [
        ("acme.example.com", "Technology", 120.0)
    ]
    assert (ana, "won", "05-20 15:45", 12500.0) in rows(
        history, "outcomes", "lead_id", "stage", "occurred_at", "amount"
    )


def test_of_salesforces_contacts_only_those_that_went_into_another_are_read_and_of_these_no_address(tmp_path, waits):
    with serving(WORLDS["salesforce"]()) as calm:
        pulled(calm, "salesforce", tmp_path / "raw")
        asked = [line for line in calm.asked if "FROM+Contact" in line]
    assert asked
    assert all("queryAll" in line and "Email" not in line for line in asked)
    contacts = read_parquet(tmp_path / "raw" / "Contact.parquet").to_pylist()
    assert [row["Id"] for row in contacts] == ["0031v00000StUvWAAV"]


def test_an_account_that_changed_and_a_contact_that_was_merged_since_come_with_the_next_pull(tmp_path, waits):
    with serving(WORLDS["salesforce"]()) as calm:
        pulled(calm, "salesforce", tmp_path / "raw")
        calm.tables["Account"][0] |= {"SystemModstamp": "2024-06-03T00:00:00Z", "Industry": "Retail"}
        calm.tables["Contact"][0] |= {
            "SystemModstamp": "2024-06-03T00:00:00Z", "IsDeleted": True, "MasterRecordId": "0031v00000NoPqRAAV"
        }  # fmt: skip
        pulled(calm, "salesforce", tmp_path / "raw", NOW + timedelta(days=2))
    accounts, contacts = (read_parquet(tmp_path / "raw" / f"{name}.parquet") for name in ("Account", "Contact"))
    assert accounts["Industry"].to_pylist() == ["Retail"]
    assert contacts["MasterRecordId"].to_pylist() == ["0031v00000NoPqRAAV", "0031v00000FgHiJAAV"]


@pytest.mark.parametrize("field", ["Account.Website", "Contact.MasterRecordId"])
def test_a_field_that_the_user_may_not_read_is_told_with_its_table(tmp_path, waits, field):
    with serving(WORLDS["salesforce"]()) as strict:
        strict.hidden = {field}
        table, name = field.split(".")
        with pytest.raises(SourceUnreachableError, match=f"read these fields of {table}: .*{name}") as refused:
            pulled(strict, "salesforce", tmp_path / "raw")
        assert "@" not in str(refused.value)
        strict.hidden = set()
        assert pulled(strict, "salesforce", tmp_path / "raw") == undisturbed("salesforce", tmp_path / "calm")


@pytest.mark.parametrize("n", [1, 2])
def test_contacts_that_come_in_pages_are_all_there(tmp_path, waits, n):
    with serving(WORLDS["hubspot"]()) as server:
        server.contacts_a_page = n
        server.contacts["deals", "601"] += ["503", "504", "505"]
        pulled(server, "hubspot", tmp_path / "raw")
        assert sum("/associations/" in asked and "after" in asked for asked in server.asked) >= 2
    contacts = set(read_parquet(tmp_path / "raw" / "deals.parquet")["associated_contact_ids"].to_pylist())
    assert contacts == {"501;502;503;504;505", "502"}


@pytest.mark.parametrize("fault", [429, 500, "drop"])
def test_a_request_that_fails_once_changes_nothing(tmp_path, crm, server, waits, fault):
    server.faults = dict.fromkeys(range(1, 40, 4), fault)
    try:
        files = pulled(server, crm, tmp_path / "raw")
    except SourceUnreachableError:  # the client of Salesforce reads the body after its last try
        assert (crm, fault) == ("salesforce", "drop")
        server.faults = {}
        files = pulled(server, crm, tmp_path / "raw")
    assert files == undisturbed(crm, tmp_path / "calm")


def test_the_wait_is_as_long_as_the_server_asks_and_bounded(tmp_path, crm, server, waits, monkeypatch):
    server.faults = {1: 429}
    pulled(server, crm, tmp_path / "raw")
    assert waits == [7.0]
    monkeypatch.setattr(patience, "LONGEST_WAIT_SECONDS", 2.0)
    server.faults = {len(server.asked) + 1: 429}
    pulled(server, crm, tmp_path / "raw")
    assert waits == [7.0, 2.0]


def test_a_page_that_comes_twice_is_kept_once(tmp_path, crm, server):
    calm = undisturbed(crm, tmp_path / "calm")
    second = [
        number for number, asked in enumerate(_asked(crm, tmp_path)) if "contacts/search" in asked or "Lead" in asked
    ][1]
    server.faults = {second: "repeat"}
    assert pulled(server, crm, tmp_path / "raw") == calm


def _asked(name: str, folder) -> list[str]:
    with serving(WORLDS[name]()) as calm:
        pulled(calm, name, folder / "asked")
        return calm.asked


def test_a_server_that_repeats_itself_for_ever_is_given_up(tmp_path):
    class Stuck:
        columns = {"leads": ("Id",)}  # noqa: RUF012

        def page(self, table: str, since: str | None, after: str | None) -> Page:
            return Page([{"Id": "1"}], "1")

    with pytest.raises(SourceUnreachableError, match="the same page came"):
        list(pull(Stuck(), tmp_path / "raw", NOW))


def test_K02_a_pull_that_is_cut_goes_on_where_it_was(tmp_path, crm, waits):
    calm = undisturbed(crm, tmp_path / "calm")
    n_requests = len(_asked(crm, tmp_path))
    first = 1 if crm == "salesforce" else 0  # the login
    for cut in (first, n_requests // 2, n_requests - 1):
        folder = tmp_path / f"cut-{cut}"
        with serving(WORLDS[crm]()) as server:
            server.down_from = cut
            with pytest.raises(SourceUnreachableError) as lost:
                pulled(server, crm, folder)
            assert lost.value.exit_code == 6
            server.down_from, n_before = None, len(server.asked)
            assert pulled(server, crm, folder) == calm
            n_finished, in_page = len(calm), 2  # a finished table is asked for its changes; a page is three requests
            assert len(server.asked) - n_before <= n_requests - cut + n_finished + in_page + first


def test_a_pull_whose_progress_is_lost_starts_over(
    tmp_path, crm, server, monkeypatch
):  # fmt: skip
    n_requests = len(_asked(crm, tmp_path))
    monkeypatch.setattr(pulling, "save_progress", lambda path, progress: None)
    server.down_from = n_requests - 2
    with pytest.raises(SourceUnreachableError):
        pulled(server, crm, tmp_path / "raw")
    server.down_from, n_before = None, len(server.asked)
    pulled(server, crm, tmp_path / "raw")
    assert len(server.asked) - n_before >= n_requests


def test_the_next_pull_asks_for_changes_alone_and_replaces_what_changed(tmp_path, crm, server):
    pulled(server, crm, tmp_path / "raw")
    n_before = len(server.asked)
    if crm == "hubspot":
        changed = {"changed_ms": CHANGED + 2 * 86_400_000, "country": "Spain"}
        server.tables["contacts"][0] |= changed
    else:
        server.tables["Lead"][0] |= {"SystemModstamp": "2024-06-03T00:00:00Z", "Country": "Spain"}
    pulled(server, crm, tmp_path / "raw", NOW + timedelta(days=2))
    name, header = ("contacts", "country") if crm == "hubspot" else ("Lead", "Country")
    found = read_parquet(tmp_path / "raw" / f"{name}.parquet")[header].to_pylist()
    assert found == ["Spain", None] if crm == "hubspot" else ["Spain", None, None]
    assert len(server.asked) - n_before < n_before
    # Ten minutes before the first pull began: what changed while it ran is asked for again.
    assert read_json(tmp_path / "raw" / ".pull" / f"{name}.json")["since"] == "2024-06-03T23:50:00+00:00"
    assert any("1717285800000" in asked or "2024-06-01T23%3A50%3A00Z" in asked for asked in server.asked[n_before:])


def test_no_message_has_a_secret_or_an_address_of_a_person(tmp_path, crm, server, capfd):
    said = []
    for fault in (429, 500, "drop"):
        server.faults = dict.fromkeys(range(200), fault)
        with pytest.raises(SourceUnreachableError) as refused:
            pulled(server, crm, tmp_path / "raw")
        said.append(str(refused.value))
    server.faults, server.token = {}, "another-token"
    if crm == "hubspot":
        with pytest.raises(SourceUnreachableError, match="check HUBSPOT_ACCESS_TOKEN") as refused:
            pulled(server, crm, tmp_path / "raw")
        said.append(str(refused.value))
    out, err = capfd.readouterr()
    text = " ".join([*said, out, err])
    assert not any(word in text for word in ("secret", "another-token", "@", "person"))
    kept = " ".join(path.read_text() for path in (tmp_path / "raw").rglob("*.json"))
    assert "secret" not in kept


@pytest.mark.parametrize(
    ("variables", "first"),
    [
        (LOGINS["salesforce"], "/services/Soap/"),
        (dict.fromkeys(salesforce.BY_APP.values(), "acme"), "/services/oauth2/token"),
        (
            {"SALESFORCE_ACCESS_TOKEN": "secret-token", "SALESFORCE_INSTANCE_URL": "https://acme.my.salesforce.com"},
            "/services/data/",
        ),
    ],
)
def test_salesforce_lets_in_by_password_by_app_and_by_token(waits, variables, first):
    with serving(WORLDS["salesforce"]()) as answering:
        tables = salesforce.open_salesforce({**variables, "SALESFORCE_BASE_URL": answering.address})
        assert tables.page("Event", None, None) == Page([], None)
        assert answering.asked[0].startswith(first)


def test_a_login_that_is_refused_is_not_tried_again_for_that_would_lock_the_user_out(tmp_path, waits):
    with serving(WORLDS["salesforce"]()) as strict:
        strict.faults = dict.fromkeys(range(9), "refused")
        with pytest.raises(SourceUnreachableError, match="the login was refused") as refused:
            pulled(strict, "salesforce", tmp_path / "raw")
        assert len(strict.asked) == 1
    assert "@" not in str(refused.value)


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_without_credentials_the_message_names_the_variables(name, monkeypatch):
    for variables in LOGINS.values():
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigurationError, match=next(iter(LOGINS[name]))):
        list(pull_lines(name, None))


def test_what_cannot_be_pulled_is_refused_with_what_can(tmp_path):
    with pytest.raises(ConfigurationError, match="dynamics: nothing is pulled from it") as refused:
        list(pull_lines("dynamics", tmp_path / "raw"))
    assert "hubspot or salesforce" in str(refused.value)


def test_two_pulls_into_one_folder_do_not_mix(tmp_path, crm, server):
    with sole_writer(tmp_path / "raw"), pytest.raises(BusyError):
        pulled(server, crm, tmp_path / "raw")


def test_the_command_says_what_lies_where_and_what_is_next(tmp_path, crm, server, monkeypatch):
    for variable, value in {**LOGINS[crm], f"{crm.upper()}_BASE_URL": server.address}.items():
        monkeypatch.setenv(variable, value)
    lines = list(pull_lines(crm, tmp_path / "raw"))
    assert lines[-1] == f"next: predictive-scoring check data/sources/{crm}.yaml"
    table, n_rows = ("contacts", 2) if crm == "hubspot" else ("Lead", 3)
    assert lines[0] == f"{tmp_path / 'raw' / table}.parquet: {n_rows} rows"
