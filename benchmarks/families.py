"""What each family of features adds: a model with all of them, and without each one in turn, in several worlds.

    python benchmarks/families.py [--seeds 2024 2025 2026] [--accounts 5000] [--json FILE] [--page FILE.md]

Each seed is another simulated company, made, extracted and given features by the pipeline's own code. A variant is
boosting alone, fitted a few times with other draws of columns, and judged by the true chances of the leads of the last
window and by what became of them. One without a family is what `features.leave_out` would give. Results are kept in
FILE as they come; a run that is stopped goes on from there. `--page` writes the table of what is in FILE.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config import load_params
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.features import FAMILIES, Features
from predictive_scoring.config.params import Params
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.evaluate.ranking import expected_auc
from predictive_scoring.evaluate.truth import against_truth
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.model.lessons import lessons
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator.write import simulate

OF_ACTIVITIES = (
    "kinds", "decay", "engagement", "bursts", "direction", "answers", "touches", "sequences", "rhythm", "topics",
    "groups", "usage", "colleagues", "account",
)  # fmt: skip
VARIANTS: dict[str, tuple[str, ...]] = {
    "all": (),
    "without all that is told by activities": OF_ACTIVITIES,
    **{f"without {family}": (family,) for family in FAMILIES},
}
BOOSTING = {
    "objective": "binary", "num_leaves": 8, "learning_rate": 0.08, "min_data_in_leaf": 20, "lambda_l2": 10.0,
    "feature_fraction": 0.5, "verbose": -1, "num_threads": 1, "deterministic": True,
}  # fmt: skip
ROUNDS, N_FITS, MOST_ROWS = 120, 2, 30_000
FIGURES = ("excess_share", "roc_auc", "log_loss")


@contextmanager
def world(seed: int, n_accounts: int, params: Params) -> Iterator[tuple[History, Dataset]]:
    """Yield the history of a simulated company and its rows of features, as the pipeline makes them."""
    target = next(iter(params.targets.values()))
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        simulate(Simulate(seed=seed, n_accounts=n_accounts), target.horizon_days or 90, work / "raw" / "demo")
        (work / "sources").mkdir()
        source = Path(shutil.copy("data/sources/demo.yaml", work / "sources"))
        history = extract(source, work / "history", Extract())
        yield history, build_dataset(history, target, params, work / "features")


class Judged:
    """Rows to learn from and rows to be judged on, made ready once for every variant of a world."""

    def __init__(self, history: History, dataset: Dataset) -> None:
        rows, test = dataset.rows("train"), dataset.rows("test")
        self.sample = lessons(dataset, {"train": rows}, MOST_ROWS)["train"]
        self.test, self.outcome = dataset.frame(test), test["converted"].to_numpy().astype(float)
        truth = history.truth()
        assert truth is not None, "only a simulated history knows the true chances"
        keys = ["lead_id", "as_of"]
        joined = test.select(keys).to_pandas().merge(truth.to_pandas(), how="left", on=keys)
        self.truth = joined["probability"].to_numpy(dtype=float)

    def figures(self, names: list[str]) -> dict[str, Any]:
        """Return the figures of a model of some of the columns, each the mean of its fits."""
        fits = [self._fitted(names, seed) for seed in range(N_FITS)]
        means = {name: float(np.mean([fit[name] for fit in fits])) for name in FIGURES}
        return {"features": len(names), "rows": len(self.sample.y), **means}

    def _fitted(self, names: list[str], seed: int) -> dict[str, float]:
        rows = lgb.Dataset(self.sample.frame[names], self.sample.y, weight=self.sample.importance)
        model = lgb.train({**BOOSTING, "seed": seed}, rows, ROUNDS)
        chance = np.asarray(model.predict(self.test[names], num_threads=1))
        known = np.isfinite(self.truth)
        return {
            "excess_share": float(against_truth(self.truth[known], chance[known])["excess_share"] or np.nan),
            "roc_auc": expected_auc(self.outcome, chance),
            "log_loss": float(log_losses(self.outcome, chance).mean()),
        }


def measured(seed: int, n_accounts: int, before: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each variant of a world that was not measured before, and its figures."""
    params = load_params()
    target = next(iter(params.targets.values()))
    with world(seed, n_accounts, params) as (history, dataset):
        judged = Judged(history, dataset)
        for name, left_out in VARIANTS.items():
            settings = Features.model_validate(params.features.model_dump() | {"leave_out": left_out})
            names = declare(history, target, dataset.windows.train_until, settings).names
            is_without_effect = name != "all" and len(names) == len(dataset.catalogue.features)
            if name not in before and not is_without_effect:
                yield name, judged.figures(names)


