"""What is known of leads and their accounts at an instant."""

import re
from collections.abc import Collection
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.history import INSTANT, Attribute, History
from predictive_scoring.storage import read_parquet

_ADDRESS_LIKE = re.compile(r"\S@\S|^[+(]?\d[\d\s().\-/]{6,}$")


def known_attributes(history: History) -> list[Attribute]:
    """Return the attributes of which it is stated when they became known."""
    return [item for item in history.facts.attributes if item.may_be_a_feature]


def values_at(history: History, leads: pa.Table, attributes: Collection[Attribute], as_of: datetime) -> pa.Table:
    """Return the values of some attributes as they were known before an instant, null where nothing was.

    Parameters
    ----------
    leads
        The columns lead_no and account_no, any rows in any order.

    Returns
    -------
    pyarrow.Table
        A row a row of `leads`, a column an attribute, by its name.
    """
    columns: dict[str, pa.ChunkedArray] = {}
    for table, key in (("leads", "lead_no"), ("accounts", "account_no")):
        wanted = [item for item in attributes if item.table == table]
        if wanted:
            instants = [f"{item.name}__known_at" for item in wanted if item.known == "at_instant"]
            rows = read_parquet(history.path("leads" if table == "leads" else "accounts"),
                                [key, *(item.name for item in wanted), *instants])  # fmt: skip
            place = pc.index_in(leads[key], rows[key].combine_chunks())
            found = rows.take(place)
            columns |= {item.name: _known(found, item, as_of) for item in wanted}
    return pa.table({item.name: columns[item.name] for item in attributes})


def _known(rows: pa.Table, attribute: Attribute, as_of: datetime) -> pa.ChunkedArray:
    values = rows[attribute.name]
    if attribute.known != "at_instant":
        return values
    before = pc.less(rows[f"{attribute.name}__known_at"], pa.scalar(as_of, INSTANT))
    return pc.if_else(pc.fill_null(before, np.False_), values, pa.scalar(None, values.type))


def looks_like_an_address(value: object) -> bool:
    """Return whether a value may be an e-mail address or a telephone number.

    Examples
    --------
    >>> [looks_like_an_address(value) for value in ("ana@example.com", "+34 600 000 000", "software", 250.0)]
    [True, True, False, False]
    """
    return isinstance(value, str) and _ADDRESS_LIKE.search(value) is not None
