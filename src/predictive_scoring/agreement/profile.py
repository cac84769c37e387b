"""The declared profile against what is known of each lead: yes, no or unknown, criterion by criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Criterion
from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.snapshots.exclusions import known_from
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of
from predictive_scoring.snapshots.openness import rows_of_accounts
from predictive_scoring.storage import read_parquet

YES: Final = 1
NO: Final = 0
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Match:
    """One row a look, one column a criterion.

    Attributes
    ----------
    criteria
        In the order of the profile.
    values
        An array a criterion, in the attribute's own type; null where nothing was known at the look.
    verdicts : (n_looks, n_criteria) array
        `YES`, `NO` or `UNKNOWN`.
    """

    criteria: tuple[Criterion, ...]
    values: tuple[pa.Array, ...]
    verdicts: NDArray[np.int8]


def match_profile(
    history: History, criteria: tuple[Criterion, ...], lead_no: NDArray[np.int64], as_of: Micros | int
) -> Match:
    """Return how each lead fits each criterion, by what was known before its instant.

    Parameters
    ----------
    lead_no
        Shape (n,), whom to look at; a lead may come more than once.
    as_of
        In microseconds: one instant for all, or shape (n,), each its own.

    Raises
    ------
    ConfigurationError
        If the history does not have an attribute, or nobody knows when it was written.
    """
    wanted = [(criterion.table, criterion.attribute) for criterion in criteria]
    values = known_values(history, wanted, lead_no, as_of)
    columns = [verdicts_of(criterion, value) for criterion, value in zip(criteria, values, strict=True)]
    return Match(criteria, tuple(values), np.column_stack(columns) if columns else np.zeros((len(lead_no), 0), np.int8))


def known_values(
    history: History,
    wanted: Sequence[tuple[Literal["leads", "accounts"], str]],
    lead_no: NDArray[np.int64],
    as_of: Micros | int,
    *,
    as_exported: bool = False,
) -> list[pa.Array]:
    """Return the values of some attributes of leads or of their accounts, null where nothing was known at the look.

    Parameters
    ----------
    wanted
        Table and name.
    lead_no, as_of
        As of `match_profile`.
    as_exported
        Take what nobody knows when it was written as the export has it, at every look: for what decides who calls a
        lead, never for what it is like.

    Raises
    ------
    ConfigurationError
        If the history does not have an attribute, or nobody knows when it was written.
    """
    leads = read_parquet(history.path("leads"))
    account_no = leads["account_no"].to_numpy()
    accounts = read_parquet(history.path("accounts"))
    of_lead = accounts.take(rows_of_accounts(accounts, account_no))
    created = micros_of(leads["created_at"])
    rows, instants = pa.array(lead_no), np.broadcast_to(np.asarray(as_of, np.int64), lead_no.shape)
    known = {(item.table, item.name): item.known for item in history.facts.attributes
             if item.may_be_a_feature or as_exported}  # fmt: skip
    values = []
    for place, name in wanted:
        table = leads if place == "leads" else of_lead
        if (place, name) not in known:
            raise ConfigurationError(
                f"agreement: it asks for {name!r} of {place}, of which nothing is known at an instant",
                fix="run `predictive-scoring agreement check`",
            )
        always = known[place, name] == "at_export"
        since = -NEVER if always else known_from(table, name, known[place, name], created)[lead_no]
        held = table[name].combine_chunks().take(rows)
        values.append(pc.if_else(pa.array(np.asarray(since < instants)), held, pa.scalar(None, held.type)))
    return values


def verdicts_of(criterion: Criterion, values: pa.Array) -> NDArray[np.int8]:
    """Return whether each value fits a criterion; null is unknown.

    Examples
    --------
    >>> verdicts_of(Criterion(attribute="employees", at_least=50), pa.array([10.0, 50.0, None])).tolist()
    [0, 1, -1]
    >>> verdicts_of(Criterion(attribute="industry", any_of=("retail",)), pa.array(["retail", "IT"])).tolist()
    [1, 0]
    >>> uses = Criterion(attribute="technologies", any_of=("Spark",), separator=";")
    >>> verdicts_of(uses, pa.array(["Kafka; Spark", "Sparkle", None])).tolist()
    [1, 0, -1]
    """
    if criterion.any_of:
        fits = _fitting(criterion, values.cast(pa.string()))
    else:
        fits = pa.array(np.ones(len(values), dtype=bool))
        if criterion.at_least is not None:
            fits = pc.and_(fits, pc.greater_equal(values, criterion.at_least))
        if criterion.at_most is not None:
            fits = pc.and_(fits, pc.less_equal(values, criterion.at_most))
    said = pc.if_else(pc.is_valid(values), fits.cast(pa.int8()), pa.scalar(UNKNOWN, pa.int8()))
    return np.asarray(said.to_numpy(zero_copy_only=False), dtype=np.int8)


def _fitting(criterion: Criterion, values: pa.Array) -> pa.Array:
    """Return whether each category, or one of those that a cell holds, is among those that fit."""
    wanted = {clean_text(value) for value in criterion.any_of}
    coded = values.dictionary_encode()  # a cell is taken apart once, not once a row
    fits = [not wanted.isdisjoint(criterion.values_in(cell)) for cell in coded.dictionary.to_pylist()]
    return pa.array(fits, pa.bool_()).take(coded.indices)
