"""The source file: what is accepted, and how what is wrong is told."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from predictive_scoring.contract.source_file import Source, load_source
from predictive_scoring.errors import ConfigurationError

START = "name: acme\nlicence: internal\ntimezone: Europe/Madrid\n"
LEADS = "  leads: {path: leads.csv, columns: {lead_id: id, created_at: at}}\n"
OUTCOMES = "  outcomes: {path: outcomes.csv, columns: {lead_id: id, occurred_at: at, stage: stage}}\n"


def load(folder: Path, tables: str, start: str = START) -> Source:
    path = folder / "acme.yaml"
    path.write_text(start + "tables:\n" + tables)
    return load_source(path)


def test_the_example_of_the_contract_is_read(tmp_path):
    source = load(
        tmp_path,
        """
  leads:
    path: raw/prospects*.csv
    read: {encoding: cp1252, delimiter: ";", decimal: ","}
    columns: {lead_id: Prospect No, created_at: Entered On, account_id: Company No, email: E-mail}
    formats: {created_at: "%d/%m/%Y"}
    attributes:
      Channel:            {as: channel, type: category, known: at_creation}
      Budget:             {as: budget, type: number, known: {at: Budget Date}}
      Current Owner Team: {type: category, known: at_export}
  outcomes:
    path: raw/stages.csv
    columns: {lead_id: Prospect No, occurred_at: Stage Date, stage: Stage}
    stages: {Closed Won: won, Closed Lost: lost}
""",
    )
    assert source.tables.leads.attribute_names["Current Owner Team"] == "current_owner_team"
    assert source.tables.leads.headers[-1] == "Budget Date"


def refused(folder: Path, tables: str, message: str, start: str = START) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        load(folder, tables, start)


def test_every_problem_is_listed_with_a_guess(tmp_path):
    tables = LEADS.replace("created_at", "creatd_at") + OUTCOMES.replace("stage: stage", "stagee: stage")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, tables)
    assert "creatd_at: unknown key; did you mean 'created_at'?" in str(caught.value)
    assert "stagee: unknown key; did you mean 'stage'?" in str(caught.value)


def test_an_attribute_must_say_when_it_was_known(tmp_path):
    leads = LEADS.replace("}}\n", "}, attributes: {Channel: {type: category}}}\n")
    refused(tmp_path, leads + OUTCOMES, "tables.leads.attributes.Channel.known: missing")


@pytest.mark.parametrize("connection", ["{}", "{env: ACME_DSN, sqlite: crm.sqlite}"])
def test_a_query_needs_exactly_one_database(tmp_path, connection):
    leads = f"  leads: {{query: select 1, connection: {connection}, columns: {{lead_id: id, created_at: at}}}}\n"
    refused(tmp_path, leads + OUTCOMES, "needs either `env` or `sqlite`")


def test_J11_the_address_of_a_database_has_no_place_in_a_source_file(tmp_path):
    connection = "{env: 'postgresql://ana:secret@host/crm'}"
    leads = f"  leads: {{query: select 1, connection: {connection}, columns: {{lead_id: id, created_at: at}}}}\n"
    refused(tmp_path, leads + OUTCOMES, "connection.env")


@pytest.mark.parametrize(
    ("leads", "outcomes", "message"),
    [
        (LEADS, "", "needs either an outcomes table or `outcome` in leads"),
        ("  leads: {path: a.csv, columns: {created_at: at}}\n", OUTCOMES, "needs either columns.lead_id or lead_ids"),
        ("  leads: {path: a.csv, columns: {lead_id: id}}\n", OUTCOMES, "without columns.created_at it needs"),
        ("  leads: {columns: {lead_id: id, created_at: at}}\n", OUTCOMES, "needs either `path` or `query`"),
        (LEADS.replace("}}\n", "}, formats: {craeted_at: '%d'}}\n"), OUTCOMES, "formats of what is no column"),
        (LEADS.replace("}}\n", "}, read: {encoding: klingon}}\n"), OUTCOMES, "encoding 'klingon' is not known"),
        (
            LEADS.replace("}}\n", "}, read: {decimal: ',', thousands: ','}}\n"),
            OUTCOMES,
            "decimal and thousands are both",
        ),
        (
            "  leads: {path: a.csv, lead_ids: rows, order: none, outcome: {column: y, converted: ['1']}, "
            "attributes: {y: {type: number, known: at_creation}}}\n",
            "",
            "is listed as an attribute: it would give itself away",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, leads, outcomes, message):
    refused(tmp_path, leads + outcomes, message)


def test_D17_attributes_with_the_same_name_are_refused(tmp_path):
    both = "{a b: {type: number, known: at_creation}, a_b: {type: number, known: at_creation}}"
    refused(
        tmp_path,
        LEADS.replace("}}\n", f"}}, attributes: {both}}}\n") + OUTCOMES,
        "attributes with the same name: ['a_b']",
    )


def test_E08_an_attribute_may_not_take_the_name_of_the_label(tmp_path):
    one = "{Converted: {type: boolean, known: at_creation}}"
    refused(
        tmp_path,
        LEADS.replace("}}\n", f"}}, attributes: {one}}}\n") + OUTCOMES,
        "mean a column of the contract: ['converted']",
    )


def test_I06_yes_without_quotes_is_refused_where_text_is_meant(tmp_path):
    leads = "  leads: {path: a.csv, lead_ids: rows, order: none, outcome: {column: y, converted: [yes]}}\n"
    refused(tmp_path, leads, "tables.leads.outcome.converted.0: input should be a valid string")


def test_an_export_without_an_offset_ends_in_the_zone_of_the_source(tmp_path):
    source = load(tmp_path, LEADS + OUTCOMES, START + 'exported_at: "2024-07-01"\n')
    assert source.ends_at == datetime(2024, 6, 30, 22, tzinfo=UTC)
    refused(tmp_path, LEADS + OUTCOMES, "timezone: value error, not a time zone", START.replace("Madrid", "Madird"))


@pytest.mark.parametrize("name", ["bpic2012", "bank_marketing", "salvirt_b2b"])
def test_the_shipped_source_files_are_read_and_every_kind_and_attribute_has_words(name):
    source = load_source(Path(__file__).parents[3] / "data" / "sources" / f"{name}.yaml")
    assert set(source.tables.leads.attribute_names.values()) == set(source.words.attributes)
    for part in source.tables.activities:
        assert set(part.kinds.values()) == set(source.words.kinds)
        assert set(part.directions) <= set(source.words.kinds)
