"""How often the next quarter's conversions fall within what `agreement simulate` foretold, in simulated companies.

    python benchmarks/forecast.py --seeds 11 12 13 --accounts 3000 --folder /tmp/companies

simulates a company a seed, trains a model on nothing but what was known fifteen weeks before its end, tries agreements
on the weeks before that instant and looks up what the quarter after it brought. Companies that lie in the folder are
not made again. With `--quarters 3` two earlier quarters are foretold as well, by the same model.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import Version, load_agreement
from predictive_scoring.config import load_params
from predictive_scoring.config.params import Params
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.judgement import judge
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.handoff.question import Question
from predictive_scoring.handoff.simulation import simulate_agreement
from predictive_scoring.model.candidate import train
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.release import release
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator import simulate
from predictive_scoring.storage import read_parquet, write_parquet

KEPT_BACK = timedelta(days=105)  # the quarter that is foretold, and time for its last outcomes to be recorded
QUARTER = timedelta(days=91)


def agreements(n_accounts: int) -> dict[str, Version]:
    """Return what is tried: the demo's agreement, one that fills its capacity, and one that takes everybody."""
    demo = load_agreement(Path("data/agreement.yaml")).versions[-1]

    def other(**hand_off: Any) -> Version:
        return demo.model_copy(update={"hand_off": demo.hand_off.model_copy(update=hand_off)})

    few = other(questions=(), grades=("A", "B", "C"), calls_per_week=n_accounts // 150)
    return {"demo": demo, "full": few, "all": other(questions=(), grades=("A", "B", "C", "D"), calls_per_week=10**6)}


def made(folder: Path, seed: int, n_accounts: int) -> tuple[History, Bundle]:
    """Return a company's whole history and a model that learned from what was known by `KEPT_BACK` before its end."""
    if not (folder / "bundle").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "sources").mkdir(parents=True)
        settings, params = Simulate(seed=seed, n_accounts=n_accounts, n_rollouts=2), load_params()
        simulate(settings, 90, folder / "raw" / "demo")
        shutil.copy("data/sources/demo.yaml", folder / "sources")
        history = extract(folder / "sources" / "demo.yaml", folder / "interim", params.extract)
        _trained(_early(history, settings.ends_at - KEPT_BACK, folder / "cut"), params, folder)
        for part in ("raw", "features", "candidate"):
            shutil.rmtree(folder / part)
    return History.load(folder / "interim"), Bundle.load(folder / "bundle")


def _early(history: History, until: datetime, folder: Path) -> History:
    """Return the history without what was recorded later; looks end there, so later leads are nobody."""
    folder.mkdir()
    for name in ("leads", "accounts", "activities"):
        (folder / f"{name}.parquet").symlink_to(history.folder.resolve() / f"{name}.parquet")
    outcomes = read_parquet(history.path("outcomes"))
    write_parquet(folder / "outcomes.parquet", outcomes.filter(pc.less(outcomes["known_at"], pa.scalar(until))))
    early = History(folder, history.facts.model_copy(update={"observed_until": until}))
    early.save_facts()
    return early


def _trained(early: History, params: Params, folder: Path) -> None:
    dataset = build_dataset(early, params.targets["won"], params, folder / "features")
    candidate = train(dataset, params.train.model_copy(update={"n_threads": 1}), folder / "candidate")
    metrics = judge(dataset, candidate, params.evaluate, params.publish.grades).metrics
    whole = judged("won", params, early.facts, dataset, candidate, metrics)
    release(whole, folder / "bundle", run_id=None, now=early.facts.observed_until)


def foretold(folder: Path, seed: int, n_accounts: int, n_quarters: int) -> Iterator[dict[str, Any]]:
    """Yield for each agreement and quarter what was foretold and what happened."""
    history, bundle = made(folder / f"{n_accounts}-{seed}", seed, n_accounts)
    end, learned = history.facts.observed_until, bundle.terms.trained_until
    assert end is not None
    assert learned is not None
    for back in range(n_quarters):
        until = end - KEPT_BACK - back * QUARTER
        for name, rules in agreements(n_accounts).items():
            found = simulate_agreement(history, Question(bundle, rules, datetime.fromisoformat(learned), until))
            ahead, happened = found.forecast(), found.happened()
            assert ahead is not None
            assert happened is not None
            yield {
                "seed": seed, "agreement": name, "until": f"{until:%Y-%m-%d}", "expected": round(ahead.expected, 1),
                "low": ahead.low, "high": ahead.high, "happened": happened,
                "within": ahead.low <= happened <= ahead.high,
            }  # fmt: skip


def main() -> None:
    """Print a line a forecast, then how many held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 11)))
    parser.add_argument("--accounts", type=int, default=3000)
    parser.add_argument("--quarters", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    rows = []
    for seed in asked.seeds:
        for row in foretold(asked.folder, seed, asked.accounts, asked.quarters):
            rows.append(row)
            print(json.dumps(row), flush=True)
    for name in agreements(asked.accounts):
        mine = [row for row in rows if row["agreement"] == name]
        sums = [sum(row[key] for row in mine) for key in ("within", "expected", "happened")]
        print(f"{name}: {sums[0]} of {len(mine)} within; {sums[1]:.0f} expected, {sums[2]} happened")


if __name__ == "__main__":
    main()
