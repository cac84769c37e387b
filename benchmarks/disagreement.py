"""How often a declared profile is said to disagree with history: where that was planted, and where it was not.

    python benchmarks/disagreement.py --worlds 30 --accounts 1500

draws companies from the simulator and judges five profiles in each: the demo's own, which history bears out; one of
attributes that are noise; and three that exclude those who buy. Beside each count stands that of a plain rule: every
look is a draw of its own, and each group is tested as if it were the only one.
"""

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from predictive_scoring.agreement.definition import Criterion, Version, load_agreement
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.params import load_params
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.contract.history import History
from predictive_scoring.handoff import profile_history as module
from predictive_scoring.handoff.profile_history import profile_history
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator.write import simulate

N_DAYS = 728
SMALL = Criterion(attribute="employees", at_most=49)
JUNIOR = Criterion(attribute="seniority", table="leads", any_of=("specialist", "student"))
SLOW = Criterion(attribute="industry", any_of=("education", "retail", "logistics"))
NOISE = (
    Criterion(attribute="form_language", table="leads", any_of=("en", "de")),
    Criterion(attribute="newsletter", table="leads", any_of=("true",)),
)
PARAMS = load_params()
TARGET = PARAMS.targets["won"]


def profiles(agreed: Version) -> dict[str, tuple[Criterion, ...]]:
    """Return the profiles by what is planted in them."""
    size, role, budget = agreed.profile
    return {
        "none": agreed.profile,
        "none, of noise": NOISE,
        "size": (SMALL, role, budget),
        "role": (size, JUNIOR, budget),
        "industry": (*agreed.profile, SLOW),
    }


def history_of(seed: int, n_accounts: int, folder: Path) -> History:
    """Return a simulated company's history."""
    settings = Simulate(seed=seed, n_accounts=n_accounts, n_days=N_DAYS, n_rollouts=2)
    simulate(settings, TARGET.horizon_days or 90, folder / "raw" / "demo")
    (folder / "sources").mkdir()
    source = Path(shutil.copy("data/sources/demo.yaml", folder / "sources"))
    return extract(source, folder / "history", Extract())


def named(history: History, agreed: Version) -> Iterator[str]:
    """Yield the profiles with which history is said to disagree."""
    for name, profile in profiles(agreed).items():
        version = agreed.model_copy(update={"profile": profile})
        if profile_history(history, version, TARGET, PARAMS.snapshots).disagreements:
            yield name


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=30)
    parser.add_argument("--accounts", type=int, default=1500)
    parser.add_argument("--first", type=int, default=100, help="Seed of the first world.")
    asked = parser.parse_args()
    agreed = load_agreement(Path("data/agreement.yaml")).versions[-1]
    counts, plain = Counter[str](), Counter[str]()
    rule = module.holds_of_many, module.compare
    for seed in range(asked.first, asked.first + asked.worlds):
        with tempfile.TemporaryDirectory() as folder:
            history = history_of(seed, asked.accounts, Path(folder))
            counts.update(named(history, agreed))
            module.holds_of_many = lambda p_values, alpha: p_values < alpha
            module.compare = lambda y, others, fitting, accounts: rule[1](y, others, fitting, np.arange(len(accounts)))
            plain.update(named(history, agreed))
            module.holds_of_many, module.compare = rule
    print(f"{asked.worlds} worlds of {asked.accounts} accounts: disagreements named, and by the plain rule")
    for name in profiles(agreed):
        print(f"  planted: {name}: {counts[name]}, {plain[name]}")


if __name__ == "__main__":
    main()
