"""Whether the store of runs can be used, found out within seconds and before any work.

MLflow itself waits for minutes for a server that does not answer, silently makes a lost database anew, and says little
of one that is damaged.
"""

import base64
import functools
import logging
import os
import sqlite3
import threading
import urllib.error
import urllib.request
from contextlib import closing
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from predictive_scoring.errors import ConfigurationError, SourceUnreachableError

STORE = "mlflow.db"
VARIABLE = "MLFLOW_TRACKING_URI"
SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql", "databricks")
PROBE_SECONDS = 4.0
OPTION = "or set tracking.required: false in params.yaml to go on without noting runs"


def store_address(project: Path) -> str:
    """Return where runs are kept: the variable MLFLOW_TRACKING_URI if it is set, else SQLite in the project.

    Raises
    ------
    ConfigurationError
        If the variable holds no address.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return f"sqlite:///{(project / STORE).resolve()}"
    if urlsplit(given).scheme.split("+")[0] not in SCHEMES:
        raise ConfigurationError(
            f"{VARIABLE}: not an address of a store of runs",
            found=repr(given),
            expected="sqlite:///PATH, http://HOST, https://HOST or a database's address",
            fix=f"correct the environment variable {VARIABLE}, or unset it",
        )
    return given


@functools.cache
def check_store(address: str) -> None:
    """Refuse a store that cannot be used; a good one is asked once in a process.

    Raises
    ------
    SourceUnreachableError
        If a server does not answer well within seconds, or a SQLite file is damaged or of a newer MLflow.
    """
    if address.startswith("sqlite:///"):
        check_sqlite(Path(address.removeprefix("sqlite:///")))
    elif address.startswith(("http://", "https://")):
        problem = _asked(address)
        if problem:
            raise SourceUnreachableError(
                f"tracking server {address}: {problem}", fix=f"start it, check {VARIABLE} and its credentials, {OPTION}"
            )


def check_sqlite(path: Path) -> None:
    """Refuse a SQLite store that is damaged or of a newer MLflow; warn of one that has lost its content.

    Raises
    ------
    SourceUnreachableError
        Saying what to do.
    """
    if not path.exists():
        return
    if path.stat().st_size == 0:
        logging.getLogger(__name__).warning(
            "%s was empty: the history of runs is lost, or never was; restore it from a backup if there is one", path
        )
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PROBE_SECONDS)) as store:
            (state,) = store.execute("pragma quick_check(1)").fetchone()
            revision = _revision(store)
    except sqlite3.DatabaseError as error:
        state, revision = str(error), None
    if state != "ok":
        raise SourceUnreachableError(
            f"{path}: damaged", found=state, fix=f"restore it from a backup, or move it away to start anew, {OPTION}"
        )
    if revision is not None and not _is_known(revision):
        raise SourceUnreachableError(
            f"{path}: made by a newer MLflow", found=f"schema {revision}", fix=f"upgrade mlflow, {OPTION}"
        )


def _revision(store: sqlite3.Connection) -> str | None:
    has_table = store.execute("select 1 from sqlite_master where name = 'alembic_version'").fetchone()
    row = store.execute("select version_num from alembic_version").fetchone() if has_table else None
    return str(row[0]) if row else None


def _is_known(revision: str) -> bool:
    """Tell whether the installed MLflow has the migration that leads to a schema; its files are named by it."""
    found = find_spec("mlflow")
    if found is None:  # who does not train does not write there either
        return True
    places = list(found.submodule_search_locations or [])
    versions = [Path(place) / "store" / "db_migrations" / "versions" for place in places]
    return any(any(folder.glob(f"{revision}_*.py")) for folder in versions)


def _asked(address: str) -> str:
    """Return what is wrong with a server, or nothing; a server that trickles is given up as well."""
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(_answer(address)), daemon=True)
    asking.start()
    asking.join(PROBE_SECONDS)
    return answers[0] if answers else f"no answer within {PROBE_SECONDS:g} seconds"


def _answer(address: str) -> str:
    url = f"{address.rstrip('/')}/api/2.0/mlflow/experiments/search?max_results=1"
    request = urllib.request.Request(url, headers=_credentials())  # noqa: S310  (only http and https come here)
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as reply:  # noqa: S310
            reply.read()
    except urllib.error.HTTPError as error:
        with error:
            refused = error.code in (401, 403)
            return f"it refuses the credentials (HTTP {error.code})" if refused else f"it answers HTTP {error.code}"
    except (OSError, ValueError, HTTPException) as error:
        return f"out of reach ({getattr(error, 'reason', error)})"
    return ""


def _credentials() -> dict[str, str]:
    """Return the header that MLflow would send."""
    name, word = (os.environ.get(f"MLFLOW_TRACKING_{part}", "") for part in ("USERNAME", "PASSWORD"))
    token = os.environ.get("MLFLOW_TRACKING_TOKEN", "")
    if name:
        return {"Authorization": f"Basic {base64.b64encode(f'{name}:{word}'.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"} if token else {}
