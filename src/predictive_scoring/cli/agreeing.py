"""What `agreement check` and `agreement page` do and say."""

import json
from collections.abc import Iterator
from pathlib import Path

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.config.extract import Extract
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder


def check_lines(file: Path, source: Path, *, as_json: bool) -> Iterator[str]:
    """Read both, and yield that they fit each other.

    Raises
    ------
    ConfigurationError
        If they do not: everything that the history does not know, and what may have been meant.
    """
    agreement = load_agreement(file)
    with scratch_folder() as scratch:
        history = extract(source, scratch / "history", Extract())
        refuse_unknown_names(history, agreement)
    days = [version.valid_from for version in agreement.versions]
    if as_json:
        yield json.dumps({"agreement": str(file), "source": history.facts.name, "versions": days, "ok": True})
    else:
        yield f"{file}: every name of {len(days)} version{'s' * (len(days) > 1)} is in history '{history.facts.name}'"
