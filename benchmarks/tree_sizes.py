"""How large the trees should be and how many features each may use, by folds of what may be learned from.

    python benchmarks/tree_sizes.py --json docs/results/benchmarks/tree_sizes.json

For each set of `quality.py` whose rows are leads of their own: the log loss, out of fold, of the blend with the
regression, for each size of trees. Nothing of the test rows is looked at.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.model.calibration import sigmoid
from predictive_scoring.model.cross_fit import cross_fit, fold_of_each
from predictive_scoring.model.fitting import Sample, encoding_of, ordered
from predictive_scoring.model.held_out import share_of
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.tree_size import LARGER
from quality import tasks_of
from quality_sets import FLAT, Task

ONE_SIZE = Train(larger_trees=False, n_threads=1)
VARIANTS = {
    "small, 30 % of the features": ONE_SIZE.model_copy(update={"feature_share": 0.3, "max_levels": 60}),
    "small": ONE_SIZE.model_copy(update={"max_levels": 60}),
    "small, every level": ONE_SIZE,
    "larger, every level": ONE_SIZE.model_copy(update=LARGER),
}


def losses(task: Task) -> dict[str, Any]:
    """Return the log loss out of fold and the processor time of each variant, and whether the larger trees win."""
    known = task.everything_known
    found: dict[str, Any] = {}
    for name, settings in VARIANTS.items():
        began = time.process_time()
        sample = Sample(known.frame, known.y, known.leads, known.y * 0 + 1)
        encoding = encoding_of(sample, settings, None)
        rows = ordered(sample, encoding, settings.lead_weight_power)
        folds = cross_fit(rows, encoding, settings, fold_of_each(rows, settings.n_folds, settings.seed), None)
        raw = folds.blended(share_of(folds.trees, folds.linear, rows, settings))
        chance = sigmoid(raw + offset_to_mean(raw, rows.y, rows.importance))
        cost = time.process_time() - began
        found[name] = {"log_loss": float(log_losses(rows.y, chance).mean()), "cpu": cost}
    found["larger chosen"] = found["larger, every level"]["log_loss"] < found["small, every level"]["log_loss"]
    return found


def main() -> None:
    """Print a line a set; with --json, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", default=[*FLAT])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    told = {}
    for name in asked.sets:
        told[name] = losses(next(iter(tasks_of(name, argparse.Namespace(out=Path())))))
        print(name, json.dumps(told[name]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
