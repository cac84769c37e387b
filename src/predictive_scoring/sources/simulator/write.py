"""The simulated export as files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.simulator import tables
from predictive_scoring.sources.simulator.accounts import draw_accounts, traits_of
from predictive_scoring.sources.simulator.export import write_csv
from predictive_scoring.sources.simulator.paths import Plan, walk
from predictive_scoring.sources.simulator.truth import MAX_AGE_DAYS, summary, truth_days, truth_table
from predictive_scoring.storage import publishing_folder, write_json, write_parquet


def draw_world(settings: Simulate, horizon_days: int) -> tuple[tables.World, npt.NDArray[np.float64]]:
    """Return the drawn history, and the truth as `paths.walk` returns it."""
    rng = np.random.default_rng(settings.seed)
    accounts = draw_accounts(settings.n_accounts, rng)
    traits = traits_of(accounts, settings, rng)
    days = truth_days(settings, horizon_days)
    plan = Plan(settings.seed, settings.n_days, horizon_days, settings.n_rollouts, MAX_AGE_DAYS, days)
    events, leads, truth = walk(traits, plan)
    return tables.world_of(accounts, events, leads, settings.n_days, rng), truth


def simulate(settings: Simulate, horizon_days: int, folder: Path) -> None:
    """Write a simulated CRM export and its true probabilities into `folder`; the same settings give the same bytes.

    Parameters
    ----------
    settings : Simulate
        Seed and size of the world.
    horizon_days : int
        The truth is the probability to be won within this many days.
    folder : Path
        Holds accounts.csv, leads.csv, activities.csv, stages.csv, truth.parquet and truth.json afterwards, and
        nothing else; it appears whole or not at all.
    """
    world, truth = draw_world(settings, horizon_days)
    rng = np.random.default_rng([settings.seed, 1])
    with publishing_folder(folder) as target:
        write_csv(target, "accounts", tables.accounts_table(world, rng), rng)
        write_csv(target, "leads", tables.leads_table(world, rng), rng)
        write_csv(target, "activities", tables.activities_table(world, rng), rng)
        write_csv(target, "stages", tables.stages_table(world, rng), rng)
        write_parquet(target / "truth.parquet", truth_table(world, truth))
        write_json(target / "truth.json", summary(world, truth, settings, horizon_days))
