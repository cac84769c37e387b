"""Attributes that know the outcome: what each says by itself, weighed by when it seems to have been written.

How well a column separates the outcome is a poor judge alone. A column written for every lead alike is refused when
it says more than anything honest known at a creation does; one that is filled unevenly, or is named after the latest
state of things, shows a hand that came back later, and less is enough.
"""

import re
from collections.abc import Iterator
from typing import Final

import pyarrow.compute as pc

from predictive_scoring.audit.certainty import FILLED, certainty
from predictive_scoring.audit.finding import Finding, Severity
from predictive_scoring.audit.known_leads import KnownLeads
from predictive_scoring.audit.levels import Column, coded
from predictive_scoring.audit.separation import Separation, fill_ratio_low, separation
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.snapshots.instants import DAY, NEVER, micros_of

MAX_AUC: Final = 0.80  # what is known at a creation stays below this: docs/decisions/0007-leakage-findings.md
MAX_AUC_UNEVEN: Final = 0.70
MAX_AUC_OVERWRITTEN: Final = 0.65
WARN_AUC: Final = 0.60
UNEVEN: Final = 3.0  # odds of being filled, converting leads to others
MIN_LEADS: Final = 30
AT_OUTCOME_DAYS: Final = 1
COINCIDES: Final = 0.9
OVERWRITTEN: Final = re.compile(
    r"\b(last|latest|modified|updated|status|stage|closed?|won|lost|converted|conversion|opportunity|"
    r"último|última|ultimo|ultima|modificad[oa]|estado|etapa|fase|cerrad[oa]|cierre|ganad[oa]|perdid[oa])\b"
)


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


def _judged(column: Column, known: KnownLeads) -> Iterator[Finding]:
    found = separation(column.levels, known.converted, known.block, known.account)
    uneven = fill_ratio_low(column.filled, known.converted, known.block) >= UNEVEN
    overwritten = is_written_over(column.attribute.spoken)
    certain = certainty(column, known.converted, known.account)
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
