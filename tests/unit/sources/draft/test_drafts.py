"""Whole drafts of small exports: what is mapped, what is left to a person, what looks written after the outcome."""

import re
from pathlib import Path

import numpy as np
import pytest
from draft_edits import edits
from export_maker import LEADS_HEADER, PEOPLE, VISITS_HEADER, bought_in, flat_export, spanish_export, write_rows

from predictive_scoring.config.extract import Extract
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.contract.source_file import Source, load_source
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.sources.draft import afterwards, inspection
from predictive_scoring.sources.draft.inspection import Inspection, inspect
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator import simulate
from predictive_scoring.storage import read_parquet

DEMO = Path(__file__).parents[4] / "data" / "sources" / "demo.yaml"


def draft_of(*paths: Path) -> tuple[Inspection, Source]:
    """Inspect files into a draft beside them, and load it."""
    out = paths[0].parent / "draft.yaml"
    found = inspect(paths, out)
    out.write_text(found.text, encoding="utf-8")
    return found, load_source(out)


def known_of(source: Source, header: str) -> object:
    given = source.tables.leads.attributes.get(header)
    return None if given is None else given.known


def guess_about(found: Inspection, header: str) -> str:
    return next(str(guess) for guess in found.guesses if guess.says.startswith(repr(header)))


def test_A05_A06_C09_a_spanish_export_is_drafted_whole_and_reads(tmp_path: Path) -> None:
    found, source = draft_of(*spanish_export(tmp_path))
    leads, (activities,), (outcomes,) = source.tables.leads, source.tables.activities, source.tables.outcomes
    assert found.refused == ""
    assert found.checked[:2] == ("leads: 300 rows read, 300 kept", f"activities: {found.checked[1].split(': ')[1]}")
    assert leads.read.model_dump(exclude_defaults=True) == {
        "encoding": "cp1252", "delimiter": ";", "decimal": ",", "thousands": "."
    }  # fmt: skip
    assert leads.mapped == {"lead_id": "Código", "created_at": "Fecha de alta", "email": "Correo electrónico"}
    assert leads.formats == {"created_at": "%d/%m/%Y %H:%M"}
    assert {header: given.type for header, given in leads.attributes.items()} == {
        "Canal": "category", "Presupuesto": "number", "Motivo": "category", "Trámite": "category"
    }  # fmt: skip
    assert activities.mapped == {"lead_id": "Código", "occurred_at": "Fecha", "kind": "Tipo"}
    assert outcomes.mapped == {"lead_id": "Código", "occurred_at": "Fecha de cierre", "stage": "Estado"}
    assert (outcomes.stages, outcomes.only_filled) == ({"Perdido": "lost", "Ganado": "won"}, ("Fecha de cierre",))
    open_ones = [guess for guess in found.guesses if guess.is_open]
    assert [guess.says for guess in open_ones] == ["timezone: UTC"]
    assert "[" not in open_ones[0].because


def test_D08_no_value_of_a_person_is_in_the_draft_or_in_what_is_said(tmp_path: Path) -> None:
    found, _ = draft_of(*spanish_export(tmp_path))
    said = "\n".join([found.text, *map(str, found.guesses), *found.checked])
    assert "Teléfono" in said and "Nombre" in said  # noqa: PT018  (the columns are named, their values are not)
    for value in (*PEOPLE, *(name.split()[0] for name in PEOPLE), "persona1", "@empresa", "+34 600"):
        assert value not in said
    assert "'+99 999 999 999'" in said


def test_the_simulated_company_is_drafted_as_its_own_source_file_says(tmp_path: Path) -> None:
    simulate(Simulate(n_accounts=400, n_days=364, n_rollouts=2), 90, tmp_path)
    tables = [tmp_path / f"{name}.csv" for name in ("activities", "stages", "accounts", "leads")]
    found, source = draft_of(*tables)
    assert found.refused == ""
    assert edits(source, load_source(DEMO)) == []


