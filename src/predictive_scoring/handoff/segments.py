"""What tells people apart from their creation on: a category of theirs, or of the firm that they work for."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.origin import ORIGIN, CameBy, Origins, is_reserved
from predictive_scoring.contract.history import Attribute, History, HistoryFacts
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.voice import hand_off_texts
from predictive_scoring.snapshots.openness import rows_of_accounts
from predictive_scoring.storage import read_parquet

UNKNOWN: Final = "?"


def in_order(values: Iterable[str]) -> list[str]:
    """Return the different values by name, the unknown last.

    Examples
    --------
    >>> in_order(["web", UNKNOWN, "fair", "web"])
    ['fair', 'web', '?']
    """
    return sorted(set(values), key=lambda value: (value == UNKNOWN, value))


def segment_names(history: History) -> list[str]:
    """Return the categories of leads and of accounts that are known at creation, those of leads first.

    What is written later tells people apart by what became of them: of those whom sales rated hot, many have bought.
    """
    return list(_declared(history))


def segment_of(history: History, name: str, origins: Origins | None = None) -> "np.ndarray[Any, Any]":
    """Return each lead's value in the order of lead_no, `UNKNOWN` where it has none.

    Parameters
    ----------
    origins
        By which agreement and as of when `origin` tells people apart, unless an attribute is called so; None: it does
        not.

    Raises
    ------
    ConfigurationError
        If the name is no category of leads or accounts that is known at creation.
    """
    if name == ORIGIN and origins is not None and is_reserved(history):
        return origins.of(history)
    known = _declared(history)
    if name not in known:
        names = [*known, *([ORIGIN] if origins is not None and is_reserved(history) else [])]
        raise ConfigurationError(f"{name!r}: no category of leads or accounts known at creation", found=names)
    leads = read_parquet(history.path("leads")).sort_by("lead_no")
    values = leads[name] if known[name].table == "leads" else _of_accounts(history, leads, name)
    told = pc.fill_null(values.cast(pa.string()), UNKNOWN).to_numpy(zero_copy_only=False)
    return np.asarray(told, dtype=object)


def spoken(facts: HistoryFacts) -> Words:
    """Return the source's words, with those of `origin` where no attribute is called so."""
    if any(attribute.name == ORIGIN for attribute in facts.attributes):
        return facts.words
    texts = hand_off_texts()

    def word(key: str) -> Word:
        return Word(en=texts.say("en", key), es=texts.say("es", key))

    return facts.words.model_copy(
        update={
            "attributes": {**facts.words.attributes, ORIGIN: word("origin.name")},
            "values": {**facts.words.values, ORIGIN: {str(way): word(f"origin.{way}") for way in CameBy}},
        }
    )


def _of_accounts(history: History, leads: pa.Table, name: str) -> pa.ChunkedArray:
    accounts = read_parquet(history.path("accounts"), ["account_no", name])
    return accounts[name].take(rows_of_accounts(accounts, leads["account_no"].to_numpy()))


def _declared(history: History) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for table in ("leads", "accounts"):
        for item in history.facts.attributes:
            if item.table == table and item.type == "category" and item.known == "at_creation":
                found.setdefault(item.name, item)
    return found
