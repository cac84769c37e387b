"""What `fetch` says."""

from collections.abc import Iterator
from pathlib import Path

from predictive_scoring.sources.fetch import fetch


def fetch_lines(name: str, into: Path) -> Iterator[str]:
    """Fetch a public data set and yield what it is, under which licence, and where it lies."""
    fetched = fetch(name, into)
    yield f"{name}: {fetched.description}"
    yield f"licence: {fetched.licence}"
    yield f"cite: {fetched.citation}"
    for path in fetched.paths:
        yield f"{path}  (SHA-256 checked)"
