"""The outcome of a flat table: what means yes and what means no is declared, or there is one other value."""

from pathlib import Path

import pytest
from source_builder import column, write_source

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.sources.draft.inspection import inspect
from predictive_scoring.sources.extract import extract

HEADER = "id,Sector,Status\n"


def flat(folder: Path, statuses: list[str], /, only: dict | None = None, **outcome: object) -> History:
    """Extract one lead for each status."""
    rows = "".join(f"L{n},IT,{status}\n" for n, status in enumerate(statuses, start=1))
    table = {
        "path": "leads.csv", "columns": {"lead_id": "id"}, "order": "none", "only": only or {},
        "outcome": {"column": "Status", "converted": ["Won"], **outcome},
        "attributes": {"Sector": {"type": "category", "known": "at_creation"}},
    }  # fmt: skip
    path = write_source(folder, {"leads": table}, {"leads.csv": HEADER + rows})
    return extract(path, folder / "history", Extract())


def test_E04_a_third_value_of_the_outcome_is_refused_with_place_count_and_fix(tmp_path: Path) -> None:
    with pytest.raises(DataContractError) as raised:
        flat(tmp_path, ["Won", "Lost", "Lost", "Working"])
    assert raised.value.exit_code == 3
    message = str(raised.value)
    assert "leads.csv:3: column 'Status' has 2 values" in message
    assert "found:    'Lost' (2), 'Working' (1)" in message
    assert "expected: converted: ['Won'], and one other value" in message
    assert "not_converted" in message
    assert "undecided" in message
    assert not (tmp_path / "history").exists()


def test_E04_declared_values_mean_yes_no_and_not_known(tmp_path: Path) -> None:
    statuses = ["Won", "Lost", "No budget", "Working", ""]
    history = flat(tmp_path, statuses, not_converted=["Lost", "No  budget "], undecided=["Working"])
    assert column(history, "leads", "converted") == [True, False, False, None, None]


def test_E04_a_value_that_is_not_listed_beside_those_that_mean_no_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataContractError, match=r"leads.csv:4: .*1 value of which"):
        flat(tmp_path, ["Won", "Lost", "Duplicate"], not_converted=["Lost"])


@pytest.mark.parametrize("statuses", [["Won", "won"], ["Won", "WON", "Lost"]])
def test_E04_another_spelling_of_yes_is_never_taken_for_no(tmp_path: Path, statuses: list[str]) -> None:
    with pytest.raises(DataContractError, match=f"list every spelling .*'Won', '{statuses[1]}'"):
        flat(tmp_path, statuses)


@pytest.mark.parametrize(("yes", "others"), [("1", ["0"]), ("1", ["-1"]), ("2", ["0"]), ("Yes", ["No", "no", "NO"])])
def test_E04_one_other_value_and_words_for_no_need_no_list(tmp_path: Path, yes: str, others: list[str]) -> None:
    history = flat(tmp_path, [yes, *others], converted=[yes])
    assert column(history, "leads", "converted") == [True] + [False] * len(others)


def test_E04_values_of_rows_that_are_left_out_and_blank_cells_do_not_count(tmp_path: Path) -> None:
    history = flat(tmp_path, ["Won", "Lost", "Working", ""], only={"Status": ["Won", "Lost"]})
    assert column(history, "leads", "converted") == [True, False]


def test_E04_texts_of_a_column_that_is_no_outcome_are_not_shown(tmp_path: Path) -> None:
    names = [f"Person {n}" for n in range(30)]
    with pytest.raises(DataContractError, match="30 different values: it is hardly the outcome") as raised:
        flat(tmp_path, ["Won", *names])
    assert "Person" not in str(raised.value)


def test_E04_a_value_that_is_said_to_mean_two_things_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="listed more than once: \\['Lost'\\]"):
        flat(tmp_path, ["Won"], not_converted=["Lost"], undecided=[" Lost"])


def test_E04_a_draft_says_of_every_status_what_it_means_and_passes(tmp_path: Path) -> None:
    statuses = ["Won"] * 30 + ["Lost"] * 60 + ["Working"] * 10
    rows = "".join(f"L{n},{'IT' if n % 2 else 'Law'},{status}\n" for n, status in enumerate(statuses))
    (tmp_path / "leads.csv").write_text(HEADER + rows)
    draft = inspect([tmp_path / "leads.csv"], tmp_path / "source.yaml")
    (tmp_path / "source.yaml").write_text(draft.text)
    outcome = load_source(tmp_path / "source.yaml").tables.leads.outcome
    assert outcome is not None
    assert (outcome.converted, outcome.not_converted, outcome.undecided) == (("Won",), ("Lost",), ("Working",))
    history = extract(tmp_path / "source.yaml", tmp_path / "history", Extract())
    assert [column(history, "leads", "converted").count(each) for each in (True, False, None)] == [30, 60, 10]
