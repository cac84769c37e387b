"""A made-up company, small enough to run the whole way through functions in seconds."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from history_builder import write_history
from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.params import Params
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target
from predictive_scoring.config.train import Train
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.evaluate.judgement import Judgement, judge
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.model.candidate import Candidate, train
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import Judged, judged
from predictive_scoring.publish.release import release

START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + timedelta(days=420)
CHANNEL = Attribute(table="leads", name="channel", type="category", known="at_creation")
PARAMS = Params(
    source=Path("data/sources/small.yaml"),
    targets={"won": Target(stage="won", horizon_days=30, end_stages=("lost",))},
    snapshots=Snapshots(every_days=7, max_age_days=42),
    split=Split(min_positives=5),
    train=Train(max_trees=40, n_replicas=20, n_threads=1, min_leaf_rows=20),
    evaluate=Evaluate(bootstrap_samples=100),
)


def small_history(folder: Path, seed: int = 0, n_leads: int = 900) -> History:
    """Write a history in which keen leads visit often and buy often."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[dict[str, Any]]] = {"leads": [], "activities": [], "outcomes": []}
    for number in range(n_leads):
        lead_id, created = f"L{number:04d}", START + timedelta(minutes=int(rng.integers(380 * 24 * 60)))
        keen = bool(rng.random() < 0.3)
        channel = str(rng.choice(["referral", "ads"], p=[0.7, 0.3] if keen else [0.2, 0.8]))
        rows["leads"].append({"lead_id": lead_id, "created_at": created, "channel": channel})
        for _ in range(int(rng.poisson(10 if keen else 2))):
            when = created + timedelta(minutes=int(rng.integers(1, 28 * 24 * 60)))
            kind = "demo_request" if rng.random() < 0.2 else "page_view"
            rows["activities"].append({"lead_id": lead_id, "occurred_at": when, "kind": kind})
        if rng.random() < (0.6 if keen else 0.05):
            when = created + timedelta(days=10 + 35 * rng.random())
            rows["outcomes"].append({"lead_id": lead_id, "occurred_at": when, "stage": "won"})
    for name in ("activities", "outcomes"):
        rows[name] = [row for row in rows[name] if row["occurred_at"] < END]
    return write_history(folder, **rows, attributes=[CHANNEL], observed_until=END)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SmallCompany:
    """What each stage made of it."""

    folder: Path
    history: History
    dataset: Dataset
    candidate: Candidate
    judgement: Judgement
    judged: Judged


def small_company(folder: Path, *, by_lot: bool = False, n_leads: int = 900, params: Params = PARAMS) -> SmallCompany:
    """Run the stages up to the gate; `by_lot`: who converted is drawn anew, whatever the leads did."""
    history = small_history(folder / "interim", n_leads=n_leads)
    dataset = build_dataset(history, params.targets["won"], params, folder / "features")
    dataset = with_labels_by_lot(dataset) if by_lot else dataset
    candidate = train(dataset, params.train, folder / "candidate")
    judgement = judge(dataset, candidate, params.evaluate, params.publish.grades)
    whole = judged("won", params, history.facts, dataset, candidate, judgement.metrics)
    return SmallCompany(folder, history, dataset, candidate, judgement, whole)


def with_labels_by_lot(dataset: Dataset) -> Dataset:
    """Draw for each lead whether it converted, the same at each of its labelled snapshots."""
    table = dataset.table
    leads = np.unique(table["lead_id"].to_numpy(zero_copy_only=False))
    lots = dict(zip(leads, np.random.default_rng(1).random(len(leads)) < 0.25, strict=True))
    drawn = [
        None if known is None else bool(lots[lead])
        for lead, known in zip(table["lead_id"].to_pylist(), table["converted"].to_pylist(), strict=True)
    ]
    place = table.schema.get_field_index("converted")
    return replace(dataset, table=table.set_column(place, "converted", pa.array(drawn, pa.bool_())))


def released(company: SmallCompany, folder: Path) -> Bundle:
    """Release the company's candidate at a fixed instant."""
    return release(company.judged, folder, run_id=None, now=END)
