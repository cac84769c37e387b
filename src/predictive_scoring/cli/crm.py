"""What `pull` does and says."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.sources.crm.pulling import Crm, pull

CRMS = ("hubspot", "salesforce")


def pull_lines(crm: str, into: Path | None) -> Iterator[str]:
    """Bring the files of a CRM up to date and yield what lies where."""
    folder = into or Path("data/raw") / crm
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder}: not a folder", fix="give the folder that the files go into")
    yield from pull(_opened(crm), folder, datetime.now(UTC))
    yield f"next: predictive-scoring check data/sources/{crm}.yaml"


def _opened(crm: str) -> Crm:
    if crm not in CRMS:
        raise ConfigurationError(f"{crm}: nothing is pulled from it", expected=" or ".join(CRMS))
    try:
        if crm == "hubspot":
            from predictive_scoring.sources.crm.hubspot import open_hubspot  # noqa: PLC0415  (an optional extra)

            return open_hubspot(os.environ)
        from predictive_scoring.sources.crm.salesforce import open_salesforce  # noqa: PLC0415

        return open_salesforce(os.environ)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{crm}: its client is not installed", found=f"no module {error.name}",
            fix="pip install 'predictive-scoring[crm]'",
        ) from None  # fmt: skip
