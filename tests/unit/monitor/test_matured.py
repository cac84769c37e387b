"""What became of the leads that were scored: judged when it can be known, against what the model promised."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from worlds import BUSY, scored_run, with_activities, with_conversions, world

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import OUTCOMES, History
from predictive_scoring.evaluate.ranking import lift_at, roc_auc
from predictive_scoring.monitor import feedback, maturity
from predictive_scoring.monitor.feedback import Contacts, by_grade, feedback_findings
from predictive_scoring.monitor.maturity import Matured, Outcomes, is_mature, realised
from predictive_scoring.monitor.runs import PastRun, gaps
from predictive_scoring.monitor.watch import Watch, watch
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.worklist import worklist
from predictive_scoring.snapshots.instants import NEVER, to_micros
from predictive_scoring.storage import read_parquet, write_parquet
from small_company import END

SETTINGS = Monitor(bootstrap_samples=100)
HORIZON = timedelta(days=30)
FIRST = BUSY - timedelta(days=80)  # its leads are others than those of BUSY: none is open for longer than 42 days


def watched(bundle: Bundle, history: History, folder: Path) -> Watch:
    runs = [scored_run(bundle, history, as_of, folder / f"{as_of:%Y%m%d}") for as_of in (FIRST, BUSY)]
    return watch(bundle, history, runs, BUSY, SETTINGS)


def quality(found: Watch) -> list[str]:
    return [each.rule for each in found.alarms("quality")]


def test_a_world_that_stays_as_it_was_keeps_the_promise(bundle: Bundle, tmp_path: Path) -> None:
    history = with_conversions(world(tmp_path / "history", 31), keen=0.55, others=0.06)
    found = watched(bundle, history, tmp_path)
    assert quality(found) == []
    assert len(found.runs) == 2
    assert found.together is not None
    assert found.together["roc_auc"]["low"] > 0.7
    assert any("score.explore_share draws some" in each.text for each in found.findings)


def test_M03_only_runs_whose_horizon_has_passed_are_judged_and_the_page_says_up_to_when(
    bundle: Bundle, tmp_path: Path
) -> None:
    history = world(tmp_path / "history", 32, 900)
    recent = END - timedelta(days=29)
    runs = [scored_run(bundle, history, as_of, tmp_path / f"{as_of:%Y%m%d}") for as_of in (FIRST, recent)]
    found = watch(bundle, history, runs, recent, SETTINGS)
    assert [run["as_of"] for run in found.runs] == [FIRST.isoformat()]
    assert found.complete_until == END - HORIZON
    text = f"complete up to {END - HORIZON:%Y-%m-%d}: 1 of 2 runs are as of then or before and are judged"
    assert text in [each.text for each in found.findings]


def test_M03_outcomes_that_are_recorded_late_put_off_the_judgement_and_planted_ignoring_it_does_not(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = world(tmp_path / "history", 33, 900)
    ripe = END - HORIZON - timedelta(days=1)
    run = scored_run(bundle, history, ripe, tmp_path / "scores")
    assert is_mature(run, Outcomes.of(history, bundle.terms), HORIZON)
    rows = read_parquet(history.path("outcomes")).to_pandas()
    rows["known_at"] += pd.Timedelta(days=10)
    rows = rows[rows["known_at"] < END]
    write_parquet(history.path("outcomes"), pa.Table.from_pandas(rows, OUTCOMES, preserve_index=False))
    late = Outcomes.of(history, bundle.terms)
    assert late.complete_until == END - timedelta(days=10)
    assert not is_mature(run, late, HORIZON)
    monkeypatch.setattr(maturity, "recording_delay", lambda *_: timedelta(0))
    assert is_mature(run, Outcomes.of(history, bundle.terms), HORIZON)


def test_M04_half_the_conversions_is_an_alarm_about_chances_and_says_that_the_order_holds(
    bundle: Bundle, tmp_path: Path
) -> None:
    history = with_conversions(world(tmp_path / "history", 34, 4000), keen=0.25, others=0.02)
    found = watched(bundle, history, tmp_path)
    assert set(quality(found)) == {"realised_calibration"}
    (text,) = {each.text.split("; ")[1] for each in found.alarms("quality")}
    assert text == ["the order of the leads still holds", "retrain to set the chances right"][0]
    assert any("chances are too high" in each.text for each in found.alarms("quality"))


def test_M05_a_concept_flip_is_caught_at_maturity_where_today_sees_nothing(bundle: Bundle, tmp_path: Path) -> None:
    history = with_conversions(world(tmp_path / "history", 35, 3000), keen=0.02, others=0.5)
    found = watched(bundle, history, tmp_path)
    assert found.alarms("input") == []  # the leads look as they always did
    assert "realised_ranking" in quality(found)
    assert found.together is not None
    assert found.together["roc_auc"]["high"] < 0.5
    said = [each.text for each in found.findings]
    assert any("which no look at today's inputs can see" in text for text in said)
    assert any(text.startswith("estimated quality takes the chances at their word") for text in said)


def test_M08_low_grades_without_outcomes_are_a_warning_and_the_hold_out_share_is_said() -> None:
    rng = np.random.default_rng(0)
    rows = matured(np.repeat(["A", "D"], [100, 400]), np.repeat([0.4, 0.03], [100, 400]))
    nobody = Matured(**{**vars(rows), "converted": (rows.grade == "A") & (rng.random(500) < 0.4)})
    (share, text) = [each.text for each in feedback_findings(by_grade(nobody, None))]
    assert share.startswith("0 % of the leads (0) were drawn")
    assert text.startswith("no lead graded C or D converted, 12 were expected")
    some = Matured(**{**vars(nobody), "converted": rng.random(500) < rows.chance, "explored": np.arange(500) % 50 == 0})
    (share,) = [each.text for each in feedback_findings(by_grade(some, None))]
    assert share == "2.0 % of the leads (10) were drawn to be worked whatever their score"


def test_M08_a_few_low_leads_without_outcomes_are_chance() -> None:
    rows = matured(np.repeat(["D"], 100), np.full(100, 0.03))
    assert [each.severity for each in feedback_findings(by_grade(rows, None))] == ["note"]


def test_M08_only_the_best_being_contacted_is_a_warning(bundle: Bundle, tmp_path: Path) -> None:
    history = world(tmp_path / "history", 36, 2000)
    run = scored_run(bundle, history, BUSY, tmp_path / "scores")
    best = set(run.lead_id[np.isin(run.grade, ["A", "B"])])
    leads = read_parquet(history.path("leads"), ["lead_no", "account_no", "lead_id"]).to_pandas()

    def call(rows: pd.DataFrame) -> pd.DataFrame:
        called = leads[leads["lead_id"].isin(best)][["lead_no", "account_no"]]
        at = BUSY + timedelta(days=2)
        calls = called.assign(occurred_at=at, known_at=at, kind="call", direction="outbound")
        return pd.concat([rows, calls], ignore_index=True)

    found = watch(bundle, with_activities(history, call), [run], BUSY, SETTINGS)
    shares = {grade["grade"]: grade["contacted_share"] for grade in found.grades}
    assert (shares["A"], shares["D"]) == (1.0, 0.0)
    assert any(each.text.startswith("no lead graded C or D was contacted") for each in found.findings)


def test_M08_contacts_are_read_once_and_each_run_has_its_own_horizon(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = BUSY + timedelta(days=2)

    def call(rows: pd.DataFrame) -> pd.DataFrame:
        one = {"lead_no": [7], "account_no": rows["account_no"].head(1), "kind": "call", "direction": "outbound"}
        return pd.concat([rows, pd.DataFrame(one).assign(occurred_at=at, known_at=at)], ignore_index=True)

    silent = world(tmp_path / "history", 36, 2000)
    assert Contacts.of(silent) is None
    history = with_activities(silent, call)
    contacts = Contacts.of(history)
    assert contacts is not None
    ids = np.array(read_parquet(history.path("leads"), ["lead_id"])["lead_id"].to_pylist()[:10])
    for as_of, reached in ((at, [7]), (at - HORIZON, []), (at - HORIZON + timedelta(microseconds=1), [7]), (FIRST, [])):
        assert np.flatnonzero(contacts.within(ids, as_of, HORIZON)).tolist() == reached
    streams: list[History] = []
    plain = feedback.ActivityStream
    monkeypatch.setattr(feedback, "ActivityStream", lambda *given: streams.append(given[0]) or plain(*given))
    assert len(watched(bundle, history, tmp_path / "runs").runs) == 2
    assert streams == [history]


def matured(grade: np.ndarray, chance: np.ndarray) -> Matured:
    n = len(grade)
    return Matured(chance, np.zeros(n), np.arange(n).astype(str), np.arange(n), grade, np.zeros(n, dtype=bool))


def test_M09_a_missed_run_is_named_and_made_up_later_it_is_the_same(bundle: Bundle, tmp_path: Path) -> None:
    history = world(tmp_path / "history", 37, 900)
    days = [BUSY + timedelta(days=day) for day in (-3, -2, 0)]
    runs = [scored_run(bundle, history, as_of, tmp_path / f"{as_of:%m%d}") for as_of in days]
    found = watch(bundle, history, runs, BUSY, SETTINGS)
    missed = BUSY - timedelta(days=1)
    assert found.missing == [missed] == gaps(days)
    assert f"1 runs are missing: {missed:%Y-%m-%d}" in [each.text for each in found.findings]
    on_the_day = scored_run(bundle, cut(history, missed, tmp_path / "cut"), missed, tmp_path / "then")
    later = scored_run(bundle, history, missed, tmp_path / "later")
    assert len(later.chance) > 40
    assert same_scores(on_the_day.folder, later.folder)
    assert found.today.rewritten == 0


def same_scores(one: Path, other: Path) -> bool:
    tables = [read_parquet(folder / "scores.parquet").drop_columns(["scored_at"]) for folder in (one, other)]
    return bool(tables[0].equals(tables[1]))


def cut(history: History, as_of: object, folder: Path) -> History:
    """Return a copy that ends where nothing at or after `as_of` is known."""
    folder.mkdir()
    for name, column in (("leads", "created_at"), ("activities", "known_at"), ("outcomes", "known_at")):
        table = read_parquet(history.folder / f"{name}.parquet")
        write_parquet(folder / f"{name}.parquet", table.filter(pa.compute.less(table[column], pa.scalar(as_of))))
    write_parquet(folder / "accounts.parquet", read_parquet(history.path("accounts")))
    n_leads = read_parquet(folder / "leads.parquet").num_rows
    rows = {"leads": history.facts.rows["leads"].model_copy(update={"read": n_leads, "kept": n_leads})}
    renumbered(folder)
    return History(folder, history.facts.model_copy(update={"observed_until": as_of, "rows": rows}))


def renumbered(folder: Path) -> None:
    """Number the leads that are left as extract would: lead_no is a place, not a name."""
    tables = {name: read_parquet(folder / f"{name}.parquet") for name in ("leads", "activities", "outcomes")}
    frame = tables["leads"].to_pandas()
    new = dict(zip(frame["lead_no"], range(len(frame)), strict=True))
    for name, table in tables.items():
        rows = table.to_pandas()
        rows = rows[rows["lead_no"].isin(new)]
        for column in {"lead_no", "account_no"} & set(rows.columns):
            rows[column] = rows[column].map(new)  # a lead without an account is an account of its own
        write_parquet(folder / f"{name}.parquet", pa.Table.from_pandas(rows, table.schema, preserve_index=False))


def test_M09_planted_a_row_that_was_changed_without_a_date_shows_as_scores_that_cannot_be_made_again(
    bundle: Bundle, tmp_path: Path
) -> None:
    history = world(tmp_path / "history", 38, 900)
    run = scored_run(bundle, history, BUSY, tmp_path / "scores")
    with_activities(history, lambda rows: rows[rows.index % 3 != 0])
    found = watch(bundle, history, [run], BUSY, SETTINGS)
    assert found.today.rewritten is not None
    assert found.today.rewritten > 10
    assert any(each.rule == "rewritten_history" and each.severity == "warning" for each in found.findings)


def test_the_realised_figures_are_those_of_the_plain_formulas(bundle: Bundle, tmp_path: Path) -> None:
    history = world(tmp_path / "history", 39)
    run = scored_run(bundle, history, BUSY, tmp_path / "scores")
    rows = Matured.of(run, Outcomes.of(history, bundle.terms), bundle.terms.target)
    won = read_parquet(history.path("outcomes")).to_pandas().set_index("lead_id")["occurred_at"]
    expected = [float(lead in won.index and BUSY <= won[lead] < BUSY + HORIZON) for lead in rows.lead_id]
    assert rows.converted.tolist() == expected
    found = realised(rows, SETTINGS, 0.95)
    assert found["roc_auc"]["value"] == pytest.approx(roc_auc(rows.converted, rows.chance))
    assert found["lift_at_20pct"]["value"] == pytest.approx(lift_at(rows.converted, rows.chance, 0.2))
    assert found["said_minus_happened"]["value"] == pytest.approx(found["said"] - found["happened"])


def test_a_lead_that_was_erased_or_had_already_converted_is_counted_and_not_judged(
    bundle: Bundle, tmp_path: Path
) -> None:
    history = world(tmp_path / "history", 40, 900)
    run = scored_run(bundle, history, BUSY, tmp_path / "scores")
    outcomes = Outcomes.of(history, bundle.terms)
    erased, early = run.lead_id[0], run.lead_id[1]
    kept = outcomes.lead_id != erased
    reached = np.where(outcomes.lead_id == early, 0, outcomes.reached)
    changed = Outcomes(
        outcomes.lead_id[kept], outcomes.account_no[kept], reached[kept], outcomes.ended[kept], outcomes.complete_until
    )
    rows = Matured.of(run, changed, bundle.terms.target)
    assert (rows.n_gone, rows.n_decided, len(rows.chance)) == (1, 1, len(run.chance) - 2)
    assert not {erased, early} & set(rows.lead_id)


def test_whom_nobody_judged_within_the_horizon_is_counted_and_judges_no_model(bundle: Bundle, tmp_path: Path) -> None:
    history = world(tmp_path / "history", 40, 900)
    run = scored_run(bundle, history, BUSY, tmp_path / "scores")
    outcomes = Outcomes.of(history, bundle.terms)
    quiet = np.isin(outcomes.lead_id, run.lead_id) & (outcomes.reached == NEVER)
    refused = np.flatnonzero(quiet)[::2]
    ended = np.full_like(outcomes.ended, NEVER)
    ended[refused] = to_micros(BUSY + timedelta(days=3))
    said = replace(outcomes, ended=ended)
    asked = bundle.terms.target.model_copy(update={"only_judged": True})
    rows = Matured.of(run, said, asked)
    within = (outcomes.reached >= to_micros(BUSY)) & (outcomes.reached < to_micros(BUSY + HORIZON))
    judged = set(outcomes.lead_id[refused]) | set(outcomes.lead_id[within])
    assert set(rows.lead_id) == judged & set(run.lead_id)
    assert rows.n_unjudged == len(run.lead_id) - rows.n_decided - len(rows.lead_id) > 0
    assert rows.converted.sum() == len(set(outcomes.lead_id[within]) & set(run.lead_id))
    assert Matured.of(run, said, bundle.terms.target).n_unjudged == 0  # planted as usual: silence is a no


def test_the_leads_drawn_by_lot_are_read_back_from_the_worklist(bundle: Bundle, tmp_path: Path) -> None:
    history = world(tmp_path / "history", 41)
    run = scored_run(bundle, history, BUSY, tmp_path / "scores")
    scores = read_parquet(tmp_path / "scores" / "scores.parquet")
    write_parquet(
        tmp_path / "scores" / "worklist.parquet", worklist(scores, Score(worklist_length=20, explore_share=0.2))
    )
    again = PastRun.load(tmp_path / "scores")
    assert not run.explored.any()
    assert 10 < again.explored.sum() < 70
