"""What an agreement says, as conditions on rows of activities and outcomes: whose act it was, and by which version."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from predictive_scoring.agreement.definition import Agreement, Version
from predictive_scoring.engine.duck import literal


def one_of(names: Sequence[str]) -> str:
    """Return a list of texts for `in (…)`; of no names one that nothing is in.

    Examples
    --------
    >>> one_of(["demo", "o'clock"]), one_of([])
    ("'demo', 'o''clock'", 'null')
    """
    return ", ".join(map(literal, names)) or "null"


def is_own_action(version: Version) -> str:
    """Return the condition that an activity is a person's own act."""
    return f"kind in ({one_of(version.own_actions)}) and direction is distinct from 'outbound'"


def periods(agreement: Agreement) -> Iterator[tuple[Version, str]]:
    """Yield each version with the condition that a row became known while it was in force; the first is open."""
    days = ["-infinity", *(version.valid_from for version in agreement.versions[1:]), "infinity"]
    for version, (start, end) in zip(agreement.versions, pairwise(map(_first_instant, days)), strict=True):
        yield version, f"known_at >= {start} and known_at < {end}"


def _first_instant(day: str) -> str:
    return f"timestamptz {literal(day if 'infinity' in day else f'{day} 00:00:00+00')}"
