"""How good this project's probabilities are beside its peers', on real sets and on simulated companies.

    python benchmarks/quality.py                                    what this environment holds
    python benchmarks/quality.py --peers PYTHON --worlds 5          with the peers of requirements/peers.lock
    python benchmarks/quality.py --page docs/quality.md             writes the table of what was measured

Every model gets the same rows and the same test rows; peers run at their defaults, FLAML and AutoGluon for the same
minutes. Figures lie in a folder, one file a set and model, and are not measured twice: the work may be done in pieces.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from predictive_scoring.config.train import Train
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.lessons import learned, lessons
from quality_page import page
from quality_sets import FLAT, Task, flat_tasks
from quality_worker import LABEL
from quality_worlds import ACCOUNTS, PREFIX, log_tasks, world_name, world_tasks

OURS = "this project"
HERE = ("logistic", "histogram_boosting", "lightgbm")
ELSEWHERE = ("xgboost", "catboost", "flaml", "autogluon")
TIMED = ("flaml", "autogluon")
SEED, FIRST_WORLD, LOG = 7, 101, "bpic2012"


def tasks_of(name: str, asked: argparse.Namespace) -> Iterator[Task]:
    """Yield the tasks of a set."""
    data = Path(os.environ.get("PREDICTIVE_SCORING_DATA", "data/raw"))
    if name.startswith(PREFIX):
        yield from world_tasks(name, asked.out / "worlds")
    elif name == LOG:
        yield from log_tasks(name, Path("data/sources") / f"{name}.yaml", data)
    else:
        yield from flat_tasks(name, data)


def ours(task: Task, threads: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Return our chances, and what they cost."""
    wall, cpu = time.monotonic(), time.process_time()
    model = _fitted(task, Train(n_threads=threads, seed=SEED))
    chance = model.predict_proba(task.test.frame)[:, 1]
    cost = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}
    low, high = model.scorer_.interval(model.scorer_.raw(task.test.frame), 0.9)
    inside = None if task.truth is None else float(np.mean((low <= task.truth) & (task.truth <= high)))
    said = {"trees": model.n_trees_, "linear_share": model.scorer_.linear_share}
    return chance, {**cost, "covered": inside, **said, "calibrator": model.scorer_.calibrator.method}


def _fitted(task: Task, settings: Train) -> ConversionModel:
    """Return our model: of a history as the stage of training fits it, of a table as a library user does."""
    if task.dataset is not None:
        return learned(
            task.dataset, lessons(task.dataset, task.dataset.training_windows(), settings.max_rows), settings
        )
    windows = dict(task.known)
    first = windows.pop("train")
    return ConversionModel.from_settings(settings, {}).fit(
        first.frame,
        first.y,
        groups=first.leads,
        **{name: (each.frame, each.y, each.leads) for name, each in windows.items()},
    )


def theirs(
    task: Task, peer: str, python: str, asked: argparse.Namespace, minutes: float
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return a peer's chances by a process of its own, over files."""
    known = task.everything_known
    categories = [column for column in known.frame.columns if known.frame[column].dtype == object]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        known.frame.assign(**{LABEL: known.y}).to_parquet(folder / "train.parquet")
        task.test.frame.to_parquet(folder / "test.parquet")
        job = {"peer": peer, "categories": categories, "minutes": minutes, "threads": asked.threads, "seed": SEED}
        (folder / "job.json").write_text(json.dumps(job))
        command = [python, str(Path(__file__).with_name("quality_worker.py")), str(folder)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        chance = pd.read_parquet(folder / "chances.parquet")["chance"].to_numpy()
        return chance, json.loads((folder / "cost.json").read_text())


def measure(name: str, model: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Return chances, outcomes and cost of a model on a set."""
    tasks = list(tasks_of(name, asked))
    python = asked.peers if model in ELSEWHERE else sys.executable
    parts = [
        ours(task, asked.threads)
        if model == OURS
        else theirs(task, model, str(python), asked, asked.minutes / len(tasks))
        for task in tasks
    ]
    truths = [task.truth for task in tasks if task.truth is not None]
    return {
        "set": name,
        "model": model,
        "split": tasks[0].split,
        "n_known": len(tasks[0].everything_known.y),
        "y": np.concatenate([task.test.y for task in tasks]).tolist(),
        "chance": np.concatenate([chance for chance, _ in parts]).tolist(),
        "truth": np.concatenate(truths).tolist() if truths else None,
        "minutes": asked.minutes if model in TIMED else None,
        "wall": sum(cost["wall"] for _, cost in parts),
        "cpu": sum(cost["cpu"] for _, cost in parts),
        "about": parts[0][1],
    }


def main() -> None:
    """Measure what has not been measured, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", default=[*FLAT, LOG])
    parser.add_argument("--worlds", type=int, default=0, help="simulated companies of about 30,000 leads")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="of each simulated company")
    parser.add_argument("--models", nargs="*", default=[OURS, *HERE, *ELSEWHERE])
    parser.add_argument("--peers", type=Path, help="the Python that holds requirements/peers.lock")
    parser.add_argument("--minutes", type=float, default=1.0, help="for FLAML and AutoGluon, a set")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/quality"))
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    worlds = [world_name(seed, asked.accounts) for seed in range(FIRST_WORLD, FIRST_WORLD + asked.worlds)]
    models = [model for model in asked.models if asked.peers or model not in ELSEWHERE]
    for name in [*asked.sets, *worlds]:
        for model in models:
            place = asked.out / f"{name}.{model.replace(' ', '_')}.json"
            if not place.is_file():
                place.parent.mkdir(parents=True, exist_ok=True)
                found = measure(name, model, asked)
                place.write_text(json.dumps(found))
                print(f"{name}: {model}: {found['wall']:.0f} s, CPU {found['cpu']:.0f} s", flush=True)
    if left := sorted(set(asked.models) - set(models)):
        print(f"left out, since --peers names no environment that holds them: {', '.join(left)}")
    if asked.page:
        asked.page.write_text(page(asked.out))
        print(f"written: {asked.page}")


if __name__ == "__main__":
    main()
