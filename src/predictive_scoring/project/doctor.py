"""Whether this machine and this folder are fit for a job: asked before one fails at night."""

import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from predictive_scoring import __version__
from predictive_scoring.config import load_params
from predictive_scoring.errors import ConfigurationError, MachineError, PredictiveScoringError
from predictive_scoring.exchange import can_exchange
from predictive_scoring.publish.store import check_store, store_address
from predictive_scoring.scoring.measures import versions
from predictive_scoring.storage import is_held

LITTLE_DISK_BYTES = 1_000_000_000
EXTRAS = {
    "train": ("dvc", "mlflow", "sklearn"),
    "report": ("altair", "jinja2", "vl_convert"),
    "postgres": ("psycopg",),
    "crm": ("hubspot", "simple_salesforce"),
    "excel": ("python_calamine", "xlsxwriter"),
    "sign": ("cryptography",),
    "spark": ("pyspark",),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "note", "bad"]
    said: str


def doctor_lines(project: Path, *, as_json: bool) -> Iterator[str]:
    """Yield what was looked at and how it is.

    Raises
    ------
    ConfigurationError
        If there is no such folder.
    MachineError
        If a job would fail here; after everything was said.
    """
    if not project.is_dir():
        raise ConfigurationError(
            f"{project}: {'not a folder' if project.exists() else 'no such folder'}",
            fix="give a project's folder, or where scores go",
        )
    findings = examine(project, datetime.now(UTC))
    if as_json:
        yield json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False)
    else:
        yield from (f"{finding.state:4}  {finding.what}: {finding.said}" for finding in findings)
    bad = [finding.what for finding in findings if finding.state == "bad"]
    if bad:
        raise MachineError(f"{len(bad)} finding(s) would stop a job: {', '.join(bad)}", fix="see the lines above")


def examine(project: Path, now: datetime) -> list[Finding]:
    """Return the findings of a project's folder and of the machine it is on."""
    looks = (_libraries, _settings, _extras, _kernels, _disks, _rights, _renames, _locks, _store)
    return [*(finding for look in looks for finding in look(project)), _clock(project, now)]


def _libraries(_project: Path) -> Iterator[Finding]:
    try:
        found = ", ".join(f"{name} {number}" for name, number in versions().items())
        yield Finding("versions", "ok", f"predictive-scoring {__version__}, {found}")
    except PackageNotFoundError as error:
        yield Finding("versions", "bad", f"{error.name} is not installed: pip install predictive-scoring")


def _settings(project: Path) -> Iterator[Finding]:
    path = project / "params.yaml"
    if not path.exists():
        return
    try:
        load_params(path)
        yield Finding("settings", "ok", "params.yaml is as this version reads it")
    except ConfigurationError as error:
        yield Finding("settings", "bad", " ".join(str(error).split()))


def _extras(_project: Path) -> Iterator[Finding]:
    there = [name for name, modules in EXTRAS.items() if all(importlib.util.find_spec(m) for m in modules)]
    missing = sorted(set(EXTRAS) - set(there))
    yield Finding("extras", "ok", f"{', '.join(there) or 'none'}; not installed: {', '.join(missing) or 'none'}")


def _kernels(_project: Path) -> Iterator[Finding]:
    package = Path(__file__).parents[1]
    compiled = len([*package.rglob("*.nbi")])
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(elsewhere)] if elsewhere else [package / "features" / "__pycache__", Path.home() / ".cache"]
    if compiled or any(os.access(place, os.W_OK) for place in places):
        yield Finding("compiled kernels", "ok", f"{compiled} kept; numba {version('numba')}")
    else:
        yield Finding("compiled kernels", "note", "cannot be kept, so each job compiles anew: set NUMBA_CACHE_DIR")


def _disks(project: Path) -> Iterator[Finding]:
    for what, place in (("disk", project), ("temporary folder", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(place).free
        state: Literal["ok", "note"] = "ok" if free >= LITTLE_DISK_BYTES else "note"
        yield Finding(what, state, f"{free / 1e9:,.1f} GB free at {place.resolve()}")


def _rights(project: Path) -> Iterator[Finding]:
    closed = [str(place) for place in (project, project / "data", project / "models") if _is_closed(place)]
    yield Finding("rights", "bad" if closed else "ok", f"may not write: {', '.join(closed)}" if closed else "may write")


def _is_closed(place: Path) -> bool:
    return place.is_dir() and not os.access(place, os.W_OK | os.X_OK)


def _renames(project: Path) -> Iterator[Finding]:
    if _is_closed(project):
        return
    if can_exchange(project):
        yield Finding("folders", "ok", "are replaced in one step")
    else:
        said = "are replaced in two steps here: a reader may find none for an instant; score into a new folder a night"
        yield Finding("folders", "note", said)


def _locks(project: Path) -> Iterator[Finding]:
    locks = [lock for place in ("data", "models", "scores") for lock in (project / place).rglob(".*.lock")]
    held = [lock for lock in locks if is_held(lock)]
    parts = [path for path in _parts(project) if not any(path.name.startswith(f"{lock.stem}.") for lock in held)]
    yield Finding("locks", "ok", f"{len(held)} held, {len(locks) - len(held)} left by runs that are gone (harmless)")
    if parts:
        yield Finding(
            "drafts", "note", f"{len(parts)} left by killed runs; the next run of each target removes its own"
        )


def _parts(project: Path) -> list[Path]:
    roots = [project / place for place in ("data", "models", "scores") if (project / place).is_dir()]
    return [path for root in roots for path in root.rglob(".*") if path.suffix in {".part", ".scratch", ".old"}]


def _store(project: Path) -> Iterator[Finding]:
    try:
        address = store_address(project)
        check_store(address)
    except PredictiveScoringError as error:
        yield Finding("store of runs", "bad", " ".join(str(error).split()))
        return
    path = Path(address.removeprefix("sqlite:///"))
    if not address.startswith("sqlite:///"):
        yield Finding("store of runs", "ok", "answers")
    elif path.exists() and path.stat().st_size == 0:
        yield Finding("store of runs", "note", f"{path.name} is empty: the history of runs is lost, or never was")
    else:
        yield Finding("store of runs", "ok", path.name if path.exists() else "none yet; the first training makes it")


def _clock(project: Path, now: datetime) -> Finding:
    written = [path.stat().st_mtime for path in project.iterdir() if path.is_file()]
    latest = datetime.fromtimestamp(max(written, default=0.0), UTC)
    if latest > now + timedelta(minutes=5):
        return Finding("clock", "bad", f"it is {now:%Y-%m-%d %H:%M} UTC, but files here are of {latest:%Y-%m-%d %H:%M}")
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")
