"""What changes among today's leads is named at once; what does not change raises no alarm."""

import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds import BUSY, with_activities, with_leads, world

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.evaluate.ranking import roc_auc
from predictive_scoring.monitor import drift as drift_module
from predictive_scoring.monitor.drift import input_drift
from predictive_scoring.monitor.estimate import estimated_quality
from predictive_scoring.monitor.today import Today, drawn, reference_of, today
from predictive_scoring.monitor.unseen import collapse_findings
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.manifest import seal
from predictive_scoring.publish.reference_inputs import INPUTS, Profile, ReferenceInputs
from small_company import END

SETTINGS = Monitor(bootstrap_samples=50)


def alarms(found: Today) -> list[str]:
    return [each.text for each in found.findings if each.severity == "alarm"]


def rules(found: Today) -> set[str]:
    return {each.rule for each in found.findings if each.severity == "alarm"}


def test_M02_no_drift_raises_no_alarm_in_twenty_runs_of_200_leads(bundle: Bundle, tmp_path: Path) -> None:
    runs = [today(bundle, world(tmp_path / f"{seed}", seed), BUSY, SETTINGS) for seed in range(100, 120)]
    assert min(run.n_leads for run in runs) > 130
    assert max(run.n_leads for run in runs) > 190
    assert [alarms(run) for run in runs] == [[]] * 20


def test_M02_fifty_leads_raise_no_alarm_where_a_rule_that_ignores_chance_would(bundle: Bundle, tmp_path: Path) -> None:
    runs = [today(bundle, world(tmp_path / f"{seed}", seed, 500), BUSY, SETTINGS) for seed in range(200, 206)]
    assert all(35 <= run.n_leads <= 70 for run in runs), [run.n_leads for run in runs]
    assert [alarms(run) for run in runs] == [[]] * 6
    naive = [sum(each.psi > SETTINGS.min_psi for each in run.drifts) for run in runs]
    assert sum(n > 0 for n in naive) >= 4  # planted: PSI against a rule of thumb alarms most nights


def test_M01_a_shifted_feature_is_named_with_its_psi_and_the_number_of_leads(bundle: Bundle, tmp_path: Path) -> None:
    def thrice(rows: pd.DataFrame) -> pd.DataFrame:
        pages = rows[rows["kind"] == "page_view"]
        return pd.concat([rows, pages, pages])

    found = today(bundle, with_activities(world(tmp_path, 1), thrice), BUSY, SETTINGS)
    named = {drift.name for drift in found.drifts if drift.drifts}
    assert "page_view__count__90d" in named
    assert not any(name.startswith(("demo_request", "lead__")) for name in named)
    text = next(text for text in alarms(found) if text.startswith("page_view__count"))
    assert "PSI" in text
    assert f"{found.n_leads:,} leads" in text


def test_M01_another_unit_is_named_as_such() -> None:
    rng = np.random.default_rng(0)
    budget = pd.Series(rng.lognormal(10, 1, 3000))
    reference = reference_for("budget", budget)
    apart = np.arange(200)
    same = pd.Series(rng.lognormal(10, 1, 200))
    columns = {"budget": same, "probability": pd.Series(rng.random(200))}
    assert not any(drift.drifts for drift in input_drift(reference, columns, apart, SETTINGS))
    cents = input_drift(reference, {**columns, "budget": same * 1000}, apart, SETTINGS)
    assert [drift.name for drift in cents if drift.drifts] == ["budget"]
    assert "10^3 times" in cents[0].shift


def reference_for(name: str, values: pd.Series) -> ReferenceInputs:
    """Return the reference of one number and a chance that is even, without a bundle."""
    chance = Profile(name="probability", kind="number", edges=(0.25, 0.5, 0.75), shares=(0.25, 0.25, 0.25, 0.25, 0))
    edges = tuple(np.quantile(values, [0.2, 0.4, 0.6, 0.8, 0.999]))
    profile = Profile(name=name, kind="number", edges=edges, median=float(values.median()))
    counts = np.bincount(profile.codes(values), minlength=profile.n_bins) / len(values)
    return ReferenceInputs(
        n_rows=len(values),
        n_leads=len(values),
        first_as_of=None,
        last_as_of=None,
        profiles=(profile.model_copy(update={"shares": tuple(counts)}),),
        chance=chance,
        grades={"D": 1.0},
        expected_auc=0.7,
        expected_brier=0.1,
    )


