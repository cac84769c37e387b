"""How each person first came: of their own accord, or because we approached them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement, Approached, Version
from predictive_scoring.agreement.in_sql import is_own_action, one_of, periods
from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import literal, open_engine, path_literal, quoted
from predictive_scoring.storage import read_parquet

ORIGIN: Final = "origin"  # what tells people apart by it; an attribute of the history with this name goes before


class CameBy(StrEnum):
    """The first thing that is known between a person and us."""

    INBOUND = "inbound"  # an act of their own
    OUTBOUND = "outbound"  # something that we sent or said to them
    UNKNOWN = "unknown"  # neither is known


@dataclass(frozen=True)
class Origins:
    """By whose words and as of when it is told who came and who was approached."""

    agreement: Agreement
    as_of: datetime

    def of(self, history: History) -> NDArray[np.object_]:
        """Return how each person came, one of `CameBy`, in the order of lead_no.

        Whom the version in force at a lead's creation calls approached, by its record, was. Of the others the earliest
        activity decides, among those known before the instant, that is either an own action by the
        version in force when it became known, or ours: sent outwards, or one of the agreed contacts. An own action goes
        before what is ours at the same instant, which is taken for an answer to it.
        """
        told = " union all ".join(self._touches(history))
        with open_engine() as engine:
            first = engine.sql(
                "select lead_no, min_by(is_ours, (occurred_at, is_ours)) as is_ours "
                f"from ({told}) group by lead_no order by lead_no"
            )
        came = np.full(read_parquet(history.path("leads"), ["lead_no"]).num_rows, str(CameBy.UNKNOWN), dtype=object)
        ours = first["is_ours"].to_numpy(zero_copy_only=False).astype(bool)
        came[first["lead_no"].to_numpy()] = np.where(ours, str(CameBy.OUTBOUND), str(CameBy.INBOUND))
        return came

    def _touches(self, history: History) -> Iterator[str]:
        """Yield a query a version: who was touched when, and by which side."""
        for version, during in periods(self.agreement):
            own, ours = is_own_action(version), _ours(version)
            yield (
                f"select lead_no, occurred_at, not ({own}) as is_ours "
                f"from read_parquet({path_literal(history.path('activities'))}) "
                f"where lead_no is not null and known_at < timestamptz {literal(self.as_of.isoformat())} "
                f"and {during} and (({own}) or ({ours}))"
            )
            if version.origin is not None:
                yield _approached(self.as_of, history, version.origin.outbound, during)


def _ours(version: Version) -> str:
    contacts = f"kind in ({one_of(version.hand_off.contact_kinds)}) and direction is null"
    return f"direction is not distinct from 'outbound' or ({contacts})"


def _approached(as_of: datetime, history: History, rule: Approached, during: str) -> str:
    """Return a query of those whose own record says it: as something of ours before everything that happened."""
    leads = path_literal(history.path("leads"))
    return (
        f"select lead_no, timestamptz '-infinity' as occurred_at, true as is_ours from (select lead_no, created_at "
        f"as known_at, cast({quoted(rule.attribute)} as varchar) as value from read_parquet({leads})) "
        f"where known_at < timestamptz {literal(as_of.isoformat())} and {during} "
        f"and value in ({one_of(tuple(map(clean_text, rule.any_of)))})"
    )


def is_reserved(history: History) -> bool:
    """Return whether `ORIGIN` means this here: unless the history has an attribute of that name."""
    return all(attribute.name != ORIGIN for attribute in history.facts.attributes)
