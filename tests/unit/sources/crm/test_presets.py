"""The presets read exports of three CRMs, in English and in Spanish; what comes out was worked out by hand."""

import csv
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.compute as pc
import pytest
from preset_files import DYNAMICS, EXPORTS, HUBSPOT, SALESFORCE, STRICT, history_of, in_spanish, project_of, rows

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.contract.history import History
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.handoff.budgets import Purses
from predictive_scoring.project.create import crm_presets, template
from predictive_scoring.snapshots.instants import NEVER
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_parquet

ANA, LUIS, EVA = "00Q1v00000AbCdEEAV", "00Q1v00000PqRsTEAV", "00Q1v00000EvEvEEAV"
LEAD_1, LEAD_2, LEAD_3 = (f"a1111111-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
LANGUAGES = ["en", "es"]


def extracted(folder: Path, crm: str, language: str) -> History:
    return history_of(folder, crm, in_spanish(crm) if language == "es" else EXPORTS[crm])


@pytest.mark.parametrize("language", LANGUAGES)
def test_K11_an_export_of_hubspot(tmp_path, language):
    history = extracted(tmp_path, "hubspot", language)
    # In the zone of the account: 09:30 in Madrid in winter is 08:30 UTC, 17:45 in summer 15:45.
    leads = rows(history, "leads", "lead_id", "created_at", "account_id", "original_source", "unsubscribed")
    assert leads == [
        ("501", "03-01 08:30", "9001", "Organic Search", False),
        ("502", "03-02 10:00", "9001", "Direct Traffic", True),
    ]
    assert rows(history, "accounts", "account_id", "industry", "employees") == [("9001", "COMPUTER_SOFTWARE", 120.0)]
    assert rows(history, "activities", "lead_no", "kind", "known_at", "direction") == [
        ("501", "call_made", "03-03 09:05", "outbound"),
        ("501", "call_received", "03-06 08:00", "inbound"),
        ("501", "meeting_booked", "03-10 08:00", None),
        ("501", "task_done", "03-11 08:00", "outbound"),
        ("502", "call_received", "03-06 08:00", "inbound"),
        ("502", "email_reply", "03-04 07:00", "inbound"),
    ]
    assert rows(history, "outcomes", "lead_id", "stage", "occurred_at", "amount") == [
        ("501", "mql", "03-05 11:00", None),
        ("501", "sql", "03-20 07:15", None),
        ("501", "won", "05-20 15:45", 12500.0),
        ("502", "won", "05-20 15:45", 12500.0),
    ]
    assert history.facts.rows["activities"].left_out == {"not_selected": 2, "other_lead": 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_K11_B12_an_export_of_salesforce(tmp_path, language):
    history = extracted(tmp_path, "salesforce", language)
    assert rows(history, "leads", "lead_id", "created_at", "lead_source", "opted_out", "merged_at") == [
        (ANA, "03-01 09:30", "Web", False, None),
        (EVA, "03-05 10:00", "Web", False, None),
        (LUIS, "03-02 11:00", "Trade Show", True, "03-15 08:00"),
    ]
    own = [row for row in rows(history, "activities", "lead_no", "kind", "occurred_at") if row[0] == ANA]
    assert (ANA, "call_made", "03-03 10:05") in own  # under the id of 15 characters
    assert (ANA, "email_sent", "03-25 10:00") in own  # under the contact it had become
    assert (ANA, "meeting_booked", "03-10 09:00") in own
    assert (ANA, "email_sent", "06-12 10:00") in own  # under the contact that this one went into
    found = rows(history, "activities", "lead_no", "kind", "known_at")
    assert (LUIS, "campaign_joined", "03-04 08:00") in found
    assert (ANA, "campaign_joined", "03-15 08:00") in found  # of the merged lead, from the merge on
    assert (ANA, "call_made", "04-10 08:00") in found  # of a contact that went into hers, from the merge on
    assert rows(history, "outcomes", "lead_id", "stage", "occurred_at", "amount")[:2] == [
        (ANA, "opportunity", "03-20 12:00", None),
        (ANA, "won", "05-20 15:45", 12500.0),
    ]
    assert history.facts.rows["activities"].left_out == {"not_selected": 1, "other_lead": 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_K11_B12_an_export_of_dynamics(tmp_path, language):
    history = extracted(tmp_path, "dynamics", language)
    assert rows(history, "leads", "lead_id", "created_at", "lead_source", "no_bulk_email", "merged_at") == [
        (LEAD_1, "03-01 09:30", "Web", False, None),
        (LEAD_2, "03-02 11:00", "Trade Show", True, "03-15 08:00"),
        (LEAD_3, "03-05 10:00", "Web", False, None),
    ]
    assert rows(history, "activities", "lead_no", "kind", "known_at", "direction") == [
        (LEAD_1, "call_made", "03-03 10:05", None),
        (LEAD_1, "call_made", "04-10 08:00", None),  # under a contact that went into the lead's, from the merge on
        (LEAD_1, "email_sent", "03-25 10:00", None),  # under the contact
        (LEAD_1, "email_sent", "06-12 10:00", None),  # under the contact that this one went into
        (LEAD_1, "task_made", "03-26 10:00", "outbound"),  # under the opportunity
    ]
    assert rows(history, "outcomes", "lead_id", "stage", "occurred_at", "amount")[:2] == [
        (LEAD_1, "opportunity", "03-20 12:00", None),
        (LEAD_1, "won", "05-19 22:00", 12500.0),
    ]


def test_K11_a_workbook_of_dynamics_reads_like_its_csv(tmp_path):
    path = project_of(tmp_path / "project", "dynamics", {k: v for k, v in DYNAMICS.items() if k != "leads.csv"})
    book = openpyxl.Workbook()
    for row in csv.reader(DYNAMICS["leads.csv"].splitlines()):
        instants = [datetime.fromisoformat(cell[:-1]) if cell.endswith("00Z") else cell or None for cell in row]
        book.active.append(instants)
    book.save(tmp_path / "project" / "data" / "raw" / "dynamics" / "leads.xlsx")
    path.write_text(path.read_text().replace("timezone: Europe/Madrid", "timezone: UTC"))
    history = extract(path, tmp_path / "history", STRICT)
    by_csv = history_of(tmp_path / "csv", "dynamics", DYNAMICS)
    assert history.path("leads").read_bytes() == by_csv.path("leads").read_bytes()


@pytest.mark.parametrize("crm", crm_presets())
def test_a_preset_has_words_for_all_that_it_names_in_both_languages(crm):
    source = load_source(template() / "data" / "sources" / "crm" / f"{crm}.yaml")
    tables = source.tables
    kinds = {kind for part in tables.activities for kind in (*part.kinds.values(), part.kind_is) if kind}
    stages = {stage for part in tables.outcomes for stage in (*part.stages.values(), part.stage_is) if stage}
    accounts = set(tables.accounts.attribute_names.values()) if tables.accounts else set()
    assert kinds == set(source.words.kinds)
    assert stages == set(source.words.stages)
    assert {*tables.leads.attribute_names.values(), *accounts} == set(source.words.attributes)


@pytest.mark.parametrize("crm", crm_presets())
def test_no_preset_reads_the_name_or_the_number_of_a_person(crm):
    source = load_source(template() / "data" / "sources" / "crm" / f"{crm}.yaml")
    read = {header.lower() for parts in source.tables.given.values() for part in parts for header in part.headers}
    personal = [name for name in read if any(word in name for word in ("first", "last n", "phone", "mobile", "street"))]
    assert personal in ([], ["firstrespondeddate"])


OWNERS = {"hubspot": "hubspot_owner_id", "salesforce": "OwnerId", "dynamics": "_ownerid_value"}


def owned(folder: Path, crm: str) -> History:
    """Extract an export whose leads have owners, the line of the preset that is the user's to uncomment in force."""
    name, first = next((name, text) for name, text in EXPORTS[crm].items() if name.lower().startswith(("lead", "cont")))
    header, *lines = first.splitlines()
    if OWNERS[crm] not in header:
        header, lines = f"{header},{OWNERS[crm]}", [f"{line},{71 + n // 2}" for n, line in enumerate(lines)]
    path = project_of(folder / "project", crm, {**EXPORTS[crm], name: "\n".join([header, *lines]) + "\n"})
    path.write_text(path.read_text(encoding="utf-8").replace(f"# {OWNERS[crm]}:", f"{OWNERS[crm]}:"), encoding="utf-8")
    return extract(path, folder / "history", STRICT)


@pytest.mark.parametrize("crm", crm_presets())
def test_calls_can_be_shared_out_by_owner_and_no_model_learns_whose_a_lead_is(tmp_path, crm):
    history = owned(tmp_path, crm)
    owners = read_parquet(history.path("leads"))["owner"].cast("string").to_pylist()
    assert all(re.fullmatch("[0-9]+|005[0-9A-Za-z]{15}", owner) for owner in owners)  # codes, nobody's name
    (attribute,) = (each for each in history.facts.attributes if each.name == "owner")
    assert not attribute.may_be_a_feature
    budgets = {"by": "owner", "calls": {owners[0]: 1}, "each": 1}
    kinds = [pc.unique(read_parquet(history.path("activities"))["kind"])[0].as_py()]
    version = {"valid_from": "2024-01-01", "own_actions": kinds, "stages": {"sql": [], "opportunity": [], "lost": []},
               "hand_off": {"budgets": budgets, "contact_kinds": []}}  # fmt: skip
    agreement = Agreement.model_validate({"versions": [version]})
    refuse_unknown_names(history, agreement)
    everybody = np.arange(len(owners))
    purses = Purses.of(history, agreement.versions[0].hand_off.budgets, everybody, np.full(len(owners), NEVER - 1))
    called = [owners[place] for place in purses.best(everybody, 10)]
    assert called == list(dict.fromkeys(owners))  # one each
    assert len(called) < len(owners)


@pytest.mark.parametrize("crm", crm_presets())
def test_what_moves_with_the_sale_is_never_a_feature(crm):
    source = load_source(template() / "data" / "sources" / "crm" / f"{crm}.yaml")
    known = {given.name: given.known for given in source.tables.leads.attributes.values()}
    late = {"lifecycle_stage", "lead_status", "rating", "status_reason"} & set(known)
    assert late
    assert {known[name] for name in late} == {"at_export"}


def test_K09_a_header_in_a_language_that_the_preset_does_not_know_is_refused_by_name(tmp_path):
    files = {**HUBSPOT, "contacts.csv": HUBSPOT["contacts.csv"].replace("Original Source", "Ursprüngliche Quelle")}
    with pytest.raises(DataContractError, match=r"not there: \['Original Source'\]") as refused:
        history_of(tmp_path, "hubspot", files)
    assert refused.value.exit_code == 3


def test_K09_the_same_header_is_read_once_the_source_file_says_what_it_is_called(tmp_path):
    files = {**HUBSPOT, "contacts.csv": HUBSPOT["contacts.csv"].replace("Original Source", "Ursprüngliche Quelle")}
    path = project_of(tmp_path / "project", "hubspot", files)
    path.write_text(path.read_text().replace("  Original Source: [", "  Original Source: [Ursprüngliche Quelle, "))
    assert rows(extract(path, tmp_path / "history", STRICT), "leads", "original_source")[0] == ("Direct Traffic",)


def test_B04_a_preset_without_the_style_of_ids_would_lose_what_has_fifteen_characters(tmp_path):
    path = project_of(tmp_path / "project", "salesforce", SALESFORCE)
    path.write_text(path.read_text().replace("ids: salesforce", "ids: text"))
    history = extract(path, tmp_path / "history", STRICT)
    assert "03-03 10:05" not in {at for (at,) in rows(history, "activities", "occurred_at")}


def test_B12_without_the_map_of_conversions_a_sale_of_a_contact_is_lost(tmp_path):
    files = {**SALESFORCE, "Lead.csv": SALESFORCE["Lead.csv"].replace(",0061v00000KlMnOAAV,", ",,")}
    stages = {stage for (stage,) in rows(history_of(tmp_path, "salesforce", files), "outcomes", "stage")}
    assert "won" not in stages


def test_an_activity_that_is_none_of_a_lead_is_left_out_and_not_held_against_the_export(tmp_path):
    account = history_of(tmp_path, "dynamics", DYNAMICS).facts.rows["activities"]
    assert account.left_out == {"not_listed": 1, "other_lead": 1}
    assert account.quarantined == {}


CONVERTED = {
    "salesforce": (ANA, "Lead.csv", "true,2024-03-20,0031v00000FgHiJAAV,0061v00000KlMnOAAV,", "false,,,,"),
    "dynamics": (LEAD_1, "leads.csv", "Hot,Qualified,0,", "Hot,New,0,"),
}
ATTRIBUTES = ("industry", "employees", "revenue", "country", "account_type")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("crm", CONVERTED)
def test_K11_colleagues_share_the_account_of_their_domain_and_a_free_mail_makes_none(tmp_path, crm, language):
    history = extracted(tmp_path, crm, language)
    accounts = dict(rows(history, "leads", "lead_id", "account_id"))
    assert sorted(accounts.values(), key=str) == [None, "acme.example.com", "acme.example.com"]
    assert accounts[EVA if crm == "salesforce" else LEAD_3] is None
    (account,) = rows(history, "accounts", "account_id", *ATTRIBUTES)
    assert account == ("acme.example.com", account[1], 120.0, 5400000.0, "Spain", "Prospect")
    told = history.facts.rows["accounts"]
    assert (told.left_out, told.quarantined) == ({"no_domain": 1, "same_domain": 1}, {})
    known = {each.name: each.known for each in history.facts.attributes if each.table == "accounts"}
    assert known == dict.fromkeys(ATTRIBUTES, "at_export")


@pytest.mark.parametrize("crm", CONVERTED)
def test_E09_the_accounts_are_the_same_whoever_converted_and_whatever_that_made(tmp_path, crm):
    """The account of a conversion lies beside one that was there before, and alone."""
    _, file, converted, still_open = CONVERTED[crm]
    accounts = "Account.csv" if crm == "salesforce" else "accounts.csv"
    assert converted in EXPORTS[crm][file]
    unsold = {**EXPORTS[crm], file: EXPORTS[crm][file].replace(converted, still_open)}
    before = {**EXPORTS[crm], accounts: "".join(
        line for line in EXPORTS[crm][accounts].splitlines(keepends=True) if "2024-03-20" not in line
    )}  # fmt: skip
    found = [history_of(tmp_path / str(n), crm, files) for n, files in enumerate((EXPORTS[crm], unsold, before))]
    assert len({str(rows(history, "accounts", "account_id", *ATTRIBUTES)) for history in found}) == 1
    assert len({str(rows(history, "leads", "lead_id", "account_id")) for history in found}) == 1


def test_E09_planted_bug_the_account_that_a_lead_gets_by_converting_tells_who_converted(tmp_path):
    files = dict(SALESFORCE)
    first, *others = files["Lead.csv"].splitlines()
    made = ["0011v00000BbBbBAAV" if ",true,2024" in row else "" for row in others]
    lines = [f"{first},ConvertedAccountId", *(f"{row},{id_}" for row, id_ in zip(others, made, strict=True))]
    files["Lead.csv"] = "\n".join(lines)
    path = project_of(tmp_path / "project", "salesforce", files)
    text = path.read_text(encoding="utf-8").replace("accounts_by: domain", "accounts_by: id")
    text = text.replace("account_id: Email", "account_id: ConvertedAccountId")
    path.write_text(text.replace("account_id: Website, created_at: CreatedDate", "account_id: Id"), encoding="utf-8")
    history = extract(path, tmp_path / "history", STRICT)
    assert [lead for lead, account in rows(history, "leads", "lead_id", "account_id") if account] == [ANA]


def test_B10_without_the_map_of_merged_contacts_what_they_did_is_lost(tmp_path):
    files = {**SALESFORCE, "Contact.csv": SALESFORCE["Contact.csv"].splitlines()[0] + "\n"}
    instants = {at for (at,) in rows(history_of(tmp_path, "salesforce", files), "activities", "known_at")}
    assert not instants & {"04-10 08:00", "06-12 10:00"}


@pytest.mark.parametrize("crm", CONVERTED)
def test_what_is_not_exported_is_taken_away_and_told_by_its_name(tmp_path, crm):
    names = [name for name in EXPORTS[crm] if name.lower().startswith("account")]
    path = project_of(tmp_path / "project", crm, {k: v for k, v in EXPORTS[crm].items() if k not in names})
    missing = rf"{names[0].split('.')[0]}\.\*: no file matches(.|\n)*if you do not export this table, take it out"
    with pytest.raises(ConfigurationError, match=missing):
        extract(path, tmp_path / "history", STRICT)
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^  accounts:\n(    .*\n)+", "", text), encoding="utf-8")
    history = extract(path, tmp_path / "history", STRICT)
    assert [account for (account,) in rows(history, "accounts", "account_id")] == ["acme.example.com"]


def test_the_labels_that_the_page_calls_found_are_in_the_presets():
    page = (Path(__file__).parents[4] / "docs" / "crm.md").read_text(encoding="utf-8")
    found = re.findall(r"(?m)^\| (HubSpot|Dynamics 365|Salesforce) \| (\*.*?) \|", page)
    assert {crm for crm, _ in found} == {"HubSpot", "Dynamics 365", "Salesforce"}
    for crm, labels in found:
        source = load_source(template() / "data" / "sources" / "crm" / f"{crm.split()[0].lower()}.yaml")
        words = {name for names in source.headers.values() for name in names}
        words |= {stage for part in source.tables.outcomes for stage in part.stages}
        missing = set(re.findall(r"\*(.+?)\*", labels)) - words
        assert not missing, (crm, missing)
