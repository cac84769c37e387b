"""A feature that is too good is refused; an honest recency over many dormant leads is not."""

from datetime import timedelta
from pathlib import Path

import pytest

from planted_history import WON, Planted
from predictive_scoring.audit import behaviour
from predictive_scoring.audit.auditing import audit_source
from predictive_scoring.audit.behaviour import behaviour_findings
from predictive_scoring.config.params import Params
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import QUARANTINE, History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.storage import write_parquet

PARAMS = Params(
    source=Path("planted.yaml"),
    targets={"won": WON},
    snapshots=Snapshots(every_days=7, max_age_days=170),
    split=Split(min_positives=5),
)


def built(planted: Planted, folder: Path) -> tuple[History, Dataset]:
    history = planted.write(folder / "history")
    return history, build_dataset(history, WON, PARAMS, folder / "features")


def dormant() -> Planted:
    """Of most leads nothing is heard after their first days, and they never buy; half of those in touch do."""
    planted = Planted(n_leads=900)
    planted.outcomes = [row for row in planted.outcomes if row["stage"] == "won" and row["lead_id"] in planted.keen]
    for lead in planted.leads:
        if lead["lead_id"] in planted.keen:
            for day in range(0, 170, 14):
                planted.act(lead["lead_id"], lead["created_at"] + timedelta(days=day), "page_view")
    return planted


def test_an_honest_recency_over_many_dormant_leads_is_not_suspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, dataset = built(dormant(), tmp_path)
    monkeypatch.setattr(behaviour, "MAX_AUC", 0.82)  # a lower bar, so that a small history shows the difference
    assert [each.column for each in behaviour_findings(history, dataset) if each.refuses] == []
    # Planted bug: a judge that looks at dormant leads too would refuse it.
    monkeypatch.setattr(behaviour, "ACTIVE_DAYS", 10_000)
    assert [each.column for each in behaviour_findings(history, dataset) if each.refuses]


def test_a_target_that_cannot_be_learned_hides_no_leak_of_another(tmp_path: Path) -> None:
    planted = Planted(n_leads=900)
    for lead in planted.leads:
        if lead["lead_id"] in planted.won_at:
            planted.act(lead["lead_id"], lead["created_at"] + timedelta(minutes=1), "import_flag")
    history = planted.write(tmp_path)
    write_parquet(tmp_path / "quarantine.parquet", QUARANTINE.empty_table())
    typo = Target(stage="wno", horizon_days=30)
    with open_engine() as engine:
        found = audit_source(engine, history, PARAMS.model_copy(update={"targets": {"typo": typo, "won": WON}}))
    refused = {(each.target, each.id) for each in found if each.refuses}
    assert {("typo", "label.stage_never_occurs"), ("won", "leak.single_feature")} <= refused


@pytest.mark.parametrize(("share", "is_caught"), [(1.0, True), (0.9, True), (0.3, False)])
def test_D18_a_count_that_all_but_says_who_will_buy_is_refused(tmp_path: Path, share: float, is_caught: bool) -> None:
    planted = Planted(n_leads=900)
    for lead in planted.leads:
        at = planted.won_at.get(lead["lead_id"])
        if (at and planted.rng.random() < share) or (not at and planted.rng.random() < 0.03):
            planted.act(lead["lead_id"], lead["created_at"] + timedelta(minutes=1), "import_flag")
    history, dataset = built(planted, tmp_path)
    refused = [each for each in behaviour_findings(history, dataset) if each.refuses]
    assert bool(refused) is is_caught
    assert {(each.id, each.column) for each in refused} <= {("leak.single_feature", "import_flag")}
