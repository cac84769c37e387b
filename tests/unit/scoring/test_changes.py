"""Why a chance changed since the last run, and what one more activity would go together with."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from history_builder import write_history
from predictive_scoring.config.engine import Engine
from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.compute import compute
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.as_known import as_known
from predictive_scoring.scoring.changes import Change, Previous
from predictive_scoring.scoring.run import Wish, run_scoring
from predictive_scoring.scoring.trace import Wanted, trace
from predictive_scoring.scoring.what_if import looks_at, what_if
from predictive_scoring.scoring.write import Run, replace_scores, write_scores
from predictive_scoring.snapshots.population import population_at
from small_company import CHANNEL, END, SmallCompany

NOW, THEN = END - timedelta(days=60), END - timedelta(days=74)


@pytest.fixture(scope="module")
def counted(company: SmallCompany) -> History:
    n = pq.read_metadata(company.history.path("leads")).num_rows
    facts = company.history.facts.model_copy(update={"rows": {"leads": RowAccount(read=n, kept=n)}})
    return History(company.history.folder, facts)


@pytest.fixture(scope="module")
def last_run(bundle: Bundle, counted: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nights") / "then"
    write_scores(bundle, counted, THEN, folder)
    return folder


@pytest.fixture(scope="module")
def tonight(bundle: Bundle, counted: History, last_run: Path) -> Path:
    previous = Previous.load(last_run, bundle, NOW)
    run = Run(bundle, counted, NOW, batch_rows=17, work=Score(actionable=("demo_request",)), since=previous)
    replace_scores(run, last_run.parent / "now")
    return last_run.parent / "now"


def test_the_three_parts_add_up_to_the_difference_for_every_lead(tonight: Path, last_run: Path) -> None:
    found = pq.read_table(tonight / "changes.parquet")
    parts = sum(found[name].to_numpy() for name in ("previous_probability", "by_model", "by_time", "by_news"))
    np.testing.assert_allclose(parts, found["probability"].to_numpy(), rtol=0, atol=1e-12)
    now, then = (
        pq.read_table(folder / "scores.parquet", columns=["lead_id", "probability"]) for folder in (tonight, last_run)
    )
    both = set(now["lead_id"].to_pylist()) & set(then["lead_id"].to_pylist())
    assert set(found["lead_id"].to_pylist()) == both
    assert len(both) > 20
    chances = dict(zip(now["lead_id"].to_pylist(), now["probability"].to_pylist(), strict=True))
    assert [chances[name] for name in found["lead_id"].to_pylist()] == pytest.approx(
        found["probability"].to_pylist(), abs=1e-12
    )


def test_the_same_model_and_records_leave_nothing_to_the_model(tonight: Path) -> None:
    found = pq.read_table(tonight / "changes.parquet")
    assert np.abs(found["by_model"].to_numpy()).max() < 1e-12
    assert np.abs(found["by_time"].to_numpy()).max() > 0
    assert np.abs(found["by_news"].to_numpy()).max() > 0


def test_a_lead_that_did_nothing_changed_by_time_alone(tonight: Path, company: SmallCompany) -> None:
    leads = pq.read_table(company.history.path("leads"), columns=["lead_id", "lead_no"]).to_pydict()
    number = dict(zip(leads["lead_id"], leads["lead_no"], strict=True))
    done = pq.read_table(company.history.path("activities"))
    lately = pc.and_(pc.greater_equal(done["known_at"], pa.scalar(THEN)), pc.less(done["known_at"], pa.scalar(NOW)))
    active = set(done.filter(lately)["lead_no"].to_pylist())
    silent = 0
    for row in pq.read_table(tonight / "changes.parquet").to_pylist():
        if number[row["lead_id"]] not in active:
            silent += 1
            assert row["by_news"] == 0.0
            assert row["concept"] is None
            assert "what became known" not in row["text_en"]
    assert silent > 5


def test_texts_of_both_languages_state_the_same_numbers(tonight: Path) -> None:
    for row in pq.read_table(tonight / "changes.parquet").to_pylist():
        assert row["text_es"].count("−") == row["text_en"].count("−")
        assert row["text_es"].count("+") == row["text_en"].count("+")
        assert "{" not in row["text_en"] + row["text_es"]


def test_another_model_has_its_part(bundle: Bundle, company: SmallCompany, last_run: Path, tmp_path: Path) -> None:
    previous = Previous.load(last_run, bundle, NOW)
    doubled = previous.scores.set_column(1, "probability", pc.multiply(previous.scores["probability"], 0.5))
    other = Previous(previous.as_of, "won-of-another-day", doubled)
    (found,) = Change(bundle, company.history, other, NOW, tmp_path / "silent").tables(10_000)
    by_model, was = found["by_model"].to_numpy(), found["previous_probability"].to_numpy()
    np.testing.assert_allclose(by_model, was, atol=1e-12)  # today's model would have said twice as much
    assert any("the model changed" in text for text in found["text_en"].to_pylist())


def test_an_earlier_history_knows_nothing_of_what_came_later(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    ids = _open(bundle, company)
    looks = looks_at(bundle, company.history, NOW, ids.filter(pc.is_in(ids, _open(bundle, company, THEN))))
    then = looks.set_column(
        looks.schema.get_field_index("as_of"), "as_of", pa.repeat(pa.scalar(THEN, looks["as_of"].type), len(looks))
    )
    earlier = as_known(company.history, THEN, tmp_path / "earlier")
    # At the instant itself nothing is missing: what is left out became known later.
    for at, is_same in ((then, True), (looks, False)):
        known, whole = (compute(history, at, bundle.catalogue).to_pylist() for history in (earlier, company.history))
        assert (known == whole) is is_same


def _open(bundle: Bundle, company: SmallCompany, as_of: datetime = NOW) -> pa.ChunkedArray:
    population = population_at(company.history, bundle.terms.target, bundle.terms.snapshots, as_of)
    return population.filter(pc.equal(population["status"], "open"))["lead_id"]


@pytest.mark.parametrize("days", [0, 1])
def test_a_run_that_is_not_earlier_is_refused(bundle: Bundle, last_run: Path, days: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot say what changed"):
        Previous.load(last_run, bundle, THEN - timedelta(days=days))


def test_one_more_activity_changes_every_feature_as_if_it_had_happened(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    """Against the plain way: the whole history written anew with the activity in it."""
    ids = _open(bundle, company)[:3]
    looks = looks_at(bundle, company.history, NOW, ids)
    found = what_if(bundle, company.history, looks, ("demo_request",), tmp_path / "small").to_pylist()
    assert [row["lead_id"] for row in found] == ids.to_pylist()
    done = pq.read_table(company.history.path("activities"))
    for look, row in zip(looks.to_pylist(), found, strict=True):
        at = NOW - timedelta(hours=1)
        one = {
            "account_no": look["account_no"],
            "lead_no": look["lead_no"],
            "occurred_at": at,
            "known_at": at,
            "kind": "demo_request",
        }
        whole = pa.concat_tables([done, pa.Table.from_pylist([one], done.schema)])
        folder = tmp_path / row["lead_id"]
        folder.mkdir()
        for table in ("leads", "accounts", "outcomes"):
            (folder / f"{table}.parquet").symlink_to(company.history.path(table))
        pq.write_table(
            whole.sort_by([("account_no", "ascending"), ("known_at", "ascending"), ("occurred_at", "ascending")]),
            folder / "activities.parquet",
        )
        other = History(folder, company.history.facts)
        alone = looks.filter(pc.equal(looks["lead_id"], row["lead_id"]))
        frame = to_frame(compute(other, alone, bundle.catalogue), bundle.catalogue)
        assert row["probability_if"] == pytest.approx(float(bundle.explain(frame).probability[0]), abs=1e-12)
        assert row["points"] == pytest.approx(row["probability_if"] - row["probability"], abs=1e-15)
        assert frame["demo_request__days_since_last"][0] == pytest.approx(1 / 24)


def test_only_what_a_team_can_bring_about_is_asked(
    tonight: Path, bundle: Bundle, company: SmallCompany, tmp_path: Path
) -> None:
    found = pq.read_table(tonight / "what_if.parquet")
    assert set(found["kind"].to_pylist()) == {"demo_request"}
    assert found["text_en"][0].as_py().startswith("With a demo request now")
    looks = looks_at(bundle, company.history, NOW, _open(bundle, company)[:2])
    assert what_if(bundle, company.history, looks, (), tmp_path).num_rows == 0


def test_colleagues_do_not_see_each_others_what_if(bundle: Bundle, tmp_path: Path) -> None:
    """Two leads of one account are asked one at a time: each answer is that of the lead alone."""
    created = NOW - timedelta(days=10)
    history = write_history(
        tmp_path / "two",
        leads=[{"lead_id": name, "account_id": "acme", "created_at": created, "channel": "ads"} for name in ("a", "b")],
        activities=[
            {"lead_id": n, "occurred_at": created + timedelta(days=1), "kind": "page_view"} for n in ("a", "b")
        ],
        outcomes=[],
        attributes=[CHANNEL],
        observed_until=NOW,
    )
    both = looks_at(bundle, history, NOW, pa.chunked_array([["a", "b"]]))
    alone = looks_at(bundle, history, NOW, pa.chunked_array([["a"]]))
    together = what_if(bundle, history, both, ("demo_request",), tmp_path / "x").to_pylist()
    (one,) = what_if(bundle, history, alone, ("demo_request",), tmp_path / "y").to_pylist()
    assert together[0]["probability_if"] == one["probability_if"]


def test_changes_are_refused_on_spark_before_anything_is_scored(
    bundle: Bundle, counted: History, last_run: Path, tmp_path: Path
) -> None:
    previous = Previous.load(last_run, bundle, NOW)
    run = Run(bundle, counted, NOW, since=previous, engine=Engine(name="spark"))
    with pytest.raises(ConfigurationError, match="--since: what changed is computed on one machine"):
        run_scoring(run, Wish(tmp_path / "scores"))
    assert not (tmp_path / "scores").exists()


def test_explain_asks_of_the_kinds_that_the_team_can_bring_about(bundle: Bundle, counted: History) -> None:
    lead_id = looks_of_open(bundle, counted)["lead_id"][0].as_py()
    kinds = [{row["kind"] for row in trace(bundle, counted, NOW, lead_id, wanted).possible} for wanted in (
        Wanted(), Wanted(actionable=("page_view",)))]  # fmt: skip
    assert "page_view" not in kinds[0]
    assert kinds[1] == {"page_view"}


def looks_of_open(bundle: Bundle, history: History) -> pa.Table:
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, NOW)
    return population.filter(pc.equal(population["status"], "open"))
