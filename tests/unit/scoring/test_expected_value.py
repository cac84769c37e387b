"""Expected value stands after the contract's columns, steers the rank where that is asked, and nothing else."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from predictive_scoring.agreement.definition import Grading
from predictive_scoring.cli.explaining import trace_lines
from predictive_scoring.config.regions import Tag
from predictive_scoring.config.report import Report
from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.errors import BundleRefusedError, ConfigurationError
from predictive_scoring.features.compute import compute_shards
from predictive_scoring.features.frame import to_frame
from predictive_scoring.model.amount import AMOUNT_FILE, Amount
from predictive_scoring.model.linear import LinearPart, Term
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.golden import GOLDEN
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.manifest import seal
from predictive_scoring.publish.release import release
from predictive_scoring.report.calling import capacities
from predictive_scoring.report.contents import tells_value
from predictive_scoring.report.page import write_page
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.scoring import job
from predictive_scoring.scoring.batches import Manner
from predictive_scoring.scoring.describe import describe
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.job import score_history
from predictive_scoring.scoring.schema import SCORES, scores_schema
from predictive_scoring.scoring.trace import trace
from predictive_scoring.scoring.value import basis_of, depends_on
from predictive_scoring.scoring.write import Run, replace_scores
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.storage import canonical_json, read_json, read_parquet
from small_company import END, PARAMS, SmallCompany

BUSY = END - timedelta(days=60)  # an instant with many open leads
REFERRAL, OTHERS = 9000.0, 1000.0


def amount_by_channel(company: SmallCompany) -> Amount:
    """Return an amount of 9,000 for leads that came by referral and 1,000 for the others."""
    encoding = company.candidate.scorer.encoding
    column = encoding.names.index("lead__channel")
    level = encoding.columns[column].levels.index("referral")
    term = Term(column=column, kind="level", level=level, coefficient=np.log(REFERRAL / OTHERS))
    part = LinearPart(n_columns=len(encoding.columns), intercept=np.log(OTHERS), terms=(term,))
    shown = {"mean": 2000.0, "low": 1.0, "high": 1e5, "known": None, "n_leads": 100, "n_drawn_in": 0, "gain": None}
    return Amount(part=part, factor=1.0, **shown)


@pytest.fixture(scope="module")
def valued(company: SmallCompany, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Release a model that tells amounts and whose chances hold, as they happen to or not on 24 conversions."""
    holding = {**company.judged.evaluation, "calibration_holds": True}
    whole = replace(company.judged, amount=amount_by_channel(company), evaluation=holding)
    return release(whole, tmp_path_factory.mktemp("valued") / "won", run_id=None, now=END)


def scored(bundle: Bundle, company: SmallCompany, **manner: object) -> pd.DataFrame:
    batches, _ = score_history(bundle, company.history, BUSY, 40, manner=Manner(**manner))  # type: ignore[arg-type]
    frame: pd.DataFrame = pa.Table.from_batches(
        batches, scores_schema(with_value=bundle.amount is not None)
    ).to_pandas()
    return frame


def test_the_columns_come_after_those_of_the_contract_and_multiply(valued: Bundle, company: SmallCompany) -> None:
    found = scored(valued, company)
    assert [*found.columns] == [*SCORES.names, "expected_amount", "expected_value", "amount_basis"]
    np.testing.assert_array_equal(found["expected_value"], found["probability"] * found["expected_amount"])
    population = population_at(company.history, valued.terms.target, valued.terms.snapshots, BUSY)
    features = compute_shards(company.history, population.filter(pa.compute.equal(population["status"], "open")),
                              valued.catalogue)  # fmt: skip
    rows = pa.concat_tables(features)
    channel = dict(zip(rows["lead_id"].to_pylist(), to_frame(rows, valued.catalogue)["lead__channel"], strict=True))
    expected = [REFERRAL if channel[lead] == "referral" else OTHERS for lead in found["lead_id"]]
    np.testing.assert_allclose(found["expected_amount"], expected)
    assert set(found["amount_basis"]) == {"predicted"}


def test_each_amount_says_where_it_comes_from(company: SmallCompany) -> None:
    predicting = amount_by_channel(company)
    deals = pd.DataFrame({"deal": [500.0, 0.0, np.nan]})
    assert basis_of(predicting, deals).tolist() == ["predicted"] * 3
    assert basis_of(predicting.model_copy(update={"known": "deal"}), deals).tolist() == ["known", *["predicted"] * 2]
    average = predicting.model_copy(update={"part": None, "known": "deal"})
    assert basis_of(average, deals).tolist() == ["known", "mean", "mean"]
    told = average.expected(deals, company.candidate.scorer.encoding)
    assert told.tolist() == [500.0, average.mean, average.mean]  # what is called known is the deal's own, and only that


