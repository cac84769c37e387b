"""Simulated companies for `quality.py`: features by the pipeline, true chances beside them, kept in a folder."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.extract import Extract
from predictive_scoring.config.params import Params, load_params
from predictive_scoring.config.parse import parse_block, read_yaml
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.config.split import Split
from predictive_scoring.contract.history import History
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator.write import simulate
from predictive_scoring.storage import read_parquet
from quality_sets import Part, Task

PREFIX, ACCOUNTS = "world", 12_700  # about 30,000 leads
FIRST_UNREPORTED = 201  # companies to choose on: no figure of quality.md is of them
SHARE = 0.13341  # of the time left after the gaps: a calibration and a last window of 108 days
N_ROLLOUTS = 1024  # futures behind each true chance: of 128, their own error is 1e-4 of log loss, a tenth of the goal


def world_name(seed: int, n_accounts: int) -> str:
    """Return the name of a world among the sets."""
    return f"{PREFIX}-{seed}-{n_accounts}"


def world_tasks(name: str, kept: Path) -> Iterator[Task]:
    """Yield the one task of a world: learn from the pipeline's windows, score the leads of the last mature look."""
    _, seed, n_accounts = name.split("-")
    folder = kept / name
    if not (folder / "truth.parquet").is_file():
        _build(int(seed), int(n_accounts), folder)
    dataset, truth = Dataset.load(folder / "features"), read_parquet(folder / "truth.parquet")
    known = {use: _part(dataset, rows) for use, rows in dataset.training_windows().items() if rows.num_rows}
    mature = dataset.table.filter(pc.equal(dataset.table["state"], "mature"))
    last = pc.max(mature["as_of"])
    stated = truth.filter(pc.equal(truth["as_of"], last))
    chances = dict(zip(stated["lead_id"].to_pylist(), stated["probability"].to_pylist(), strict=True))
    test = _part(dataset, mature.filter(pc.equal(mature["as_of"], last)))
    stated_rows = np.flatnonzero([lead in chances for lead in test.leads])
    test = test.take(stated_rows)
    split = f"the pipeline's windows; the leads open at the last mature look; true chances over {N_ROLLOUTS:,} futures"
    yield Task(name, 0, known, test, split, np.array([chances[lead] for lead in test.leads]), dataset)


def unreported(n: int, kept: Path) -> Iterator[tuple[Task, Dataset, NDArray[np.float64]]]:
    """Yield so many companies that no figure of quality.md uses, with their histories and their true chances."""
    for seed in range(FIRST_UNREPORTED, FIRST_UNREPORTED + n):
        (task,) = world_tasks(world_name(seed, ACCOUNTS), kept)
        if task.dataset is None or task.truth is None:
            raise AssertionError("a simulated company has a history, and its true chances are known")
        yield task, task.dataset, task.truth


def log_tasks(name: str, source: Path, data: Path) -> Iterator[Task]:
    """Yield the one task of a real event log: learn from the pipeline's windows, score the last one."""
    fields, changed = read_yaml(Path("params.yaml")), read_yaml(source.parent / f"{name}.params.yaml")
    fields.pop("split")  # that of the shipped history fits its seasons
    fields |= {block: {**fields.get(block, {}), **value} for block, value in changed.items() if block != "targets"}
    fields["targets"] = changed["targets"]
    params = parse_block(Params, {**fields, "source": str(source)}, where=name)
    with tempfile.TemporaryDirectory() as scratch:
        dataset = _dataset(_placed(source, data / name, Path(scratch)), params, Path(scratch))
    known = {use: _part(dataset, rows) for use, rows in dataset.training_windows().items() if rows.num_rows}
    yield Task(name, 0, known, _part(dataset, dataset.rows("test")), "the pipeline's windows", None, dataset)


def _build(seed: int, n_accounts: int, folder: Path) -> None:
    params = load_params().model_copy(update={"split": Split(calibrate_share=SHARE, test_share=SHARE)})
    horizon = next(iter(params.targets.values())).horizon_days or 90
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        simulate(Simulate(seed=seed, n_accounts=n_accounts, n_rollouts=N_ROLLOUTS), horizon, work / "raw" / "demo")
        (work / "sources").mkdir()
        history = extract(Path(shutil.copy("data/sources/demo.yaml", work / "sources")), work / "history", Extract())
        folder.mkdir(parents=True, exist_ok=True)
        build_dataset(history, next(iter(params.targets.values())), params, folder / "features")
        shutil.copy(work / "history" / "truth.parquet", folder / "truth.parquet")


def _placed(source: Path, data: Path, work: Path) -> History:
    (work / "sources").mkdir()
    shutil.copytree(data, work / "raw" / data.name)
    return extract(Path(shutil.copy(source, work / "sources")), work / "history", Extract())


def _dataset(history: History, params: Params, work: Path) -> Dataset:
    return build_dataset(history, next(iter(params.targets.values())), params, work / "features")


def _part(dataset: Dataset, rows: pa.Table) -> Part:
    converted = rows["converted"].to_numpy(zero_copy_only=False).astype(np.float64)
    frame = dataset.frame(rows)
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column].dtype):  # text, as in the flat sets: peers know no others
            frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    return Part(frame, converted, rows["lead_id"].to_numpy(zero_copy_only=False))
