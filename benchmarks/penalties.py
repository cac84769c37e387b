"""Whether the columns of the logistic half should be held back alike or each as its evidence says, set by set.

    python benchmarks/penalties.py --worlds 2 --json docs/results/benchmarks/penalties.json

For each set of `quality.py`: both fits on all that is known, judged on the test rows, and what a quarter of the known
leads, held out, say (the way the model chooses). Of simulated companies also how near both come to the truth.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.evaluate.truth import against_truth
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.calibration import sigmoid
from predictive_scoring.model.cross_fit import fold_of_each
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.fitting import Sample, encoding_of, joined, ordered
from predictive_scoring.model.held_out import chosen_shape
from predictive_scoring.model.lessons import lessons
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.linear_fit import PLAIN, Shape, fit_linear_half
from quality import ACCOUNTS, FIRST_WORLD, FLAT, LOG, tasks_of
from quality_sets import Task
from quality_worlds import world_name

SETTINGS = Train()
OWN = Shape(own_penalties=True)
N_ROWS = 60_000  # of more looks at leads some are learned from


def learned_from(task: Task) -> tuple[Rows, Encoding]:
    """Return all that a task lets be known."""
    if task.dataset is not None:
        sample = joined([*lessons(task.dataset, task.dataset.training_windows(), N_ROWS).values()])
    else:
        known = task.everything_known
        sample = Sample(known.frame, known.y, known.leads, np.ones(len(known.y)), np.ones(len(known.y), int))
    encoding = encoding_of(sample, SETTINGS, None)
    return ordered(sample, encoding, SETTINGS.lead_weight_power), encoding


def judged(task: Task) -> dict[str, dict[str, float]]:
    """Return the figures of both shapes on a task."""
    rows, encoding = learned_from(task)
    test, found = encoding.encode(task.test.frame), {}
    for name, shape in (("alike", PLAIN), ("own", OWN)):
        part = fit_linear_half(rows, encoding, SETTINGS, shape)
        level = offset_to_mean(part.log_odds(rows.encoded), rows.y, rows.importance)
        chance = sigmoid(part.log_odds(test) + level)
        figures = {
            "log_loss": float(log_losses(task.test.y, chance).mean()),
            "auc": float(roc_auc_score(task.test.y, chance)),
            "terms": float(len(part.terms)),
        }
        if task.truth is not None:
            truth = against_truth(task.truth, chance)
            figures["excess_share"] = float(truth["excess_share"] or np.nan)
            figures["log_loss_above_truth"] = float(truth["expected_log_loss"] or 0) - float(
                truth["least_log_loss"] or 0
            )
        found[name] = figures
    unseen = fold_of_each(rows, SETTINGS.n_folds, SETTINGS.seed) == 0
    seen, held = rows.take(~unseen), rows.take(unseen)

    def told(shape: Shape) -> np.ndarray:
        return fit_linear_half(seen, encoding, SETTINGS, shape).log_odds(held.encoded)

    found["chosen"] = {"own": float(chosen_shape(told, held, 0) == OWN)}
    return found


def over(tasks: Iterator[Task]) -> dict[str, Any]:
    """Return the mean figures over the tasks of a set."""
    each = [judged(task) for task in tasks]
    return {
        name: {figure: float(np.mean([one[name][figure] for one in each])) for figure in each[0][name]}
        for name in each[0]
    }


def main() -> None:
    """Print a line a set; with --json, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", default=[*FLAT, LOG])
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("build/quality"), help="where simulated companies are kept")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = {}
    for name in [*asked.sets, *(world_name(FIRST_WORLD + k, ACCOUNTS) for k in range(asked.worlds))]:
        found[name] = over(tasks_of(name, asked))
        alike, own = found[name]["alike"], found[name]["own"]
        gained = 1e4 * (alike["log_loss"] - own["log_loss"])
        print(
            f"{name}: own penalties gain {gained:+.1f}e-4 in log loss, {own['auc'] - alike['auc']:+.4f} in AUC",
            flush=True,
        )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
