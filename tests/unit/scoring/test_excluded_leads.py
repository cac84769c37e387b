"""The rules that a model was trained with decide whom it scores, and each lead kept out is told with its rule."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from history_builder import write_history
from predictive_scoring.config.automatic import Automatic
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import judged
from predictive_scoring.scoring.trace import trace
from predictive_scoring.scoring.write import write_scores
from small_company import CHANNEL, PARAMS, SmallCompany

AS_OF = datetime(2025, 3, 1, tzinfo=UTC)
STAFF = Exclude(email_groups=("own_staff",), leads={"channel": ("fair",)})


@pytest.fixture
def strict(bundle: Bundle) -> Bundle:
    """The small company's bundle, as if it had been trained with rules."""
    snapshots = bundle.terms.snapshots.model_copy(update={"exclude": STAFF})
    return replace(bundle, terms=bundle.terms.model_copy(update={"snapshots": snapshots}))


@pytest.fixture
def history(tmp_path: Path) -> History:
    values = {"us": {"email_group": "own_staff"}, "fair": {"channel": "fair"}, "lost": {}, "open": {}}
    leads = [{"lead_id": name, "created_at": "2025-02-10", "channel": "ads", **row} for name, row in values.items()]
    return write_history(
        tmp_path / "history",
        leads=leads,
        outcomes=[{"lead_id": "lost", "occurred_at": "2025-02-12", "stage": "lost"}],
        attributes=[CHANNEL],
        observed_until=AS_OF,
        email_groups=("own_staff",),
        rows={"leads": RowAccount(read=4, kept=4)},
    )


def test_each_excluded_lead_has_its_rule_and_the_rules_are_counted(
    strict: Bundle, history: History, tmp_path: Path
) -> None:
    summary = write_scores(strict, history, AS_OF, tmp_path / "scores")
    rows = pq.read_table(tmp_path / "scores" / "not_scored.parquet").to_pylist()
    assert {row["lead_id"]: (row["reason"], row["detail"]) for row in rows} == {
        "us": ("excluded", "email_group:own_staff"),
        "fair": ("excluded", "leads.channel"),
        "lost": ("excluded", "end_stage"),
    }
    assert summary.adds_up
    counted = {"email_group:own_staff": 1, "end_stage": 1, "leads.channel": 1}
    assert json.loads((tmp_path / "scores" / "manifest.json").read_text())["rows"]["excluded"] == counted
    assert "excluded: email_group:own_staff 1, end_stage 1, leads.channel 1" in list(summary.lines())
    assert trace(strict, history, AS_OF, "us").status == "not scored: excluded (email_group:own_staff)"


def test_without_the_rules_they_are_scored(bundle: Bundle, history: History, tmp_path: Path) -> None:
    assert write_scores(bundle, history, AS_OF, tmp_path / "scores").n_scored == 3


def test_a_bundle_says_how_its_sources_are_read(company: SmallCompany) -> None:
    clicks = Automatic(burst_clicks=7)
    asked = Extract(same_email="one_lead", automatic=clicks, max_quarantine_share=0.2, memory_limit_gb=1.0)
    params = PARAMS.model_copy(update={"extract": asked})
    parts = company.history.facts, company.dataset, company.candidate, company.judgement.metrics
    terms = judged("won", params, *parts).terms
    assert (terms.extract.same_email, terms.extract.automatic) == ("one_lead", clicks)
    assert terms.extract.max_quarantine_share == 0.2, "what training was content with does not stop a night"
    assert terms.extract.memory_limit_gb == Extract().memory_limit_gb, "that is the machine's business"


def test_a_bundle_of_before_counts_every_click_as_its_training_did(bundle: Bundle) -> None:
    said = bundle.terms.model_dump(exclude={"same_email", "automatic", "max_quarantine_share"})
    old = type(bundle.terms).model_validate(said)
    assert old.extract.automatic.click_kinds == ()
    assert (old.extract.same_email, old.extract.max_quarantine_share) == ("keep", Extract().max_quarantine_share)