def test_M02_colleagues_count_as_one_and_planted_counting_each_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred leads of six companies say as little of company size as six leads do."""
    rng = np.random.default_rng(3)
    reference = reference_for("employees", pd.Series(rng.lognormal(4, 1, 3000)))
    account = rng.integers(0, 6, 200)
    columns = {
        "employees": pd.Series(rng.lognormal(4, 1, 6)[account]),
        "probability": pd.Series(rng.random(200)),
    }
    assert not any(drift.drifts for drift in input_drift(reference, columns, account, SETTINGS))
    monkeypatch.setattr(drift_module, "design_effect", lambda *_: 1.0)
    assert any(drift.drifts for drift in input_drift(reference, columns, account, SETTINGS))


def test_M06_a_channel_that_floods_or_vanishes_is_named(bundle: Bundle, tmp_path: Path) -> None:
    week = BUSY - timedelta(days=7)

    def flood(leads: pd.DataFrame) -> pd.DataFrame:
        recent = leads["created_at"].between(BUSY - timedelta(days=28), BUSY)
        leads.loc[recent, "created_at"] = BUSY - (BUSY - leads.loc[recent, "created_at"]) / 4
        leads.loc[recent, "channel"] = "ads"
        return leads

    flooded = alarms(today(bundle, with_leads(world(tmp_path / "flood", 1), flood), BUSY, SETTINGS))
    assert any("leads by channel, 'ads' flooded" in text for text in flooded)

    def vanish(leads: pd.DataFrame) -> pd.DataFrame:
        gone = (leads["channel"] == "ads") & leads["created_at"].between(week, BUSY)
        leads.loc[gone, "created_at"] = END
        return leads

    vanished = alarms(today(bundle, with_leads(world(tmp_path / "gone", 1, 4000), vanish), BUSY, SETTINGS))
    assert any("leads by channel, 'ads' vanished: 0 in the last 7 days" in text for text in vanished)


def test_M07_scores_that_collapse_into_one_grade_raise_an_alarm(bundle: Bundle, tmp_path: Path) -> None:
    """As after an import that gave every lead one channel and one day of creation, with the tracking switched off."""
    silent = with_activities(world(tmp_path, 1), lambda rows: rows[rows["known_at"] < "2024-06-01"])
    day = BUSY - timedelta(days=20)
    alike = with_leads(
        silent, lambda leads: leads.assign(channel="ads", created_at=leads["created_at"].clip(upper=day))
    )
    found = today(bundle, alike, BUSY, SETTINGS)
    assert max(found.grades.values()) > 0.9
    assert {"score_collapse", "estimated_quality"} <= rules(found)


def test_M07_a_skewed_list_is_no_collapse() -> None:
    assert list(collapse_findings({"A": 0.05, "D": 0.85, "C": 0.1}, 500, SETTINGS)) == []
    assert list(collapse_findings({"A": 0.0, "D": 1.0}, 2, SETTINGS)) == []  # two leads may well be alike


def test_values_that_the_model_does_not_know_are_counted_and_named(bundle: Bundle, tmp_path: Path) -> None:
    renamed = with_leads(
        world(tmp_path, 1), lambda leads: leads.assign(channel=leads["channel"].replace("ads", "Paid Ads"))
    )
    found = today(bundle, renamed, BUSY, SETTINGS)
    assert found.unseen["lead__channel"] > 0.5
    (text,) = [each.text for each in found.findings if each.rule == "unseen_categories"]
    assert text.startswith("lead__channel: ")
    assert "does not know; 0 % when it was made" in text


def test_activities_that_find_no_lead_any_more_are_noticed(bundle: Bundle, tmp_path: Path) -> None:
    def unjoin(rows: pd.DataFrame) -> pd.DataFrame:
        late = rows["known_at"].between(BUSY - timedelta(days=7), BUSY) & (rows["lead_no"] % 2 == 0)
        rows["lead_no"] = rows["lead_no"].astype("Int64").mask(late)
        return rows

    found = today(bundle, with_activities(world(tmp_path, 1), unjoin), BUSY, SETTINGS)
    (text,) = [each.text for each in found.findings if each.rule == "identity_join"]
    assert "belong to no lead, 0 % usually" in text


def test_estimated_quality_is_that_of_the_reference_where_nothing_changed(bundle: Bundle, tmp_path: Path) -> None:
    found = today(bundle, world(tmp_path, 7, 6000), BUSY, SETTINGS).estimate
    assert found is not None
    assert found.auc["value"] == pytest.approx(found.reference_auc, abs=0.03)
    assert found.brier["value"] == pytest.approx(found.reference_brier, rel=0.15)
    assert found.auc["low"] < found.auc["value"] < found.auc["high"]  # type: ignore[operator]


def test_estimated_auc_is_what_drawing_outcomes_from_the_chances_gives_on_average() -> None:
    rng = np.random.default_rng(0)
    chance = rng.beta(1, 6, 300)
    found = estimated_quality(chance, np.arange(300), reference_for("x", pd.Series(chance)), SETTINGS)
    drawn_auc = [roc_auc((rng.random(300) < chance).astype(float), chance) for _ in range(400)]
    assert found.auc["value"] == pytest.approx(np.mean(drawn_auc), abs=0.01)
    drawn_brier = [((chance - (rng.random(300) < chance)) ** 2).mean() for _ in range(400)]
    assert found.brier["value"] == pytest.approx(np.mean(drawn_brier), abs=0.005)


def test_M10_a_bundle_that_does_not_say_what_its_inputs_looked_like_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    copy = tmp_path / "won"
    shutil.copytree(bundle.folder, copy)
    (copy / INPUTS).unlink()
    (copy / "manifest.json").unlink()
    seal(copy, target="won", run_id=None, created_at=END, package_version="0.1.0")
    old = Bundle.load(copy)  # it still scores
    with pytest.raises(BundleRefusedError, match="publish the model anew") as refused:
        today(old, world(tmp_path / "history", 1, 300), BUSY, SETTINGS)
    assert refused.value.exit_code == 4
    assert reference_of(bundle).n_leads > 0


def test_no_open_lead_is_a_warning_and_no_crash(bundle: Bundle, tmp_path: Path) -> None:
    found = today(bundle, world(tmp_path, 1, 50), END + timedelta(days=300), SETTINGS)
    assert (found.n_leads, found.drifts, found.estimate) == (0, [], None)
    assert "no lead is open" in next(each.text for each in found.findings if each.severity == "warning")


def test_the_leads_that_are_looked_at_do_not_depend_on_their_order(bundle: Bundle) -> None:
    import pyarrow as pa

    leads = pa.table({"lead_id": [f"L{number}" for number in range(300)], "account_no": list(range(300))})
    chosen = drawn(leads, 100)
    backwards = drawn(leads.take(list(range(299, -1, -1))), 100)
    assert chosen.num_rows == 100
    assert set(chosen["lead_id"].to_pylist()) == set(backwards["lead_id"].to_pylist())


def test_the_reference_holds_no_value_that_few_leads_share_and_edges_of_four_digits(bundle: Bundle) -> None:
    reference = reference_of(bundle)
    known = bundle.levels
    for profile in reference.profiles:
        assert set(profile.levels) <= set(known.get(profile.name, ()))
        assert all(float(f"{edge:.4g}") == edge for edge in profile.edges)
        assert sum(profile.shares) == pytest.approx(1)