@pytest.mark.parametrize(
    ("tag", "amount", "rests_on"),
    [
        ("en", "9,000", "expected value: the chance times an amount that is predicted, not known; it depends on: "),
        ("es", "9.000", "valor esperado: la probabilidad por un importe estimado, no conocido, que depende de: "),
        ("es-MX", "9,000", "valor esperado: la probabilidad por un importe estimado, no conocido, que depende de: "),
    ],
)
def test_L02_explain_says_what_a_lead_is_worth_and_that_the_amount_is_predicted(
    valued: Bundle, company: SmallCompany, tag: Tag, amount: str, rests_on: str
) -> None:
    found = scored(valued, company)
    row = found[found["expected_amount"] > OTHERS + 1].iloc[0]
    way = trace(valued, company.history, BUSY, row["lead_id"])
    text = "\n".join(trace_lines(way, tag, width=220))
    chance = f"{row['probability']:.4f}"
    sign = {"en": "chance {} × amount {},", "es": "probabilidad {} × importe {},"}[tag[:2]]
    assert sign.format(chance.replace(".", ",") if tag == "es" else chance, amount) in text
    (channel,) = depends_on(valued)
    assert rests_on + getattr(channel, "en" if tag == "en" else "es") in text
    told = way.as_json()
    assert told["scored"]["expected_value"] == row["expected_value"]
    assert told["value_rests_on"]["en"].endswith(channel.en)


def test_explain_of_a_model_that_tells_no_value_says_nothing_of_it(bundle: Bundle, company: SmallCompany) -> None:
    way = trace(bundle, company.history, BUSY, scored(bundle, company)["lead_id"][0])
    told = way.as_json()
    assert [*told] == [
        "lead_id", "as_of", "status", "why_not", "n_activities", "activities", "features", "contributions", "scored",
        "what_if", "change",
    ]  # fmt: skip
    assert [*told["scored"]] == SCORES.names
    assert "value" not in "\n".join(trace_lines(way, "en", width=220)).split("4. chance")[1]


def test_a_model_that_tells_no_amount_has_the_contracts_columns_alone(bundle: Bundle, company: SmallCompany) -> None:
    assert bundle.amount is None
    assert [*scored(bundle, company).columns] == SCORES.names


def test_the_order_is_by_chance_unless_asked_and_then_changes_the_rank_alone(
    valued: Bundle, company: SmallCompany
) -> None:
    by_chance, by_value = scored(valued, company), scored(valued, company, rank_by="expected_value")
    assert by_chance["probability"].is_monotonic_decreasing
    assert by_value["expected_value"].is_monotonic_decreasing
    assert not by_value["probability"].is_monotonic_decreasing
    assert by_value["rank"].tolist() == [*range(1, len(by_value) + 1)]
    same = [name for name in by_chance.columns if name not in {"rank", "scored_at", "reasons"}]
    one, other = (each[same].sort_values("lead_id").reset_index(drop=True) for each in (by_chance, by_value))
    pd.testing.assert_frame_equal(one, other)
    reasons = [dict(zip(each["lead_id"], each["reasons"].map(str), strict=True)) for each in (by_chance, by_value)]
    assert reasons[0] == reasons[1]


def test_grades_by_calls_follow_chances_whatever_the_order(valued: Bundle, company: SmallCompany) -> None:
    grading = Grading(by="calls", A=5, B=10, C=20)
    by_chance, by_value = (
        scored(valued, company, grading=grading, rank_by=by).set_index("lead_id")["grade"].sort_index()
        for by in ("probability", "expected_value")
    )
    assert by_chance.equals(by_value)


def test_a_model_that_does_not_tell_it_cannot_rank_by_it_and_says_why(
    bundle: Bundle, company: SmallCompany, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="does not tell") as refused:
        scored(bundle, company, rank_by="expected_value")
    assert "without amounts" in str(refused.value.found)
    words = {"en": "it multiplies chances that did not hold", "es": "no"}
    evaluation = {**company.judged.evaluation, "value": {"shown": False, "words": words}}
    silent = release(replace(company.judged, evaluation=evaluation), tmp_path / "won", run_id=None, now=END)
    with pytest.raises(ConfigurationError) as refused:
        scored(silent, company, rank_by="expected_value")
    assert "did not hold" in str(refused.value.found)


@pytest.mark.parametrize("shown", [True, False])
def test_an_amount_goes_into_the_bundle_only_where_it_may_be_told(company: SmallCompany, shown: bool) -> None:
    amount = amount_by_channel(company)
    candidate = replace(company.candidate, amount=amount)
    evaluation = {**company.judgement.metrics, "value": {"shown": shown}}
    found = judged("won", PARAMS, company.history.facts, company.dataset, candidate, evaluation)
    assert found.amount == (amount if shown else None)


