"""How trees should be grown, by folds and by earlier instants of what may be learned from.

    python benchmarks/tree_sizes.py --json docs/results/benchmarks/tree_sizes.json

For each set of `quality.py` whose rows are leads of their own: the log loss, out of fold, of the blend with the
regression, for each way to grow trees. For a set whose rows lie in the order of time also the log loss of whole models
that are trained up to an earlier row and judged on the tenth of the rows behind it. Nothing of the test rows is looked
at.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.model.calibration import sigmoid
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.cross_fit import cross_fit, fold_of_each, usable_folds
from predictive_scoring.model.fitting import Sample, encoding_of, ordered
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.prepared import Prepared
from predictive_scoring.model.tree_size import LARGER
from quality import tasks_of
from quality_sets import FLAT, Part, Task

ONE_SIZE = Train(larger_trees=False, n_threads=1)
EVERY_THRESHOLD = {"extra_trees": False}
VARIANTS = {
    "small, 30 % of the features, every threshold": ONE_SIZE.model_copy(
        update={"feature_share": 0.3, "max_levels": 60, **EVERY_THRESHOLD}
    ),
    "small, every threshold": ONE_SIZE.model_copy(update=EVERY_THRESHOLD),
    "larger, every threshold": ONE_SIZE.model_copy(update={**LARGER, **EVERY_THRESHOLD}),
    "small": ONE_SIZE,
    "larger": ONE_SIZE.model_copy(update=LARGER),
}
DRAWN = {"drawn": True, "every threshold": False}
ORIGINS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # shares of the rows that may be learned from


def losses(task: Task) -> dict[str, Any]:
    """Return the log loss out of fold and the processor time of each variant, and whether the larger trees win."""
    known = task.everything_known
    found: dict[str, Any] = {}
    for name, settings in VARIANTS.items():
        began = time.process_time()
        sample = Sample(known.frame, known.y, known.leads, np.ones(len(known.y)), np.ones(len(known.y), int))
        encoding = encoding_of(sample, settings, None)
        rows = ordered(sample, encoding, settings.lead_weight_power)
        left_out = usable_folds(rows, fold_of_each(rows, settings.n_folds, settings.seed))
        folds = cross_fit(Prepared(rows, encoding, settings), settings, left_out)
        raw = folds.unseen(folds.linear_share)
        chance = sigmoid(raw + offset_to_mean(raw, rows.y, rows.importance))
        cost = time.process_time() - began
        found[name] = {"log_loss": float(log_losses(rows.y, chance).mean()), "cpu": cost}
    return found


def losses_ahead(task: Task) -> list[dict[str, Any]]:
    """Return for each origin the log loss on the rows behind it, with thresholds drawn and with every one."""
    return [
        {"origin": origin} | {name: _loss_ahead(task.everything_known, origin, drawn) for name, drawn in DRAWN.items()}
        for origin in ORIGINS
    ]


def _loss_ahead(known: Part, origin: float, drawn: bool) -> float:
    until, end = (int(len(known.y) * share) for share in (origin, origin + 0.1))
    edges = [0, int(until * 0.85), until]
    first, last = (known.take(np.arange(*edges[place : place + 2])) for place in range(2))
    model = ConversionModel.from_settings(Train(n_threads=1, extra_trees=drawn))
    model.fit(first.frame, first.y, groups=first.leads, calibration=(last.frame, last.y, last.leads))
    ahead = known.take(np.arange(until, end))
    return float(log_losses(ahead.y, model.predict_proba(ahead.frame)[:, 1]).mean())


def main() -> None:
    """Print a line a set; with --json, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", default=[*FLAT])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    told = {}
    for name in asked.sets:
        task = next(iter(tasks_of(name, argparse.Namespace(out=Path()))))
        told[name] = losses(task)
        if len(task.known) > 1:
            told[name]["ahead"] = losses_ahead(task)
        print(name, json.dumps(told[name]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
