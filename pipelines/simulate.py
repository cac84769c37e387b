"""Stage simulate: the default history, as a CRM would export it, with the true chances beside it."""

from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.project.stage import stage
from predictive_scoring.sources.simulator import simulate


def main() -> list[str]:
    """Write the simulated export."""
    params = load_params()
    horizon = next(iter(params.targets.values())).horizon
    simulate(params.simulate, horizon.days, Path("data/raw/demo"))
    return [f"simulated {params.simulate.n_accounts:,} accounts over {params.simulate.n_days:,} days"]


if __name__ == "__main__":
    stage(main)
