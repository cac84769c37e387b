"""What the outcome's column of a flat table says: a value that nobody declared is neither yes nor no."""

from typing import Any

import numpy as np

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.rules import NO
from predictive_scoring.contract.source_columns import FlatOutcome
from predictive_scoring.contract.source_file import Source
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import DataContractError, counted
from predictive_scoring.sources.columns import left_out_sql
from predictive_scoring.sources.staging import Staged
from predictive_scoring.sources.text_check import line_numbers
from predictive_scoring.sources.typing_sql import category

MANY_VALUES = 20  # an outcome has a handful; texts of such a column are not shown, for they may be a person's
N_SHOWN = 5
MAX_SHOWN_CHARACTERS = 30


def refuse_unknown_outcomes(engine: Engine, source: Source, staged: Staged) -> None:
    """Check that each value of a flat table's outcome is known to mean yes or no; blank cells say nothing.

    Raises
    ------
    DataContractError
        If a value is not listed where `not_converted` is; if several values are neither yes nor a word for no where
        it is not; if one is a listed value in another spelling.
    """
    table = source.tables.leads
    if table.outcome is None:
        return
    outcome, cell = table.outcome, staged.cell(table.outcome.column)
    rows = engine.sql(
        "select value, count(*) as n, min((_file_no, _record)) as place from "
        f"(select *, {category(cell)} as value, {left_out_sql(source, table, staged)} as _left_out from {staged.rows}) "
        "where value is not null and _left_out is null group by value order by n desc, value"
    ).to_pylist()
    others = [row for row in rows if row["value"] not in _listed(outcome)]
    yes = {clean_text(value).lower() for value in outcome.converted}
    misspelt = [row["value"] for row in others if row["value"].lower() in yes]
    is_told = outcome.not_converted is None and (len(others) <= 1 or all(row["value"].lower() in NO for row in others))
    if misspelt or (others and not is_told):
        raise DataContractError(
            f"{_place(staged, others)}: column {outcome.column!r} has {counted(len(others), 'value')} of which the "
            "source file does not say whether the lead converted",
            found=_shown(others),
            expected=f"converted: {list(outcome.converted)}"
            + (f", not_converted: {list(outcome.not_converted)}" if outcome.not_converted else ", and one other value"),
            fix=_fix(outcome, misspelt),
        )


def _listed(outcome: FlatOutcome) -> set[str]:
    return {clean_text(value) for value in (*outcome.converted, *(outcome.not_converted or ()), *outcome.undecided)}


def _place(staged: Staged, others: list[dict[str, Any]]) -> str:
    """Return the file and line of the first row with one of the values."""
    file_no, record = min(tuple(row["place"].values()) for row in others)
    rows = staged.files[file_no - staged.first_file_no]
    line = line_numbers(rows.file, np.array([record]))[0] if rows.has_breaks_in_fields else record
    return f"{rows.file.name}:{line}"


def _shown(others: list[dict[str, Any]]) -> str:
    if len(others) > MANY_VALUES:
        return f"{len(others):,} different values: it is hardly the outcome"
    shown = [f"{row['value'][:MAX_SHOWN_CHARACTERS]!r} ({row['n']:,})" for row in others[:N_SHOWN]]
    return ", ".join(shown) + (", …" if len(others) > N_SHOWN else "")


def _fix(outcome: FlatOutcome, misspelt: list[str]) -> str:
    if misspelt:
        return f"list every spelling under outcome.converted: {[*outcome.converted, *misspelt[:N_SHOWN]]}"
    return (
        "under tables.leads.outcome list those that mean no as `not_converted: […]`, those that are not decided yet as "
        "`undecided: […]`, and any further that mean yes under `converted`"
    )
