"""What sales said becomes a model: the table mapped as outcomes, a second target, and the way from there to scores."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring import score
from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.params import Params
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target
from predictive_scoring.config.train import Train
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.judgement import judge
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.model.candidate import train
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.release import release
from predictive_scoring.scoring.describe import describe
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.sources.extract import extract
from small_company import END, START

BUSY = END - timedelta(days=60)
POLICY = Snapshots(every_days=7, max_age_days=28)
ACCEPTED = Target(stage="sql", horizon_days=30, end_stages=("rejected",), only_judged=True)
WORKED = {"ads": 0.15, "referral": 0.95}  # sales call few who came by an advertisement, and like them as much


def _write(folder: Path, n_leads: int = 1200) -> Path:
    """Write a company whose sales accept whoever asks for a demo, and its source file, as docs/hand-off.md has it."""
    rng = np.random.default_rng(3)
    leads, acts, said = ["id,at,channel"], ["id,at,kind"], ["lead_id,decided_at,decision"]
    for number in range(n_leads):
        name, created = f"L{number:04d}", START + timedelta(minutes=int(rng.integers(380 * 24 * 60)))
        channel = str(rng.choice(list(WORKED)))
        leads.append(f"{name},{created:%Y-%m-%dT%H:%M:%SZ},{channel}")
        keen = bool(rng.random() < 0.4)
        for kind in ("page_view", "page_view", *(["demo_request"] if keen else [])):
            at = created + timedelta(hours=float(rng.integers(1, 72)))
            acts.append(f"{name},{at:%Y-%m-%dT%H:%M:%SZ},{kind}")
        at = created + timedelta(days=float(rng.integers(8, 20)))
        words = ["accepted", "rejected", "no_contact"]
        if at < END and rng.random() < WORKED[channel]:
            said.append(
                f"{name},{at:%Y-%m-%dT%H:%M:%SZ},{rng.choice(words, p=[0.8, 0.1, 0.1] if keen else [0.1, 0.7, 0.2])}"
            )
    for file, lines in (("leads", leads), ("activities", acts), ("said", said)):
        (folder / f"{file}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tables = {
        "leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at"},
                  "attributes": {"channel": {"type": "category", "known": "at_creation"}}},
        "activities": {"path": "activities.csv", "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind"}},
        "outcomes": {"path": "said.csv",
                     "columns": {"lead_id": "lead_id", "occurred_at": "decided_at", "stage": "decision"},
                     "stages": {"accepted": "sql", "rejected": "rejected"}, "only_listed": True},
    }  # fmt: skip
    facts = {"name": "said", "description": "what sales said", "licence": "internal", "timezone": "UTC"}
    source = folder / "said.yaml"
    source.write_text(json.dumps({**facts, "exported_at": f"{END:%Y-%m-%d}", "tables": tables}), encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, Path, Bundle]:
    folder = tmp_path_factory.mktemp("said")
    return _learned(_write(folder), folder, ACCEPTED)


def _learned(source: Path, folder: Path, target: Target) -> tuple[History, Path, Bundle]:
    params = Params(
        source=source,
        targets={"won": Target(stage="won", horizon_days=30), "accepted": target},
        snapshots=POLICY,
        split=Split(min_positives=5),
        train=Train(max_trees=30, n_replicas=20, n_threads=1, min_leaf_rows=20),
        evaluate=Evaluate(bootstrap_samples=100),
    )
    history = extract(source, folder / "interim", params.extract)
    dataset = build_dataset(history, target, params, folder / "features")
    candidate = train(dataset, params.train, folder / "candidate")
    metrics = judge(dataset, candidate, params.evaluate, params.publish.grades).metrics
    whole = judged("accepted", params, history.facts, dataset, candidate, metrics)
    return history, source, release(whole, folder / "bundle", run_id=None, now=END)


def test_what_sales_said_is_learned_and_scored(learned: tuple[History, Path, Bundle]) -> None:
    history, source, bundle = learned
    assert set(history.facts.words.stages) <= {"sql", "rejected"}
    assert bundle.terms.target.stage == "sql"
    scores = score(bundle, source, BUSY.date())
    assert len(scores) > 20
    asked = scores["reasons"].map(lambda told: any("demo" in one["concept"] and one["points"] > 0 for one in told))
    assert asked.any()
    assert scores["probability"][asked].mean() > 2 * scores["probability"][~asked].mean()


def test_scores_and_card_say_that_the_chance_is_of_a_lead_that_is_judged(
    learned: tuple[History, Path, Bundle],
) -> None:
    history, _, bundle = learned
    quality = describe(bundle, history, BUSY, bundle.terms.grades).evaluation
    assert quality is not None
    assert any("of a lead that is judged in that time" in note.en for note in quality.findings)
    assert "reached one of sql, rejected in that time" in (bundle.folder / "model_card.md").read_text(encoding="utf-8")


def test_whom_sales_decided_on_is_open_no_more_and_whom_they_did_not_reach_still_is(
    learned: tuple[History, Path, Bundle],
) -> None:
    _, source, bundle = learned
    lines = [line.split(",") for line in (source.parent / "said.csv").read_text().splitlines()[1:]]
    scored = set(score(bundle, source, BUSY.date())["lead_id"])
    by_word = {
        word: {lead for lead, at, said in lines if said == word and at < f"{BUSY:%Y-%m-%d}"}
        for word in ("accepted", "rejected", "no_contact")
    }
    assert not scored & (by_word["accepted"] | by_word["rejected"])
    assert scored & by_word["no_contact"]


def _chance_by_channel(bundle: Bundle, source: Path) -> dict[str, float]:
    """Return the mean chance of open leads that asked for no demo, by channel: sales like both channels alike."""
    scores = score(bundle, source, BUSY.date())
    lines = [line.split(",") for line in (source.parent / "leads.csv").read_text().splitlines()[1:]]
    acts = (source.parent / "activities.csv").read_text().splitlines()
    keen = {line.split(",")[0] for line in acts if "demo" in line and line.split(",")[1] < f"{BUSY:%Y-%m-%d}"}
    channel = {lead: by for lead, _, by in lines if lead not in keen}
    of = scores["lead_id"].map(channel)
    return {name: float(scores["probability"][of == name].mean()) for name in WORKED}


def test_leads_that_nobody_worked_are_no_rejections_and_planted_as_such_they_cost_their_channel(
    learned: tuple[History, Path, Bundle], tmp_path: Path
) -> None:
    history, source, bundle = learned
    fair = _chance_by_channel(bundle, source)
    assert 0.7 < fair["ads"] / fair["referral"] < 1.4
    as_it_was = ACCEPTED.model_copy(update={"only_judged": False})
    _, _, planted = _learned(source, tmp_path, as_it_was)
    biased = _chance_by_channel(planted, source)
    assert biased["ads"] / biased["referral"] < 0.5
    looks = training_snapshots(history, ACCEPTED, POLICY).to_pandas()
    worked = {line.split(",")[0] for line in (source.parent / "said.csv").read_text().splitlines()[1:]}
    assert not set(looks["lead_id"][(looks["state"] == "mature")]) - worked
    assert set(looks["lead_id"][looks["state"] == "unjudged"]) - worked
