"""What `promote`, `rollback` and `champion` do and say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from predictive_scoring.config.score import parse_as_of
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.publish import promotion


def promote_lines(name: str, version: int, because: str) -> Iterator[str]:
    """Make a version the champion and say so."""
    yield _said(name, promotion.promote(Path(), name, version, because, datetime.now(UTC)))


def rollback_lines(name: str, because: str) -> Iterator[str]:
    """Make the champion before this one the champion again and say so."""
    yield _said(name, promotion.rollback(Path(), name, because, datetime.now(UTC)))


def champion_lines(name: str, on: str, *, as_json: bool) -> Iterator[str]:
    """Say which version was in use, and since when, oldest first; with `on`, at that instant alone."""
    moves = promotion.history(Path(), name)
    if on:
        try:
            found = promotion.champion_on(moves, parse_as_of(on))
        except ValueError:
            raise ConfigurationError("--on: not a date or an instant", found=repr(on), expected="2025-05-03") from None
        moves = [found] if found else []
    if as_json:
        yield json.dumps([move.model_dump(mode="json") for move in moves], ensure_ascii=False, indent=1)
        return
    if not moves:
        yield f"{name}: no champion{f' on {on}' if on else ''}"
    yield from (_said(name, move) for move in moves)


def _said(name: str, move: promotion.Promotion) -> str:
    return (
        f"{name}: version {move.version} ({move.model_version}) is champion since {move.at:%Y-%m-%d %H:%M} UTC, "
        f"because: {move.because}"
    )
