"""How far the pull of a table has come: a small file that is replaced whole after every page."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from predictive_scoring.storage import read_json, write_json

OVERLAP = timedelta(minutes=10)  # clocks differ, and a CRM may show a change a moment after it was made


@dataclass(frozen=True)
class Progress:
    """Where a pull stands.

    Attributes
    ----------
    since
        The instant from which on changes are asked for; None asks for everything.
    started_at
        When the pull under way began; None: none is under way.
    after
        The last id that was read; rows come in the order of their ids.
    n_pages
        Pages of this pull that are on disk.
    """

    since: str | None = None
    started_at: str | None = None
    after: str | None = None
    n_pages: int = 0

    def begun(self, now: datetime) -> "Progress":
        """Return the start of a new pull."""
        return Progress(self.since, now.isoformat())

    def with_page(self, last_id: str) -> "Progress":
        """Return the progress after one more page."""
        return replace(self, after=last_id, n_pages=self.n_pages + 1)

    def finished(self) -> "Progress":
        """Return what the next pull begins from: changes since this one began, and a little before.

        What changed while it ran may have been passed already; the next pull reads it again.

        Examples
        --------
        >>> Progress(started_at="2024-03-01T10:00:00+00:00", after="77", n_pages=3).finished().since
        '2024-03-01T09:50:00+00:00'
        """
        start = datetime.fromisoformat(self.started_at or "")
        return Progress(since=(start - OVERLAP).isoformat())


def load_progress(path: Path) -> Progress:
    """Return the progress that a file holds; a file that is not there is a pull that never began."""
    return Progress(**read_json(path)) if path.is_file() else Progress()


def save_progress(path: Path, progress: Progress) -> None:
    """Write the progress, whole or not at all."""
    write_json(path, asdict(progress))