def test_G_golden_rows_hold_the_amounts_and_another_amount_is_refused(valued: Bundle, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(valued.folder, tmp_path / "won"))
    assert len(read_json(folder / GOLDEN)["amounts"]) == valued.n_golden_rows
    fields = read_json(folder / AMOUNT_FILE)
    fields["factor"] *= 1 + 1e-6
    (folder / AMOUNT_FILE).write_text(canonical_json(fields))
    with pytest.raises(BundleRefusedError, match="not what the manifest says"):
        Bundle.load(folder)
    seal(folder, target="won", run_id=None, created_at=datetime(2025, 1, 1), package_version="0.1.0")
    with pytest.raises(BundleRefusedError, match="golden rows score otherwise"):
        Bundle.load(folder)
    (folder / AMOUNT_FILE).unlink()
    seal(folder, target="won", run_id=None, created_at=datetime(2025, 1, 1), package_version="0.1.0")
    with pytest.raises(BundleRefusedError, match="golden rows score otherwise"):
        Bundle.load(folder)


def counted(history: History) -> History:
    """Return the history as if it had been extracted from a source of just its 900 leads."""
    rows = {"leads": RowAccount(read=900, kept=900)}
    return History(history.folder, history.facts.model_copy(update={"rows": rows}))


def test_the_job_writes_what_the_library_returns(
    valued: Bundle, company: SmallCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Score(rank_by="expected_value")
    run = Run(valued, counted(company.history), BUSY, work=work)
    assert run.key != Run(valued, counted(company.history), BUSY).key
    replace_scores(run, tmp_path / "scores")
    written = read_parquet(tmp_path / "scores" / "scores.parquet").to_pandas()
    monkeypatch.setattr("predictive_scoring.sources.extract.extract", lambda *_: company.history)
    returned = job.score(valued, "any.yaml", BUSY, rank_by="expected_value")
    same = [name for name in written.columns if name not in {"scored_at", "reasons"}]
    pd.testing.assert_frame_equal(written[same], returned[same])
    finished = FinishedScores.load(tmp_path / "scores", ["lead_id"], ["expected_value", "nobody has this"])
    assert finished.scores.column_names == ["lead_id", "expected_value", "rank"]


def test_leads_in_the_order_of_expected_value_say_so(valued: Bundle, company: SmallCompany) -> None:
    history, grades = counted(company.history), valued.terms.grades
    assert describe(valued, history, BUSY, grades).evaluation is not None
    said = [
        finding.en
        for by in ("probability", "expected_value")
        for finding in describe(valued, history, BUSY, grades, by).evaluation.findings  # type: ignore[union-attr]
    ]
    assert sum("in the order of their expected value" in each for each in said) == 1


def test_the_page_shows_expected_value_as_the_region_writes_it(
    valued: Bundle, company: SmallCompany, tmp_path: Path
) -> None:
    replace_scores(Run(valued, counted(company.history), BUSY), tmp_path / "scores")
    found = read_parquet(tmp_path / "scores" / "scores.parquet")
    best = found.sort_by("rank")["expected_value"][0].as_py()
    pages = {}
    for language in ("en", "es"):
        write_page(tmp_path / "scores", language, tmp_path / "page.html", Report())
        pages[language] = (tmp_path / "page.html").read_text()
    shown = f"{round(best, 2 - int(np.floor(np.log10(best)))):,.0f}"
    assert f"<small>Expected value: {shown}</small>" in pages["en"]
    assert f"<small>Valor esperado: {shown.replace(',', '.')}</small>" in pages["es"]


def test_a_page_in_the_order_of_values_says_so_and_counts_calls_in_that_order(
    valued: Bundle, company: SmallCompany, tmp_path: Path
) -> None:
    folder, pages = tmp_path / "scores", {}
    replace_scores(Run(valued, counted(company.history), BUSY, work=Score(rank_by="expected_value")), folder)
    for language in ("en", "es"):
        write_page(folder, language, tmp_path / "page.html", Report(calls_per_week=20))
        pages[language] = (tmp_path / "page.html").read_text()
    assert "ranked by their expected value: the chance of" in pages["en"]
    assert "Highest expected value first" in pages["en"]
    assert "ordenados por su valor esperado: la probabilidad de" in pages["es"]
    assert "la menor de sus probabilidades es de" in pages["es"]
    for phrase in ("ranked by their chance of", "Most likely to convert first", "the last one called"):
        assert phrase not in pages["en"]
    chance = read_parquet(folder / "scores.parquet").sort_by("rank")["probability"].to_numpy()
    found = capacities(ScoreFolder.load(folder), 20)
    for each in found:
        assert each.called.conversions == pytest.approx(chance[: each.calls].sum())
        assert each.cut_off == pytest.approx(chance[: each.calls].min())
    best = -np.sort(-chance)
    assert any(each.called.conversions < best[: each.calls].sum() - 1e-6 for each in found)  # the two orders differ


def test_where_chances_did_not_hold_the_page_shows_no_expected_value(valued: Bundle, tmp_path: Path,
                                                                     company: SmallCompany) -> None:  # fmt: skip
    replace_scores(Run(valued, counted(company.history), BUSY), tmp_path / "scores")
    folder = ScoreFolder.load(tmp_path / "scores")
    quality = folder.about.evaluation
    assert quality is not None
    for holds in (True, False):
        told = quality.model_copy(update={"calibration_holds": holds})
        about = folder.about.model_copy(update={"evaluation": told})
        assert tells_value(replace(folder, about=about)) == holds
