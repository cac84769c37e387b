"""What the refit gains from the gap before calibration, in simulated companies whose truth is known.

    python benchmarks/gap.py --worlds 6                 writes docs/results/benchmarks/gap.json

Companies that no figure of quality.md uses.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.truth import against_truth
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.lessons import learned, lessons
from quality_sets import Task
from quality_worlds import unreported

SEED = 7
APART, ALL = ("train", "calibration"), ("train", "between", "calibration")
RULES = {
    "left out, 100,000 looks": (APART, 100_000),
    "learned from, 100,000 looks": (ALL, 100_000),
    "learned from, 130,000 looks": (ALL, 130_000),
}


def judged(company: tuple[Task, Dataset, NDArray[np.float64]], uses: tuple[str, ...], max_rows: int) -> dict[str, Any]:
    """Return the figures, against the truth, of a model that learns from some of the rows that it may."""
    (task, dataset, truth), settings = company, Train(n_threads=1, seed=SEED, max_rows=max_rows)
    known = {use: rows for use, rows in dataset.training_windows().items() if use in uses}
    model = learned(dataset, lessons(dataset, known, settings.max_rows), settings)
    chance = model.predict_proba(task.test.frame)[:, 1]
    said = {name: float(value or 0.0) for name, value in against_truth(truth, chance).items()}
    low, high = model.scorer_.interval(model.scorer_.raw(task.test.frame), 0.9)
    return {
        "log_loss_above": said["expected_log_loss"] - said["least_log_loss"],
        "share_of_excess": said["excess_share"],
        "said_less_true": float(np.mean(chance) - np.mean(truth)),
        "held": float(np.mean((low <= truth) & (truth <= high))),
        "linear_share": model.scorer_.linear_share,
        "calibrator": model.scorer_.calibrator.method,
    }


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table, a company a line."""
    yield "company | " + " | ".join(f"gap {rule}: log loss above, 1e-4; intervals that hold" for rule in RULES)
    for company, figures in found.items():
        told = [f"{1e4 * figures[rule]['log_loss_above']:.1f}; {figures[rule]['held']:.3f}" for rule in RULES]
        yield " | ".join([company, *told])
    means = [np.mean([1e4 * each[rule]["log_loss_above"] for each in found.values()]) for rule in RULES]
    yield " | ".join(["mean", *(f"{mean:.1f}" for mean in means)])


def main() -> None:
    """Measure every rule in each company."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=6)
    parser.add_argument("--kept", type=Path, default=Path("build/quality/worlds"), help="simulated companies")
    parser.add_argument("--json", type=Path, default=Path("docs/results/benchmarks/gap.json"))
    asked = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    for company in unreported(asked.worlds, asked.kept):
        name = company[0].name
        found[name] = {rule: judged(company, *how) for rule, how in RULES.items()}
        print(name, json.dumps(found[name]), flush=True)
    asked.json.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