def test_D18_E09_L2_columns_written_after_the_outcome_are_found_without_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought, rng = bought_in(), np.random.default_rng(5)
    columns = {
        "Mood": [("calm", "keen")[int(won and rng.random() < 0.9)] for won in bought],  # separates too well
        "Parking": [("P1", "P2")[int(rng.integers(2))] if won or rng.random() < 0.1 else "" for won in bought],
        "Size": [("S", "M", "L")[int(rng.integers(3))] for _ in bought],  # honest
        "Visits": [int(rng.poisson(4 if won else 3)) for won in bought],  # honest, and better than chance
    }
    found, source = draft_of(flat_export(tmp_path, **columns))
    assert {header: known_of(source, header) for header in columns} == {
        "Mood": "at_export", "Parking": "at_export", "Size": "at_creation", "Visits": "at_creation"
    }  # fmt: skip
    assert "area of 0.9" in guess_about(found, "Mood")
    assert re.search(r"\d+% convert where it is filled, \d+% where it is blank", guess_about(found, "Parking"))
    monkeypatch.setattr(afterwards, "relations", lambda *_: {})  # without a look at the outcome nothing is seen
    monkeypatch.setattr("predictive_scoring.sources.draft.compose.relations", afterwards.relations)
    _, blind = draft_of(flat_export(tmp_path, **columns))
    assert {known_of(blind, header) for header in columns} == {"at_creation"}


@pytest.mark.parametrize("header", ["Last Modified By", "Lost Reason", "Lead Rating", "Motivo de cierre", "Etiquetas"])
def test_L2_a_name_that_speaks_of_the_end_is_enough_for_at_export(tmp_path: Path, header: str) -> None:
    noise = np.random.default_rng(1).integers(3, size=400)
    found, source = draft_of(flat_export(tmp_path, **{header: [("a", "b", "c")[n] for n in noise]}))
    assert known_of(source, header) == "at_export"
    assert "the name says" in guess_about(found, header)


def test_a_value_for_every_row_shows_nothing_of_the_outcome(tmp_path: Path) -> None:
    codes = [f"Z{n % 200}" for n in np.random.default_rng(2).permutation(400)]
    found, source = draft_of(flat_export(tmp_path, Branch=codes))
    assert known_of(source, "Branch") == "at_creation", guess_about(found, "Branch")


def test_an_amount_with_a_date_of_its_own_is_known_from_then_on(tmp_path: Path) -> None:
    days = [f"2024-05-{1 + n % 28:02d}" if n % 3 else "" for n in range(400)]
    budgets = [100 + n if n % 3 else "" for n in range(400)]
    _, source = draft_of(flat_export(tmp_path, Budget=budgets, **{"Budget Date": days}))
    known = source.tables.leads.attributes["Budget"].known
    assert not isinstance(known, str)
    assert known.at == "Budget Date"
    shifted = [*days[1:], days[0]]  # filled in other rows: not the date of this
    _, apart = draft_of(flat_export(tmp_path, Budget=budgets, **{"Budget Date": [*shifted[:-1], ""]}))
    assert isinstance(apart.tables.leads.attributes["Budget"].known, str)


def test_C09_day_and_month_that_cannot_be_told_apart_are_left_to_a_person(tmp_path: Path) -> None:
    days = [f"{1 + n % 12:02d}/{1 + n % 11:02d}/2024" for n in range(400)]
    path = flat_export(tmp_path, **{"Created Date": days})
    found = inspect([path], tmp_path / "draft.yaml")
    assert "instants that are not ISO 8601 need a format" in found.refused
    assert "# ? `check` does not pass it as it is:" in found.text
    both = re.findall(r"(?m)^ *# +# created_at: '(.*)'$", found.text)
    assert both == ["%d/%m/%Y", "%m/%d/%Y"]
    chosen = re.sub(r"(?m)^( *)# formats:$", r"\1formats:", found.text)
    chosen = chosen.replace("#   # created_at: '%d", "  created_at: '%d")
    (tmp_path / "chosen.yaml").write_text(chosen, encoding="utf-8")
    assert load_source(tmp_path / "chosen.yaml").tables.leads.formats == {"created_at": "%d/%m/%Y"}


