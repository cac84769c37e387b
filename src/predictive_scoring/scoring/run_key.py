"""Which run it is: the same model, history, instant and settings give the same scores and need scoring only once."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from predictive_scoring import __version__
from predictive_scoring.contract.history import History
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.storage import canonical_json, read_json, sha256_of

MANIFEST = "manifest.json"


def run_key(bundle: Bundle, history: History, as_of: datetime, settings: Mapping[str, Any]) -> str:
    """Return the key of a run, 64 hexadecimal digits: of its bundle, what was read, the instant and the settings.

    Parameters
    ----------
    history
        Its canonical tables stand for the source: the same rows give the same bytes, from files as from a database.
    settings
        What changes the scores' bytes and is in neither bundle nor history.
    """
    asked = {
        "bundle": bundle.manifest.digest,
        "history": {path.name: sha256_of(path) for path in sorted(history.folder.iterdir()) if path.is_file()},
        "as_of": as_of.isoformat(),
        "settings": dict(settings),
        "package_version": __version__,
    }
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder of scores, or None if there is none that can be read."""
    try:
        found = read_json(folder / MANIFEST) if (folder / MANIFEST).is_file() else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def holds(folder: Path, key: str) -> bool:
    """Tell whether a folder holds the scores of a run, every byte as its manifest says."""
    manifest = manifest_of(folder)
    if manifest is None or manifest.get("run_key") != key:
        return False
    return all(
        (folder / name).is_file() and sha256_of(folder / name) == sealed["sha256"]
        for name, sealed in manifest["files"].items()
    )
