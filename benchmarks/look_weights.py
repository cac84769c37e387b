"""What the weights of looks at a lead do to chances, in simulated companies whose truth is known.

    python benchmarks/look_weights.py --worlds 3        writes docs/results/benchmarks/look_weights.json

Companies that no figure of quality.md uses. Beside weights that fall with the number of the look (to several powers)
stands the rule that clusters are often weighted by: one over the root of *all* looks at the lead, which looks ahead.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.truth import against_truth
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.fitting import Sample
from predictive_scoring.model.lessons import learned, lessons
from quality_sets import Task
from quality_worlds import unreported

SEED = 7
POWERS = (0.0, 0.25, 0.5)
AHEAD = "all looks, to the power 0.5"
AGES = (0, 30, 60, 90, 120, 150, 180)  # days


def looking_ahead(samples: dict[str, Sample]) -> dict[str, Sample]:
    """Return samples whose looks are numbered by how many there will ever be at their lead."""
    leads = np.concatenate([sample.leads for sample in samples.values()])
    stands_for = np.concatenate([sample.importance for sample in samples.values()])
    _, whose = np.unique(leads, return_inverse=True)
    every = np.bincount(whose, stands_for)[whose].round().clip(1).astype(np.int64)
    parts = np.split(every, np.cumsum([len(sample.y) for sample in samples.values()])[:-1])
    return {use: replace(sample, looks=looks) for (use, sample), looks in zip(samples.items(), parts, strict=True)}


def judged(company: tuple[Task, Dataset, NDArray[np.float64]], power: float, ahead: bool) -> dict[str, Any]:
    """Return the figures of a model against the truth, and by age how far its log-odds lie below it."""
    (task, dataset, truth), settings = company, Train(n_threads=1, seed=SEED, lead_weight_power=power)
    samples = lessons(dataset, dataset.training_windows(), settings.max_rows)
    model = learned(dataset, looking_ahead(samples) if ahead else samples, settings)
    chance = model.predict_proba(task.test.frame)[:, 1]
    said = {name: float(value or 0.0) for name, value in against_truth(truth, chance).items()}
    return {
        "share_of_excess": said["excess_share"],
        "log_loss_above": said["expected_log_loss"] - said["least_log_loss"],
        "below_truth_by_age": below(task.test.frame["lead__age"].to_numpy(), truth, chance),
    }


def below(age: NDArray[np.float64], truth: NDArray[np.float64], chance: NDArray[np.float64]) -> list[float]:
    """Return for each band of ages the mean distance in log-odds, positive where chances come out too low."""
    held = truth.clip(1e-6, 1 - 1e-6)
    apart, weight = np.log(held / (1 - held)) - np.log(chance / (1 - chance)), held * (1 - held)
    bands = [(age >= low) & (age < high) for low, high in pairwise(AGES)]
    return [float(np.average(apart[band], weights=weight[band])) for band in bands]


def table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table: of each rule the companies' figures, and the means over them by age."""
    bands = [f"{low} to {high}" for low, high in pairwise(AGES)]
    yield " | ".join(["weight of a look", "log loss above, 1e-4", "share of the excess", *bands])
    for rule, companies in found.items():
        every = [*companies.values()]
        losses = " / ".join(f"{1e4 * each['log_loss_above']:.1f}" for each in every)
        shares = " / ".join(f"{each['share_of_excess']:.4f}" for each in every)
        means = np.mean([each["below_truth_by_age"] for each in every], axis=0)
        yield " | ".join([rule, losses, shares, *(f"{mean:+.2f}" for mean in means)])


def main() -> None:
    """Measure each rule in each company."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=3)
    parser.add_argument("--kept", type=Path, default=Path("build/quality/worlds"), help="simulated companies")
    parser.add_argument("--json", type=Path, default=Path("docs/results/benchmarks/look_weights.json"))
    asked = parser.parse_args()
    found: dict[str, Any] = {}
    for company in unreported(asked.worlds, asked.kept):
        its = company[0].name
        rules = [(AHEAD, 0.5, True), *((f"number of the look, to the power {power}", power, False) for power in POWERS)]
        for name, power, ahead in rules:
            found.setdefault(name, {})[its] = judged(company, power, ahead)
            print(name, its, json.dumps(found[name][its]), flush=True)
    asked.json.write_text(json.dumps({"ages": AGES, **found}, indent=1) + "\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
