"""What came of the faults, a line a kind."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

COLUMNS = ("fault", "tried", "while writing", "old", "new", "torn", "lost", "gaps", "not mended", "accepted")


@dataclass
class Tally:
    """What came of the faults of one kind."""

    name: str
    tried: int = 0
    found: Counter[str] = field(default_factory=Counter)
    while_writing: int = 0  # kills that left a draft behind: they hit the writing
    gaps: int = 0  # times that a reader found nothing
    not_mended: int = 0  # next runs that failed or left something

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, torn or accepted, no reader found nothing, and each next run mended all."""
        return not (self.found["lost"] or self.found["torn"] or self.found["accepted"] or self.gaps or self.not_mended)


def lines(tallies: list[Tally]) -> Iterator[str]:
    """Yield the table in Markdown."""
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for tally in tallies:
        found = [tally.found[kind] for kind in ("old", "new", "torn", "lost")]
        cells = [tally.name, tally.tried, tally.while_writing, *found, tally.gaps, tally.not_mended]
        yield "| " + " | ".join(map(str, [*cells, tally.found["accepted"]])) + " |"