def test_B05_B07_ids_that_do_not_match_are_an_open_question_with_both_shares(tmp_path: Path) -> None:
    leads = write_rows(
        tmp_path / "leads.csv", ("lead_id", "created_at", "status"),
        [(f"L{n}", f"2024-01-{1 + n % 28:02d}", ("won", "lost")[n % 2]) for n in range(60)],
    )  # fmt: skip
    visits = [(f"L{n if n < 6 else 900 + n}", f"2024-02-{1 + n % 28:02d}", "visit") for n in range(60)]
    activities = write_rows(tmp_path / "activities.csv", ("lead_id", "at", "kind"), visits)
    found = inspect([leads, activities], tmp_path / "draft.yaml")
    (guess,) = [guess for guess in found.guesses if "refers to leads.csv" in guess.says]
    assert guess.is_open
    assert "10.0% of its 60 ids" in guess.because
    assert "10.0% of those are used" in guess.because


def test_outcomes_without_dates_leave_no_place_for_activities_and_the_draft_says_so(tmp_path: Path) -> None:
    flat = flat_export(tmp_path)
    visits = [(f"N{n:05d}", "2024-02-01", "visit") for n in range(100)]
    activities = write_rows(tmp_path / "activities.csv", ("Prospect No", "date", "kind"), visits)
    found, source = draft_of(flat, activities)
    assert source.tables.activities == ()
    assert any(guess.is_open and guess.says == "activities.csv is not read" for guess in found.guesses)
    assert "  # activities:" in found.text


def test_two_files_of_activities_are_two_parts_of_one_table(tmp_path: Path) -> None:
    leads, calls = spanish_export(tmp_path)
    rows = [(f"P{n:04d}", "2024-03-01T10:00:00Z") for n in range(50)]
    meetings = write_rows(tmp_path / "reuniones_actividades.csv", ("Código", "Fecha"), rows)
    found, source = draft_of(leads, calls, meetings)
    assert found.refused == ""
    assert [part.path for part in source.tables.activities] == ["actividades.csv", "reuniones_actividades.csv"]
    assert source.tables.activities[1].kind_is == "reuniones_actividades"


def test_files_that_tell_no_outcome_are_drafted_as_far_as_they_go_and_refused_with_the_reason(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "leads.csv", ("id", "channel"), [(f"L{n}", ("a", "b", "c")[n % 3]) for n in range(9)])
    found = inspect([path], tmp_path / "draft.yaml")
    assert found.refused
    assert any(guess.is_open and guess.says == "where the outcomes are" for guess in found.guesses)


def test_A16_D15_D16_headers_that_mean_something_in_yaml_come_back_as_they_are(tmp_path: Path) -> None:
    hostile = [
        "a: b",
        "# c",
        "- d",
        "{e}",
        "[f]",
        "yes",
        "null",
        "1.0",
        "'q\"",
        "*x",
        "&y",
        "!z",
        "%s",
        "ñandú 🦜",
        "a\nb",
        "a  b",
        "@w",
    ]
    columns = {header: [("k", "l", "m")[n % 3] for n in range(400)] for header in hostile}
    del columns["a\nb"]  # its clean form is that of the next but one: a header that stands twice is refused
    found, source = draft_of(flat_export(tmp_path, **columns))
    assert found.refused == ""
    assert {" ".join(header.split()) for header in columns} <= set(source.tables.leads.attributes)


def test_the_order_of_rows_is_told_by_a_month_that_runs_in_blocks(tmp_path: Path) -> None:
    month = [f"2024-{1 + n // 40:02d}" for n in range(400)]
    _, source = draft_of(flat_export(tmp_path, **{"Month": month}))
    assert source.tables.leads.order == "rows"
    mixed = list(np.random.default_rng(4).permutation(month))
    _, source = draft_of(flat_export(tmp_path, **{"Month": mixed}))
    assert source.tables.leads.order == "none"