def changes(found: dict[str, Any], variant: str, figure: str) -> NDArray[np.float64]:
    """Return by how much a figure changes in each world where a variant takes the place of all features."""
    return np.array([each[variant][figure] - each["all"][figure] for each in found.values() if variant in each])


def page(found: dict[str, Any], n_accounts: int) -> str:
    """Return the table of what was measured, in Markdown; families that matter most first."""
    whole = pd.DataFrame([each["all"] for each in found.values()])
    lines = [
        "# What each family of features adds",
        "",
        f"In {len(found)} simulated companies of {n_accounts:,} accounts (seeds {', '.join(found)}), by `python",
        f"benchmarks/families.py`: boosting alone ({ROUNDS} trees of {BOOSTING['num_leaves']} leaves, the mean of",
        f"{N_FITS} fits) on {whole['rows'].min():,} to {whole['rows'].max():,} rows, judged on the untouched last",
        "window. *Excess AUC* is the model's AUC against the true chances over one half, as a share of what these",
        "reach themselves; it does not depend on who happened to convert. Each change is the mean over the companies,",
        "with the least and the largest; a lower log loss is better. Where these two have different signs, nothing",
        "that the family adds, or takes, can be seen at this size. Families that tell of the same activities stand in",
        "for each other: what they add together is in the row without all of them, in which the stages stay.",
        "",
        f"With all {int(whole['features'].max())} columns: excess AUC {_spread(whole['excess_share'], '.3f')}, ROC AUC "
        f"{_spread(whole['roc_auc'], '.3f')}, log loss {_spread(whole['log_loss'], '.4f')}.",
        "",
        "| features | columns | excess AUC | ROC AUC | log loss |",
        "|---|---:|---:|---:|---:|",
    ]
    variants = [name for name in VARIANTS if name != "all" and any(name in each for each in found.values())]
    variants.sort(key=lambda name: changes(found, name, "excess_share").mean())
    for name in variants:
        columns = max(each[name]["features"] for each in found.values() if name in each)
        spreads = [_spread(changes(found, name, figure), form) for figure, form in zip(FIGURES, FORMS, strict=True)]
        lines.append(f"| {name} | {columns} | {' | '.join(spreads)} |")
    return "\n".join([*lines, ""])


FORMS = ("+.3f", "+.3f", "+.4f")


def _spread(values: Any, form: str) -> str:
    mean, least, largest = (format(float(value), form) for value in (np.mean(values), np.min(values), np.max(values)))
    return f"{mean} ({least} … {largest})"


def main() -> None:
    """Keep each variant's figures, and print them or write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--json", type=Path, default=Path("docs/results/benchmarks/families.json"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[2024, 2025, 2026])
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--page", type=Path, help="write the table here and train nothing")
    given = parser.parse_args()
    kept = json.loads(given.json.read_text()) if given.json.exists() else {"accounts": given.accounts, "worlds": {}}
    if given.page:
        given.page.write_text(page(kept["worlds"], kept["accounts"]), encoding="utf-8")
        return
    if kept["accounts"] != given.accounts:
        raise SystemExit(f"{given.json} holds worlds of {kept['accounts']} accounts: give another file")
    for seed in given.seeds:
        found = kept["worlds"].setdefault(str(seed), {})
        for name, figures in measured(seed, given.accounts, found):
            found[name] = figures
            given.json.write_text(json.dumps(kept, indent=1) + "\n")
            print(seed, name, figures, flush=True)


if __name__ == "__main__":
    main()
