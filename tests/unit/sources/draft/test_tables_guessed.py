"""Which table a file is taken for: leads with a column of companies are no accounts, and pieces are one table."""

from pathlib import Path

import pytest
from export_maker import write_rows

from predictive_scoring.contract.source_file import Source, load_source
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.draft import inspection, joins, roles
from predictive_scoring.sources.draft.inspection import inspect
from predictive_scoring.sources.draft.profile import Column, Look
from predictive_scoring.sources.draft.same_table import joined, pattern_of

DAYS = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}" for n in range(200)]
LEADS = [(f"X{n}", day, f"Company {n}", 100 + n % 37) for n, day in enumerate(DAYS)]
LEADS_HEADER = ("id", "created", "company", "amount")
OTHERS = [(day, f"Firm {n}", 90 + n % 41) for n, day in enumerate(DAYS)]
FIRMS = [(f"Company {n}", ("software", "retail")[n % 2], 10 + n) for n in range(200)]
FIRMS_HEADER = ("company", "industry", "employees")


def calls(folder: Path) -> Path:
    rows = [(f"X{n}", f"{day}T12:00Z", ("call", "visit")[n % 2]) for n, day in enumerate(DAYS)] * 2
    return write_rows(folder / "b.csv", ("id", "at", "what"), rows)


def stages(folder: Path) -> Path:
    rows = [(f"X{n}", f"{DAYS[-1]}T12:00Z", ("won", "lost")[n % 2]) for n in range(100)]
    return write_rows(folder / "c.csv", ("id", "at", "stage"), rows)


def drafted(*paths: Path) -> Source:
    out = paths[0].parent / "draft.yaml"
    out.write_text(inspect(paths, out).text, encoding="utf-8")
    return load_source(out)


def paths_of(source: Source) -> tuple[str | None, str | None]:
    """Return the file of the leads, and that of the accounts if there is one."""
    accounts = source.tables.accounts
    return source.tables.leads.path, accounts.path if accounts else None


def test_leads_whose_companies_are_all_different_are_leads(tmp_path: Path) -> None:
    leads = write_rows(tmp_path / "a.csv", LEADS_HEADER, LEADS)
    source = drafted(leads, calls(tmp_path), stages(tmp_path))
    assert paths_of(source) == ("a.csv", None)
    assert source.tables.leads.mapped == {"lead_id": "id", "created_at": "created", "account_id": "company"}


