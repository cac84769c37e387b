"""Attributes that know the outcome: what each says by itself, weighed by when it seems to have been written.

How well a column separates the outcome is a poor judge alone. A column written for every lead alike is refused when
it says more than anything honest known at a creation does; one that is filled unevenly, or is named after the latest
state of things, shows a hand that came back later, and less is enough.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.audit.finding import Finding, Severity
from predictive_scoring.audit.known_leads import KnownLeads
from predictive_scoring.audit.separation import (
    Flags,
    Ints,
    Separation,
    fill_ratio_low,
    odds,
    separation,
    wilson,
)
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, micros_of

MAX_AUC: Final = 0.80  # what is known at a creation stays below this: docs/decisions/0007-leakage-findings.md
MAX_AUC_UNEVEN: Final = 0.70
MAX_AUC_OVERWRITTEN: Final = 0.65
WARN_AUC: Final = 0.60
UNEVEN: Final = 3.0  # odds of being filled, converting leads to others
CERTAIN: Final = 100.0  # odds of converting, leads with a value to all leads
CERTAIN_FILLED: Final = 20.0  # the same for leads where the column is filled: few honest fields are filled by winning
MIN_LEADS: Final = 30
N_BINS: Final = 20
AT_OUTCOME_DAYS: Final = 1
COINCIDES: Final = 0.9
FILLED: Final = "where it is filled"
OVERWRITTEN: Final = re.compile(
    r"\b(last|latest|modified|updated|status|stage|closed?|won|lost|converted|conversion|opportunity|"
    r"último|última|ultimo|ultima|modificad[oa]|estado|etapa|fase|cerrad[oa]|cierre|ganad[oa]|perdid[oa])\b"
)


@dataclass(frozen=True)
class Column:
    """One attribute over the known leads: `levels` are codes, 0 where the cell is blank."""

    attribute: Attribute
    levels: Ints

    @property
    def filled(self) -> Flags:
        """Whether each cell is."""
        return np.asarray(self.levels > 0)


def column_findings(history: History, known: KnownLeads) -> Iterator[Finding]:
    """Yield what each attribute that may become a feature knows of the outcome."""
    if known.n_converted < MIN_LEADS or len(known) - known.n_converted < MIN_LEADS:
        return
    for attribute in history.facts.attributes:
        if attribute.may_be_a_feature:
            values = (known.leads if attribute.table == "leads" else known.accounts)[attribute.name]
            if attribute.known == "at_instant":
                yield from _known_with_outcome(attribute, known)
            else:
                yield from _judged(coded(attribute, values, known.created), known)


def coded(attribute: Attribute, values: pa.ChunkedArray, created: Micros) -> Column:
    """Return an attribute's values as levels.

    Categories and booleans have a level a value; of a text it only counts whether it is there. Numbers have one for
    the commonest value, if a tenth of the leads share it, and up to twenty bins of like size for the others; dates are
    taken as days before the lead's creation.
    """
    if attribute.type == "text":
        return Column(attribute, pc.is_valid(values).to_numpy().astype(np.int64))
    if attribute.type in ("category", "boolean"):
        coded_values = values.cast(pa.string()).combine_chunks().dictionary_encode()
        levels = pc.fill_null(coded_values.indices.cast(pa.int64()), -1).to_numpy() + 1
        return Column(attribute, levels)
    if attribute.type == "date":
        at = micros_of(values)
        number = np.where((at < NEVER) & (created < NEVER), (created - at) / DAY, np.nan)
        number = np.where((at < NEVER) & (created >= NEVER), at / DAY, number)
    else:
        number = values.to_numpy()
    return Column(attribute, binned(np.asarray(number, float)))


def binned(number: NDArray[np.float64]) -> Ints:
    """Return numbers as codes: 0 missing, 1 the commonest value if a tenth share it, then up to twenty like bins."""
    filled = np.isfinite(number)
    levels = np.zeros(len(number), np.int64)
    values, counts = np.unique(number[filled], return_counts=True)
    if len(values) == 0:
        return levels
    common = values[counts.argmax()] if counts.max() * 10 >= len(number) else np.nan
    rest = filled & (number != common)
    edges = np.unique(np.quantile(number[rest], np.arange(1, N_BINS) / N_BINS)) if rest.any() else np.zeros(0)
    levels[rest] = np.searchsorted(edges, number[rest], side="left") + 2
    levels[filled & ~rest] = 1
    return levels


def _judged(column: Column, known: KnownLeads) -> Iterator[Finding]:
    found = separation(column.levels, known.converted, known.block, np.arange(len(known)))
    uneven = fill_ratio_low(column.filled, known.converted, known.block) >= UNEVEN
    overwritten = is_written_over(column.attribute.spoken)
    certain = certainty(column, known.converted)
    verdicts: list[tuple[str, bool, Severity]] = [
        ("leak.filled_with_outcome", certain is not None and certain.which == FILLED, "refuse"),
        ("leak.filled_with_outcome", uneven and found.low >= MAX_AUC_UNEVEN, "refuse"),
        ("leak.value_with_outcome", certain is not None, "refuse"),
        ("leak.single_column", found.low >= MAX_AUC, "refuse"),
        ("leak.overwritten", overwritten and found.low >= MAX_AUC_OVERWRITTEN, "refuse"),
        ("leak.filled_unevenly", uneven and found.low >= WARN_AUC, "warn"),
    ]
    for identity, holds, severity in verdicts:
        if holds:
            evidence = [*_separates(column, known, found), *([certain.sentence] if certain else [])]
            evidence += ["its name is that of a field that is written over as things go on"] if overwritten else []
            yield Finding(
                id=identity, severity=severity, n=len(known), table=column.attribute.table,
                column=column.attribute.spoken, what="; ".join(evidence), fix=how_to_fix(column.attribute.spoken),
            )  # fmt: skip
            return


def is_written_over(header: str) -> bool:
    """Return whether a column is named after the latest state of things.

    Examples
    --------
    >>> is_written_over("Last_Notable_Activity"), is_written_over("LeadStatus"), is_written_over("Blast radius")
    (True, True, False)
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).replace("_", " ").lower()
    return OVERWRITTEN.search(words) is not None


