"""Every move from state to state as a table that others can read: whose, when, by what, and by which definition."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.held import as_told
from predictive_scoring.agreement.states import Mark, State
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.storage import read_parquet

CREATED = "created"  # why a life begins
TRANSITIONS = pa.schema(
    [
        ("lead_id", pa.string()),
        ("state", pa.string()),  # a State, in small letters
        ("since", INSTANT),
        ("why", pa.string()),  # the Mark that led to it, in small letters; or `CREATED`
        ("version", pa.string()),  # valid_from of the agreement's version that says so; null: the creation
    ]
)


def transitions(
    history: History, agreement: Agreement, lives: pa.Table, hidden: NDArray[np.bool_], as_of: datetime
) -> pa.Table:
    """Return every state that each person entered before an instant, in the order of lead_no and since.

    Parameters
    ----------
    lives
        What `agreement.life.lives` returned.
    hidden
        By lead_no, who must not be shown (`situation.hidden_people`); they are not in it.

    Returns
    -------
    pyarrow.Table
        The columns of `TRANSITIONS`. Whoever is known to be no lead has only their creation.
    """
    told = as_told(lives, as_of)
    told = told.filter(pa.array(~hidden[told["lead_no"].to_numpy()]))
    leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"]).sort_by("lead_no")
    states = pa.array([state.name.lower() for state in State])
    marks = pa.array([mark.name.lower() for mark in Mark])
    days = pa.array([version.valid_from for version in agreement.versions])
    columns = [
        leads["lead_id"].take(told["lead_no"]),
        states.take(told["state"].combine_chunks()),
        told["since"],
        pc.fill_null(marks.take(told["mark"].combine_chunks()), CREATED),
        days.take(told["version"].combine_chunks()),
    ]
    return pa.table(columns, schema=TRANSITIONS)