def test_a_date_that_mostly_lies_after_the_creation_was_written_later(tmp_path: Path) -> None:
    created = [f"2024-01-{1 + n % 28:02d}" for n in range(400)]
    shown = [f"2024-03-{1 + n % 28:02d}" for n in range(400)]
    founded = [f"19{10 + n % 80}-01-01" for n in range(400)]
    path = flat_export(tmp_path, **{"Created Date": created, "Showroom Day": shown, "Founded": founded})
    _, source = draft_of(path)
    assert known_of(source, "Showroom Day") == "at_export"
    assert known_of(source, "Founded") == "at_creation"


def test_every_column_of_every_file_stands_in_the_draft(tmp_path: Path) -> None:
    found, _ = draft_of(*spanish_export(tmp_path))
    for header in (*LEADS_HEADER, *VISITS_HEADER):
        assert re.search(rf"{header}(:|$)|: {header}|\[{header}", found.text, re.MULTILINE), header


def test_the_end_that_is_offered_leaves_no_row_of_the_files_in_the_future(tmp_path: Path) -> None:
    found, source = draft_of(*spanish_export(tmp_path))
    (offered,) = re.findall(r"(?m)^# (exported_at: .*)$", found.text)
    (tmp_path / "ended.yaml").write_text(found.text.replace(f"# {offered}", offered), encoding="utf-8")
    ended = load_source(tmp_path / "ended.yaml")
    assert source.ends_at is None
    again = [line for line in inspection.rows_of(tmp_path / "ended.yaml") if not line.startswith("note")]
    assert ended.ends_at is not None
    assert again == [line for line in found.checked if not line.startswith("note")]  # no row became a future one


def test_what_cannot_be_mapped_is_said(tmp_path: Path) -> None:
    header = ("", "id", "code", "always", "converted")
    rows = [(n, f"L{n}", f"c{n}", "x", "no" if n % 4 else "yes") for n in range(80)]
    found, source = draft_of(write_rows(tmp_path / "leads.csv", header, rows))
    assert source.tables.leads.attributes == {}
    assert "1 column is not read" in found.text
    assert "nearly every row has its own value" in guess_about(found, "code")
    assert "the same in every row" in guess_about(found, "always")


def test_a_file_that_is_given_twice_is_a_wrong_command_line(tmp_path: Path) -> None:
    path = flat_export(tmp_path)
    with pytest.raises(ConfigurationError, match="given twice"):
        inspect([path, tmp_path / "." / "export.csv"], tmp_path / "draft.yaml")


def test_a_long_file_is_looked_at_in_part_and_the_draft_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = spanish_export(tmp_path)
    whole, source = draft_of(*files)
    monkeypatch.setattr("predictive_scoring.sources.draft.profile.MAX_ROWS", 250)
    monkeypatch.setattr(inspection, "MAX_ROWS", 250)
    part, sampled = draft_of(*files)
    assert "prospectos.csv was looked at in part, likely: a sample of 250 of 300 rows" in "\n".join(
        map(str, part.guesses)
    )
    assert sampled == source
    joins = [[str(guess) for guess in found.guesses if "refers to" in guess.says] for found in (whole, part)]
    assert "100.0% of those are used here" in joins[0][0]
    assert "100.0% of those are used here" in joins[1][0]  # ids are matched by all rows


def test_a_draft_of_leads_with_addresses_and_no_companies_names_accounts_by_domain_and_may_be_taken_up(
    tmp_path: Path,
) -> None:
    found, source = draft_of(*spanish_export(tmp_path))
    assert "# accounts_by: domain" in found.text
    assert source.accounts_by == "id"
    assert any("`account_id: Correo electrónico`" in guess.because for guess in found.guesses)
    path = tmp_path / "taken_up.yaml"
    text = found.text.replace("# accounts_by: domain", "accounts_by: domain")
    path.write_text(
        re.sub(r"(?m)^( +)email: .*$", r"\g<0>\n\1account_id: Correo electrónico", text, count=1), encoding="utf-8"
    )
    leads = read_parquet(extract(path, tmp_path / "history", Extract()).path("leads"))
    assert set(leads["account_id"].to_pylist()) == {f"empresa{number}.example" for number in range(90)}
