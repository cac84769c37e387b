"""One small project, run whole by DVC, that the tests of this folder look at."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.project.create import create_project

SMALL = {"n_accounts": 1500, "n_days": 728, "n_rollouts": 20}
SHARES = {"min_positives": 10, "calibrate_share": 0.15, "test_share": 0.15}
# Every kind of past, none often, and of few looks: what the backtest costs is its trainings.
A_FEW = {"bootstrap_samples": 100, "backtest": {"origins": 2, "months_back": [6], "max_rows": 2000}}
BRIEF = {"bootstrap_samples": 50, "backtest": {"origins": 0, "months_back": [], "random_split": False}}


@dataclass(frozen=True)
class Project:
    """A project's folder, and commands run in it."""

    folder: Path

    def run(self, *command: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        scripts = str(Path(sys.executable).parent)
        environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == expect, f"{command}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done


def small_project(folder: Path) -> Project:
    """Make a project on a small simulated history."""
    create_project(folder, "demo")
    change_params(folder, simulate=SMALL, split=SHARES, evaluate=A_FEW)
    _say_when_the_small_history_ends(folder / "data/sources/demo.yaml")
    return Project(folder)


def change_params(folder: Path, **changes: dict[str, object]) -> None:
    """Merge something into the blocks of a project's params.yaml."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    for block, change in changes.items():
        params[block] = {**params.get(block, {}), **change}
    path.write_text(yaml.safe_dump(params, sort_keys=False))


def _say_when_the_small_history_ends(source: Path) -> None:
    """Set `exported_at`: the shipped one is the long history's, after which leads would count as not converting."""
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    (place,) = [place for place, line in enumerate(lines) if line.startswith("exported_at:")]
    lines[place] = f'exported_at: "{Simulate(**SMALL).ends_at.isoformat()}"\n'
    source.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = small_project(tmp_path_factory.mktemp("pipeline") / "small")
    made.run("dvc", "repro")
    return made