def test_two_lists_of_leads_are_not_leads_and_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names share no glob, so they are two files; neither has anything of a table of accounts."""
    one = write_rows(tmp_path / "a.csv", LEADS_HEADER, LEADS)
    other = write_rows(tmp_path / "q.csv", LEADS_HEADER, [(f"Y{n}", *rest) for n, rest in enumerate(OTHERS)])
    given = (one, other, stages(tmp_path))
    assert paths_of(drafted(*given))[1] is None
    monkeypatch.setattr(roles, "_is_of_firms", lambda _: True)  # planted: as if anything could be accounts
    assert paths_of(drafted(*given))[1] is not None


@pytest.mark.parametrize("created", [(), ("created",)])
def test_a_table_that_others_refer_to_is_the_accounts_though_it_has_an_instant(
    tmp_path: Path, created: tuple[str, ...]
) -> None:
    leads = write_rows(tmp_path / "a.csv", LEADS_HEADER, LEADS)
    rows = [(row[0], "x", *DAYS[:1] * len(created)) for row in FIRMS]
    firms = write_rows(tmp_path / "d.csv", ("company", "note", *created), rows)
    assert paths_of(drafted(leads, firms, stages(tmp_path))) == ("a.csv", "d.csv")


def test_firmographics_make_accounts_of_a_table_that_nobody_refers_to_and_people_do_not(tmp_path: Path) -> None:
    leads = write_rows(tmp_path / "a.csv", ("id", "created", "amount"), [(*row[:2], row[3]) for row in LEADS])
    firms = write_rows(tmp_path / "d.csv", FIRMS_HEADER, FIRMS)
    assert paths_of(drafted(leads, firms, stages(tmp_path))) == ("a.csv", "d.csv")
    people = [(*row, f"p{n}@firm{n}.example") for n, row in enumerate(FIRMS)]
    firms = write_rows(tmp_path / "d.csv", (*FIRMS_HEADER, "contact"), people)
    assert paths_of(drafted(leads, firms, stages(tmp_path))) == ("a.csv", None)


def test_pieces_of_an_export_are_one_table_by_a_glob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [write_rows(tmp_path / f"a_{n}.csv", LEADS_HEADER, LEADS[n * 50 :][:50]) for n in range(4)]
    given = (*pieces, calls(tmp_path), stages(tmp_path))
    found = inspect(given, tmp_path / "draft.yaml")
    assert paths_of(drafted(*given)) == ("a_*.csv", None)
    assert "leads: 200 rows read, 200 kept" in found.checked
    assert any(guess.says == "4 files are one table, 'a_*.csv'" for guess in found.guesses)
    assert any("100.0% of its 200 ids are in a_*.csv" in guess.because for guess in found.guesses)  # of all pieces
    monkeypatch.setattr(inspection, "joined", list)  # planted: each piece by itself
    assert paths_of(drafted(*given))[0] != "a_*.csv"


def test_files_that_are_alike_by_chance_stay_apart(tmp_path: Path) -> None:
    header, rows = ("id", "at", "subject"), [("X1", "2024-01-01", "hello")]
    other_words = [write_rows(tmp_path / name, header, rows) for name in ("calls.csv", "emails.csv")]
    other_headers = [
        write_rows(tmp_path / "t_1.csv", header, rows), write_rows(tmp_path / "t_2.csv", (*header, "more"), [])
    ]  # fmt: skip
    given = [inspection.how_written(path) for path in (*other_words, *other_headers)]
    assert joined(given) == given
    part = [write_rows(tmp_path / f"p_{n}.csv", header, rows) for n in range(3)]
    given = [inspection.how_written(path) for path in part[:2]]
    assert joined(given) == given  # the glob would also read p_2.csv, which was not given


def in_encodings(folder: Path, *encodings: str, accents: str = "01") -> list[Path]:
    """Write pieces of leads, those of these numbers with an accent in each row."""
    folder.mkdir(exist_ok=True)
    return [
        write_rows(
            folder / f"a_{n}.csv", LEADS_HEADER,
            [(row[0], row[1], "Peña" if str(n) in accents else "Pena", *row[3:]) for row in LEADS[n * 50 :][:50]],
            encoding=encoding,
        )
        for n, encoding in enumerate(encodings)
    ]  # fmt: skip


@pytest.mark.parametrize(("accents", "encoding"), [("1", "cp1252"), ("0", "cp1252"), ("", "utf-8")])
def test_a_piece_without_an_accent_is_read_as_the_others_are(tmp_path: Path, accents: str, encoding: str) -> None:
    """A month in which nobody has an accent looks like UTF-8, though the program writes cp1252."""
    pieces = in_encodings(tmp_path, "cp1252", "cp1252", accents=accents)
    given = (*pieces, calls(tmp_path), stages(tmp_path))
    source = drafted(*given)
    assert paths_of(source)[0] == "a_*.csv"
    assert source.tables.leads.read.encoding == encoding


@pytest.mark.parametrize("encodings", [("cp1252", "utf-8"), ("utf-16", "ascii")])
def test_pieces_in_two_encodings_stay_apart_and_the_draft_says_what_to_do(
    tmp_path: Path, encodings: tuple[str, str]
) -> None:
    pieces = in_encodings(tmp_path, *encodings, accents="0" if "ascii" in encodings else "01")
    whole = joined([inspection.how_written(path) for path in pieces])
    assert [each.path for each in whole] == pieces
    (guess,) = [guess for guess in whole[0].guesses if "would be one table" in guess.says]
    assert guess.is_open
    assert "save them in one encoding" in guess.because


def test_a_glob_takes_signs_of_a_name_as_they_are() -> None:
    assert pattern_of(["leads [1].csv", "leads [2].csv"]) == "leads [[]*].csv"


def test_the_ids_of_a_column_are_counted_once_however_many_keys_it_is_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [
        write_rows(tmp_path / f"{name}.csv", LEADS_HEADER, [(f"{name}{row[0]}", *row[1:]) for row in LEADS])
        for name in ("a", "b", "c", "d")
    ]
    asked: list[tuple[int, str]] = []
    count = joins._n_ids

    def counted(engine: Engine, n_ids: joins.Counts, look: Look, column: Column) -> int:
        if (look.number, column.cell) not in n_ids:
            asked.append((look.number, column.cell))
        return count(engine, n_ids, look, column)

    monkeypatch.setattr(joins, "_n_ids", counted)
    inspect(given, tmp_path / "draft.yaml")
    assert len(asked) == len(set(asked)) == 4 * 2  # ids and companies
