"""The rules that keep a lead out, each with the instant from which it is known to hold."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of

MERGED: Final = "merged"
CUSTOMER: Final = "existing_customer"
MATCHED: Final = ("category", "text", "boolean")


def known_from(table: pa.Table, name: str, known: str, created: Micros) -> Micros:
    """Return from when on each row's attribute is known: `NEVER` where it has no value."""
    has_value = pc.is_valid(table[name]).to_numpy()
    since = micros_of(table[f"{name}__known_at"]) if known == "at_instant" else created
    return np.where(has_value, since, NEVER)


def exclusions(
    history: History, leads: pa.Table, of_lead: pa.Table, created: Micros, rules: Exclude
) -> Iterator[tuple[str, Micros]]:
    """Yield each rule that looks at leads and accounts, by name, and from when on it excludes each lead.

    Parameters
    ----------
    leads, of_lead
        The leads, and in the same order the account of each.
    created
        When each lead was created, in microseconds.

    Raises
    ------
    ConfigurationError
        If a rule names a group or attribute that the history does not have, or an attribute of which nobody knows
        when it was written: what was filled in after the sale would pick leads by their outcome.
    """
    if "merged_at" in leads.column_names:
        yield MERGED, micros_of(leads["merged_at"])
    _refuse_unknown_groups(history, rules)
    for name in rules.email_groups:
        yield f"email_group:{name}", _where(leads["email_group"], (name,), created)
    for kind in rules.email_kinds:
        yield f"email_kind:{kind}", _where(leads["email_kind"], (kind,), created)
    yield from _by_attribute(history, "leads", leads, created, rules.leads)
    yield from _by_attribute(history, "accounts", of_lead, created, rules.accounts)


def customers_from(converted: Micros, account_no: NDArray[np.int64]) -> Micros:
    """Return from when on each lead's account is known to be a customer: the first of its leads that converted.

    Examples
    --------
    >>> customers_from(np.array([7, NEVER, NEVER]), np.array([0, 0, 1])).tolist() == [7, 7, NEVER]
    True
    """
    first = np.full(int(account_no.max(initial=-1)) + 1, NEVER, np.int64)
    np.minimum.at(first, account_no, converted)
    return first[account_no]


def _by_attribute(
    history: History,
    table: Literal["leads", "accounts"],
    rows: pa.Table,
    created: Micros,
    rules: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[str, Micros]]:
    declared = {item.name: item for item in history.facts.attributes if item.table == table}
    for name, values in rules.items():
        attribute = _usable(declared, name, f"snapshots.exclude.{table}")
        since = known_from(rows, name, attribute.known, created)
        yield f"{table}.{name}", _where(rows[name].cast(pa.string()), tuple(map(clean_text, values)), since)


def _where(column: pa.ChunkedArray, values: tuple[str, ...], since: Micros) -> Micros:
    """Return `since` where the column holds one of the values, `NEVER` elsewhere."""
    return np.where(pc.is_in(column, pa.array(values, pa.string())).to_numpy(), since, NEVER)


def _usable(declared: Mapping[str, Attribute], name: str, key: str) -> Attribute:
    usable = [item.name for item in declared.values() if item.may_be_a_feature and item.type in MATCHED]
    if name not in usable:
        why = (
            "is declared `known: at_export`" if name in declared and not declared[name].may_be_a_feature else "is none"
        )
        raise ConfigurationError(
            f"params.yaml: {key} names {name!r}, which {why}",
            found=f"categories, texts and booleans of which it is known when they were written: {sorted(usable)}",
            fix="name one of these, or leave such rows out by `only` in the source file",
        )
    return declared[name]


def _refuse_unknown_groups(history: History, rules: Exclude) -> None:
    unknown = sorted(set(rules.email_groups) - set(history.facts.email_groups))
    if unknown:
        raise ConfigurationError(
            f"params.yaml: snapshots.exclude.email_groups names {unknown}",
            found=f"email_groups of source '{history.facts.name}': {sorted(history.facts.email_groups)}",
            fix=f"add to the source file: email_groups: {{{unknown[0]}: [example.com]}}",
        )
