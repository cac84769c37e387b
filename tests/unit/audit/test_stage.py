"""The stage before training: a planted leak stops it, and a name in params.yaml lets it pass."""

import runpy
from pathlib import Path

import pytest
import yaml

from planted_history import WON, Planted
from predictive_scoring.config.params import load_params
from predictive_scoring.errors import LeakSuspectedError
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.storage import read_json

STAGE = Path(__file__).parents[3] / "pipelines" / "check.py"


def project(folder: Path, accept: list[str], *, leak: bool) -> None:
    """Make what stands before the stage in a project's folder, and its params.yaml."""
    planted = Planted(n_leads=600)
    planted.fill("contract no", won=0.9 if leak else 0.5, others=0.0 if leak else 0.5)
    given = {
        "source": "planted.yaml", "targets": {"won": WON.model_dump(mode="json")}, "split": {"min_positives": 5},
        "snapshots": {"max_age_days": 120}, "audit": {"accept": accept},
    }  # fmt: skip
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    history = planted.write(folder / "data" / "interim")
    build_dataset(history, WON, load_params(folder / "params.yaml"), folder / "data" / "features" / "won")


@pytest.mark.parametrize(
    ("leak", "accept", "passes"), [(True, [], False), (True, ["contract no"], True), (False, [], True)]
)
def test_E09_training_is_not_reached_while_something_knows_the_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: bool, accept: list[str], passes: bool
) -> None:
    project(tmp_path, accept, leak=leak)
    monkeypatch.chdir(tmp_path)
    main = runpy.run_path(str(STAGE))["main"]
    if passes:
        main("won")
    else:
        with pytest.raises(LeakSuspectedError, match="contract no") as stopped:
            main("won")
        assert stopped.value.exit_code == 5
    found = read_json(Path("data/checks/won/findings.json"))
    assert [(each["column"], each["accepted"]) for each in found if each["id"].startswith("leak.")] == (
        [("contract no", bool(accept))] if leak else []
    )
