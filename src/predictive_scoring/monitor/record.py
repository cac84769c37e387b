"""The folder that monitoring writes: its report, its page, and one row a run of monitoring for ever."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.contract.history import INSTANT
from predictive_scoring.errors import ConfigurationError, InputAlarmError, QualityAlarmError
from predictive_scoring.monitor.page import page
from predictive_scoring.monitor.watch import Watch
from predictive_scoring.storage import publishing_folder, read_parquet, write_json, write_parquet, write_text

REPORT, PAGE, HISTORY = "monitor.json", "monitor.md", "history.parquet"
FILES = frozenset({REPORT, PAGE, HISTORY})
ROW = pa.schema(
    [
        ("as_of", INSTANT),
        ("target", pa.string()),
        ("model_version", pa.string()),
        ("leads", pa.int64()),
        ("inputs_drifting", pa.int64()),
        ("largest_psi", pa.float64()),
        ("largest_unseen_share", pa.float64()),
        ("expected_auc", pa.float64()),
        ("expected_brier", pa.float64()),
        ("runs_judged", pa.int64()),
        ("realised_auc", pa.float64()),  # of the latest run whose horizon has passed
        ("realised_said", pa.float64()),
        ("realised_happened", pa.float64()),
        ("alarms_input", pa.int64()),
        ("alarms_quality", pa.int64()),
    ]
)


def row_of(found: Watch) -> dict[str, Any]:
    """Return the figures that are followed over time."""
    now, last = found.today, found.runs[-1] if found.runs else None
    return {
        "as_of": now.as_of,
        "target": found.target,
        "model_version": found.model_version,
        "leads": now.n_leads,
        "inputs_drifting": sum(drift.drifts for drift in now.drifts),
        "largest_psi": max((drift.psi for drift in now.drifts), default=None),
        "largest_unseen_share": max(now.unseen.values(), default=None),
        "expected_auc": now.estimate.auc["value"] if now.estimate else None,
        "expected_brier": now.estimate.brier["value"] if now.estimate else None,
        "runs_judged": len(found.runs),
        "realised_auc": last["roc_auc"]["value"] if last else None,
        "realised_said": last["said"] if last else None,
        "realised_happened": last["happened"] if last else None,
        "alarms_input": len(found.alarms("input")),
        "alarms_quality": len(found.alarms("quality")),
    }


def write_watch(found: Watch, folder: Path) -> None:
    """Write the report, the page and the history with this run's row, all or none.

    A run for the same instant, target and model takes the place of the earlier one.

    Raises
    ------
    ConfigurationError
        If the folder holds anything else.
    """
    others = {path.name for path in folder.iterdir()} - FILES if folder.is_dir() else set()
    if others or (folder.exists() and not folder.is_dir()):
        raise ConfigurationError(
            f"{folder}: not a folder of monitoring", found=f"{len(others)} other file(s)", fix="give a new folder"
        )
    with publishing_folder(folder) as draft:
        write_json(draft / REPORT, found.as_json())
        write_text(draft / PAGE, page(found))
        write_parquet(draft / HISTORY, appended(folder / HISTORY, row_of(found)))


def appended(path: Path, row: dict[str, Any]) -> pa.Table:
    """Return the history in a file with one more row, in the order of instants."""
    new = pa.Table.from_pylist([row], ROW)
    if not path.is_file():
        return new
    before = read_parquet(path).select(ROW.names).cast(ROW)
    same = pc.and_(
        pc.equal(before["as_of"], new["as_of"][0]),
        pc.and_(pc.equal(before["target"], row["target"]), pc.equal(before["model_version"], row["model_version"])),
    )
    return pa.concat_tables([before.filter(pc.invert(same)), new]).sort_by([("as_of", "ascending")])


def raise_alarms(found: Watch, settings: Monitor) -> None:
    """Raise what the scheduler must see: realised quality first, since leads were already misjudged.

    Raises
    ------
    QualityAlarmError
        If realised quality breaks a promise and `settings.fail_on_quality`.
    InputAlarmError
        If an input alarm was raised and `settings.fail_on_input`.
    """
    quality, inputs = found.alarms("quality"), found.alarms("input")
    if quality and settings.fail_on_quality:
        raise QualityAlarmError(
            f"monitoring: {len(quality)} alarm(s) about realised quality",
            found="; ".join(each.rule for each in quality),
            fix="retrain, or go back to an earlier model; monitor.fail_on_quality: false ends with 0",
        )
    if inputs and settings.fail_on_input:
        raise InputAlarmError(
            f"monitoring: {len(inputs)} alarm(s) about inputs",
            found="; ".join(dict.fromkeys(each.rule for each in inputs)),
            fix="look at the source before anybody works the list; monitor.fail_on_input: false ends with 0",
        )
