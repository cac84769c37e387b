"""What became of every row of the leads table, in numbers and in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ScoringSummary:
    """What became of every row of the leads table."""

    folder: Path
    as_of: datetime
    n_read: int
    n_collapsed: int
    n_scored: int
    n_not_scored: dict[str, int]
    n_quarantined: dict[str, int]
    n_left_out: int = 0  # by the source file's own wish
    n_excluded: dict[str, int] = field(default_factory=dict)  # of the excluded, by rule
    notes: tuple[str, ...] = ()
    already_done: bool = False  # by an earlier run of the same key

    @property
    def adds_up(self) -> bool:
        """Whether rows read = identical duplicates + left out + scored + not scored + quarantined."""
        aside = self.n_collapsed + self.n_left_out + sum(self.n_quarantined.values())
        return self.n_read == aside + self.n_scored + sum(self.n_not_scored.values())

    def rows(self) -> dict[str, Any]:
        """Return the account as the manifest has it."""
        return {
            "read": self.n_read,
            "identical_duplicates": self.n_collapsed,
            "scored": self.n_scored,
            "not_scored": self.n_not_scored,
            "excluded": self.n_excluded,
            "quarantined": self.n_quarantined,
            "left_out": self.n_left_out,
        }

    def lines(self) -> Iterator[str]:
        """Yield the account in words."""
        instant = f"{self.as_of:%Y-%m-%d %H:%M} UTC"
        n_leads = self.n_scored + sum(self.n_not_scored.values())
        if self.already_done:
            yield f"already done: the same model, history and instant; {self.folder} stays as it is (--force: again)"
        yield f"scored {self.n_scored:,} of {n_leads:,} leads as of {instant} -> {self.folder}"
        yield from (f"note: {note}" for note in self.notes)
        not_scored = ", ".join(f"{reason} {count:,}" for reason, count in self.n_not_scored.items())
        yield f"not scored: {not_scored or 'none'}"
        if self.n_excluded:
            yield f"excluded: {', '.join(f'{rule} {count:,}' for rule, count in self.n_excluded.items())}"
        quarantined = ", ".join(f"{rule} {count:,}" for rule, count in self.n_quarantined.items())
        yield f"quarantined: {quarantined or 'none'}; identical duplicates: {self.n_collapsed:,}"
        if self.n_left_out:
            yield f"left out by the source file: {self.n_left_out:,}"


def summary_of(folder: Path, manifest: dict[str, Any]) -> ScoringSummary:
    """Return the account of a folder of scores that an earlier run wrote."""
    rows = manifest["rows"]
    return ScoringSummary(
        folder=folder,
        as_of=datetime.fromisoformat(manifest["as_of"]),
        n_read=rows["read"],
        n_collapsed=rows["identical_duplicates"],
        n_scored=rows["scored"],
        n_not_scored=rows["not_scored"],
        n_quarantined=rows["quarantined"],
        n_left_out=rows["left_out"],
        n_excluded=rows.get("excluded", {}),
        already_done=True,
    )
