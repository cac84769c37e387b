"""`latest`: a pointer beside the folders of scores, to the one as of the latest instant."""

import os
from pathlib import Path

from predictive_scoring.config.score import parse_as_of
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.scoring.run_key import manifest_of

NAME = "latest"


def point_latest(folder: Path) -> Path:
    """Let `latest` beside a folder of scores name the newest of the same target, and return that folder.

    All folders beside it are looked at, so a pointer that a killed run did not move is put right by the next, and
    of two runs at once the later instant wins whichever ends last.

    Raises
    ------
    ConfigurationError
        If something else stands where the pointer would.
    """
    pointer = folder.parent / NAME
    if pointer.exists() and not pointer.is_symlink():
        raise ConfigurationError(f"{pointer}: not a pointer", fix="move it away, or score without --latest")
    while True:
        newest = _newest(folder)
        _replace_link(pointer, newest.name)
        if _newest(folder) == newest:  # else another run has ended meanwhile
            return newest


def _newest(folder: Path) -> Path:
    """Return the folder as of the latest instant; at a tie this one, or the one whose name sorts last."""
    mine = manifest_of(folder) or {}
    instants = {}
    for other in folder.parent.iterdir():
        if other.is_dir() and not other.is_symlink() and not other.name.startswith("."):
            manifest = manifest_of(other) or {}
            if "as_of" in manifest and manifest.get("target") == mine.get("target"):
                instants[other] = (parse_as_of(manifest["as_of"]), other == folder, other.name)
    return max(instants, key=lambda other: instants[other])


def _replace_link(pointer: Path, name: str) -> None:
    draft = pointer.with_name(f".{NAME}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(name)
    draft.replace(pointer)