def how_to_fix(column: str) -> str:
    """Return what to write where for a column that is suspected."""
    return (
        f"{column}: {{known: at_export}} if it may have been written after the lead was created; "
        f"if you know it to be honest, audit: {{accept: [{column}]}} in params.yaml"
    )


@dataclass(frozen=True)
class Certainty:
    """Leads that a column marks and that all but settle the outcome."""

    which: str
    n: int
    rate: float
    average: float

    @property
    def sentence(self) -> str:
        """What there is to say of them."""
        return f"of {self.n:,} leads {self.which}, {self.rate:.1%} convert (of all, {self.average:.1%})"


def certainty(column: Column, converted: Flags) -> Certainty | None:
    """Return the leads that a column marks by a cell that is filled, an unusual value or one value, or None.

    Their odds of converting, at the careful end of what so few leads allow, are a hundred times those of all leads,
    or a hundredth; twenty times are enough where it is the filled cell that tells.
    """
    n_levels = int(column.levels.max(initial=0)) + 1
    n = np.bincount(column.levels, minlength=n_levels).astype(float)
    n_won = np.bincount(column.levels, weights=converted, minlength=n_levels)
    usual = int(n.argmax())
    total = np.concatenate([[n.sum() - n[0], n.sum() - n[usual]], n[1:]])
    won = np.concatenate([[n_won.sum() - n_won[0], n_won.sum() - n_won[usual]], n_won[1:]])
    low, high = wilson(won, np.maximum(total, 1))
    average = float(odds(converted.mean()))
    times = np.full(len(total), CERTAIN)
    times[0] = CERTAIN_FILLED
    settles = (total >= MIN_LEADS) & ((odds(low) >= times * average) | (odds(high) * times <= average))
    settles[0] &= n[0] >= MIN_LEADS  # filled for all but a few is no mark
    if not settles.any():
        return None
    place = int(settles.argmax())
    which = (FILLED, "with another value of it than the commonest")[place] if place < 2 else "with one value of it"
    return Certainty(which, int(total[place]), float(won[place] / total[place]), float(converted.mean()))


def _separates(column: Column, known: KnownLeads, found: Separation) -> list[str]:
    won, other = float(column.filled[known.converted].mean()), float(column.filled[~known.converted].mean())
    said = f"column {column.attribute.spoken!r} by itself puts {found.auc:.0%} of pairs of leads in the right order"
    filled = f"it is filled for {won:.0%} of the leads that convert and {other:.0%} of the others"
    return [said, filled] if abs(won - other) > 0.05 else [said]


def _known_with_outcome(attribute: Attribute, known: KnownLeads) -> Iterator[Finding]:
    """Find a value whose own instant is that of the outcome: it was written because of it."""
    table = known.leads if attribute.table == "leads" else known.accounts
    since = micros_of(table[f"{attribute.name}__known_at"])
    filled = pc.is_valid(table[attribute.name]).to_numpy() & (since < NEVER)
    won = filled & known.converted
    if won.sum() < MIN_LEADS:
        return
    at_outcome = since[won] >= known.reached[won] - AT_OUTCOME_DAYS * DAY
    share = float(at_outcome.mean())
    if share >= COINCIDES and won.sum() / filled.sum() > known.converted.mean():
        yield Finding(
            id="leak.known_with_outcome", severity="refuse", n=int(won.sum()), table=attribute.table,
            column=attribute.spoken,
            what=f"column {attribute.spoken!r}: for {share:.0%} of {won.sum():,} converting leads that have it, it "
            "became known within a day of the outcome or after it",
            fix=how_to_fix(attribute.spoken),
        )  # fmt: skip
