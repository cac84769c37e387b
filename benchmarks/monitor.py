"""How often monitoring cries wolf: many small batches of leads of a history in which nothing changed.

    python benchmarks/monitor.py --runs 200 --leads 50

reads `data/interim` and `models/released/won`, draws so many of the leads that were open on each of the last Mondays,
and counts the runs with an alarm; volumes do not depend on the draw and are looked at once a Monday. Beside it stands
the plain rule that ignores chance.
"""

import argparse
import time
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.contract.history import History
from predictive_scoring.monitor import today as module
from predictive_scoring.monitor.today import Today, today
from predictive_scoring.publish.bundle import Bundle

SETTINGS = Monitor(bootstrap_samples=50)
N_MONDAYS = 40


def batches(n_runs: int, n_leads: int) -> list[Today]:
    """Return what monitoring says of each batch."""
    bundle, history = Bundle.load("models/released/won"), History.load(Path("data/interim"))
    last = history.facts.observed_until
    assert last is not None
    rng = np.random.default_rng(0)
    volumes = cache(lambda as_of: real(history, bundle.catalogue, as_of, SETTINGS))
    real = module.volumes
    module.volumes = lambda _history, _catalogue, as_of, _settings: volumes(as_of)
    module.drawn = lambda leads, _: leads.take(pa.array(np.sort(rng.choice(leads.num_rows, n_leads, replace=False))))
    mondays = [last - timedelta(days=7 * weeks) for weeks in range(1, N_MONDAYS + 1)]
    return [today(bundle, history, mondays[run % N_MONDAYS], SETTINGS) for run in range(n_runs)]


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--leads", type=int, default=200)
    asked = parser.parse_args()
    started = time.perf_counter()
    found = batches(asked.runs, asked.leads)
    alarms = [each.text for run in found for each in run.findings if each.severity == "alarm"]
    n_loud = sum(any(each.severity == "alarm" for each in run.findings) for run in found)
    n_naive = sum(any(drift.psi > SETTINGS.min_psi for drift in run.drifts) for run in found)
    print(f"{len(found)} runs of {asked.leads} leads, {len(found[0].drifts)} inputs each")
    print(f"runs with an alarm: {n_loud}; with the plain rule PSI > {SETTINGS.min_psi}: {n_naive}")
    print(f"{(time.perf_counter() - started) / len(found):.2f} s a run")
    for text in alarms[:20]:
        print(f"  {text}")


if __name__ == "__main__":
    main()
