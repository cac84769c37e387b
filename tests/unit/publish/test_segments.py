"""A part of the leads has a model of its own where it measures better, and one list says one chance of each lead."""

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from history_builder import write_history
from predictive_scoring.config.engine import Engine
from predictive_scoring.config.parse import parse_block
from predictive_scoring.config.publish import Publish
from predictive_scoring.config.targets import Target
from predictive_scoring.config.train import Train
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import BundleRefusedError, ConfigurationError
from predictive_scoring.evaluate.review import Plan, review
from predictive_scoring.evaluate.segments import OWN, SHARED, as_spoken, compare, speaking
from predictive_scoring.features.compute import compute_shards
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.features.on_spark import plain
from predictive_scoring.features.segment import members
from predictive_scoring.model.candidate import train
from predictive_scoring.model.own import load_own, segment_rows, segments_of, train_own, with_own
from predictive_scoring.publish import own_parts
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.release import release
from predictive_scoring.scoring import on_spark
from predictive_scoring.scoring.batches import Manner
from predictive_scoring.scoring.job import score_history
from predictive_scoring.storage import read_parquet
from small_company import END, PARAMS, SmallCompany

ADS = {"lead__channel": ("ads",)}
ASKED = {"paid": {"channel": ("ads",)}}
AT = END - timedelta(days=60)  # when many are open
QUICK = PARAMS.evaluate.model_copy(
    update={
        "bootstrap_samples": 100,
        "min_slice_converting": 5,
        "backtest": PARAMS.evaluate.backtest.model_copy(
            update={"origins": 0, "months_back": (), "random_split": False}
        ),
    }
)
SETTINGS = PARAMS.train.model_copy(update={"min_converting_leads": 5, "linear_share": 1.0, "segments": ASKED})
ANY = Publish(ship="blend", min_auc_low=0.0)


def with_labels(dataset: Dataset, chance: Callable[[str, float], float]) -> Dataset:
    """Draw anew who converts, by the channel of a lead and how much it ever did."""
    table = dataset.table
    looks = table.select(["lead_id", "lead__channel", "page_view__count__30d"]).to_pandas()
    leads = looks.groupby("lead_id", observed=True).agg(
        channel=("lead__channel", "first"), visits=("page_view__count__30d", "max")
    )
    busy = (leads["visits"] > leads["visits"].median()).astype(float)
    chances = np.array([chance(str(channel), each) for channel, each in zip(leads["channel"], busy, strict=True)])
    won = dict(zip(leads.index, np.random.default_rng(3).random(len(leads)) < chances, strict=True))
    drawn = [
        None if known is None else bool(won[lead])
        for lead, known in zip(table["lead_id"].to_pylist(), table["converted"].to_pylist(), strict=True)
    ]
    place = table.schema.get_field_index("converted")
    dataset = replace(dataset, table=table.set_column(place, "converted", pa.array(drawn, pa.bool_())))
    return dataset.part(np.ones(len(drawn), dtype=bool))  # counts its windows anew


def opposite(channel: str, busy: float) -> float:
    return 0.75 * busy + 0.05 if channel == "referral" else 0.75 * (1 - busy) + 0.05


@pytest.fixture(scope="module")
def divided(company: SmallCompany, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Dataset, dict]:
    """A company whose leads from ads buy the less the more they do, released with what was found of them."""
    dataset, folder = with_labels(company.dataset, opposite), tmp_path_factory.mktemp("divided")
    shared = train(dataset, SETTINGS, folder / "candidate")
    train_own(dataset, shared, SETTINGS, 5, folder / "candidate")
    plan = Plan(QUICK, ANY, PARAMS.split, SETTINGS)
    metrics = review(dataset, shared, plan, own=load_own(folder / "candidate")).metrics
    trained = as_spoken(shared, load_own(folder / "candidate"), metrics, dataset)
    whole = judged("won", PARAMS, company.history.facts, dataset, trained, metrics)
    return release(whole, folder / "won", run_id=None, now=END), dataset, metrics


def test_a_segment_that_behaves_the_opposite_way_gets_a_model_of_its_own(divided: tuple[Bundle, Dataset, dict]) -> None:
    bundle, dataset, metrics = divided
    (found,) = metrics["segments"]
    assert found["speaks"] == OWN
    assert found["differences"]["roc_auc"]["low"] > 0
    assert found["words"] in metrics["findings"], "and it is said so"
    assert [each.name for each in bundle.own] == ["paid"]
    frame = dataset.frame(dataset.rows("test"))
    inside = members(frame, ADS)
    assert 0 < inside.sum() < len(frame)
    own, shared = bundle.own[0].scorer, bundle.scorer
    wanted = np.where(inside, own.probability(own.raw(frame)), shared.probability(shared.raw(frame)))
    np.testing.assert_array_equal(bundle.chances(frame)[1], wanted)
    told = bundle.explain(frame)
    np.testing.assert_allclose(told.probability, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(told.base + told.points.sum(axis=1), told.probability, rtol=0, atol=1e-9)
    assert len(np.unique(told.base)) == 2, "reasons start from the average lead of whoever speaks"


def test_what_is_judged_is_what_speaks(divided: tuple[Bundle, Dataset, dict], tmp_path: Path) -> None:
    bundle, dataset, metrics = divided
    shared = replace(bundle, own=())
    rows = dataset.rows("test")
    y = rows["converted"].to_numpy(zero_copy_only=False).astype(float)
    said = bundle.chances(dataset.frame(rows))[1]
    assert metrics["model"]["brier"]["value"] == pytest.approx(((said - y) ** 2).mean(), abs=1e-12)
    alone = shared.chances(dataset.frame(rows))[1]
    assert metrics["model"]["brier"]["value"] < ((alone - y) ** 2).mean(), "else nothing was gained"


def test_one_list_says_one_chance_of_each_lead_and_who_spoke(
    divided: tuple[Bundle, Dataset, dict], company: SmallCompany
) -> None:
    bundle, _, _ = divided
    batches, _ = score_history(bundle, company.history, AT, batch_rows=7)
    scores = pa.Table.from_batches(batches)
    assert {row.partition("+")[2] for row in scores["model_version"].to_pylist()} == {"", "paid"}
    channel = dict(zip(*pa_columns(company), strict=True))
    assert scores["rank"].to_pylist() == list(range(1, scores.num_rows + 1))
    assert scores["probability"].to_pylist() == sorted(scores["probability"].to_pylist(), reverse=True)
    assert len(set(scores["lead_id"].to_pylist())) == scores.num_rows
    for row in scores.to_pylist():
        ads = channel[row["lead_id"]] == "ads"
        assert row["model_version"] == bundle.version + ("+paid" if ads else "")
        assert row["base_probability"] + sum(r["points"] for r in row["reasons"]) == pytest.approx(
            row["probability"], abs=1e-9
        )
        assert row["probability_low"] <= row["probability"] <= row["probability_high"]
    by_size = {n: pa.Table.from_batches(score_history(bundle, company.history, AT, batch_rows=n)[0]) for n in (3, 999)}
    plain = [each.drop_columns(["scored_at"]) for each in by_size.values()]
    assert plain[0].equals(plain[1]), "batches change nothing"


def pa_columns(company: SmallCompany) -> tuple[list[str], list[str]]:
    leads = pd.read_parquet(company.history.path("leads"))
    return leads["lead_id"].tolist(), leads["channel"].tolist()


def test_training_and_scoring_cannot_disagree_on_who_belongs(
    divided: tuple[Bundle, Dataset, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: whatever else scoring takes for the segment, the golden rows of a bundle find it out."""
    bundle, dataset, _ = divided
    learned = segment_rows(dataset, ADS).table["lead_id"].to_pylist()
    scored = dataset.table.filter(pa.array(members(dataset.frame(dataset.table), bundle.own[0].where)))
    assert scored["lead_id"].to_pylist() == learned
    Bundle.load(bundle.folder)
    monkeypatch.setattr(own_parts, "members", lambda frame, where: ~members(frame, where))
    with pytest.raises(BundleRefusedError, match="golden rows"):
        Bundle.load(bundle.folder)


def test_a_segment_s_files_are_sealed_and_read_with_care(divided: tuple[Bundle, Dataset, dict], tmp_path: Path) -> None:
    bundle, _, _ = divided
    assert own_parts.parts_of_segment("paid") <= set(bundle.manifest.files)
    other = tmp_path / "won"
    other.mkdir()
    for path in bundle.folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    told = json.loads((other / "paid.segment.json").read_text())
    told["where"] = {"lead__channel": ["referral"]}
    (other / "paid.segment.json").write_text(json.dumps(told))
    with pytest.raises(BundleRefusedError, match="1 file"):
        Bundle.load(other)
    (other / "paid.segment.json").unlink()
    with pytest.raises(BundleRefusedError, match=r"paid\.segment\.json"):
        Bundle.load(other)


def test_a_segment_of_whom_nothing_is_special_is_served_by_the_shared_model(
    company: SmallCompany, tmp_path: Path
) -> None:
    """Ten halves drawn at random: at a level of 0.95 for each, a win by chance would be one of forty."""
    dataset = company.dataset
    shared = train(dataset, SETTINGS, tmp_path / "candidate")
    accounts = dataset.table["account_no"].to_numpy()
    wins = 0
    for seed in range(10):
        half = np.random.default_rng(seed).random(int(accounts.max()) + 1) < 0.5
        column = pa.array(np.where(half[accounts], "ads", "referral"))
        place = dataset.table.schema.get_field_index("lead__channel")
        drawn = replace(dataset, table=dataset.table.set_column(place, "lead__channel", column))
        own = train_own(drawn, shared, SETTINGS, 5, tmp_path / str(seed))
        (found,) = compare(drawn, shared, own, QUICK, ANY)
        wins += found["speaks"] == OWN
    assert wins <= 1


def test_too_few_conversions_are_said_and_end_nothing(company: SmallCompany, tmp_path: Path) -> None:
    dataset = with_labels(company.dataset, lambda channel, busy: 0.0 if channel == "ads" else 0.1 + 0.5 * busy)
    shared = train(dataset, SETTINGS, tmp_path / "candidate")
    (own,) = train_own(dataset, shared, SETTINGS, 5, tmp_path / "candidate")
    assert own.candidate is None
    assert own.too_few["train"] == 0
    assert [each.too_few for each in load_own(tmp_path / "candidate")] == [own.too_few]
    (found,) = compare(dataset, shared, [own], QUICK, ANY)
    assert (found["speaks"], found["too_few"]["test"]) == (SHARED, 0)
    assert "too few of its leads convert" in found["words"]["en"]
    assert with_own(shared, speaking([found], [own]), dataset).predictions.equals(shared.predictions)


def test_few_conversions_in_the_last_window_are_not_judged(company: SmallCompany, tmp_path: Path) -> None:
    shared = train(company.dataset, SETTINGS, tmp_path / "candidate")
    own = train_own(company.dataset, shared, SETTINGS, 5, tmp_path / "candidate")
    (found,) = compare(company.dataset, shared, own, QUICK.model_copy(update={"min_slice_converting": 10_000}), ANY)
    assert found["speaks"] == SHARED
    assert [*found["too_few"]] == ["test"]


def test_a_lead_belongs_by_what_was_known_at_each_look(company: SmallCompany) -> None:
    """The first lead's channel was not known at its first looks, and another later: it moves in, then out."""
    table = company.dataset.table
    lead = table["lead_id"][0].as_py()
    mine = pc.equal(table["lead_id"], lead).to_numpy(zero_copy_only=False)
    place = table.schema.get_field_index("lead__channel")
    moving = np.array([None, "ads", "referral"], dtype=object)[np.minimum(np.arange(mine.sum()), 2)]
    values = table["lead__channel"].to_pandas().astype(object).to_numpy(copy=True)
    values[mine] = moving
    moved = replace(company.dataset, table=table.set_column(place, "lead__channel", pa.array(values, pa.string())))
    looks = segment_rows(moved, ADS).table
    assert pc.sum(pc.equal(looks["lead_id"], lead)).as_py() == list(moving).count("ads") == 1


def test_one_window_of_training_where_the_others_hold_too_little(company: SmallCompany) -> None:
    part = segment_rows(company.dataset, ADS)
    assert part.with_windows_that_carry(1) is part, "enough is left as it is"
    merged = part.with_windows_that_carry(10_000)
    assert (merged.windows.mode, [*merged.windows.windows]) == ("short", ["train", "test"])
    known = sum(rows.num_rows for rows in part.training_windows().values())
    assert merged.rows("train").num_rows == known == merged.windows.windows["train"].snapshots
    assert merged.rows("test").equals(part.rows("test"))
    test_leads = set(merged.rows("test")["lead_id"].to_pylist())
    assert not test_leads & set(merged.rows("train")["lead_id"].to_pylist()), "a lead is on one side"
    assert merged.windows.learned_until == part.windows.learned_until
    left = {name: pc.sum(pc.equal(merged.table["window"], name)).as_py() for name in merged.windows.outside}
    assert merged.windows.outside == left != part.windows.outside


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"paid": {"chanel": ["ads"]}}, "did you mean 'channel'"),
        ({"paid": {"channel": ["ad"]}}, "no lead was ever known with 'ad' as lead__channel"),
        ({"paid": {"page_view__count__30d": ["3"]}}, "is no category"),
    ],
)
def test_a_slip_of_the_pen_is_refused_by_name(company: SmallCompany, asked: dict, what: str) -> None:
    settings = parse_block(Train, {"segments": asked}, where="params.yaml")
    with pytest.raises(ConfigurationError, match=what) as refused:
        segments_of(company.dataset, settings)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"one": {"country": ["ES"]}, "two": {"channel": ["ads"]}}, "a lead could be in both 'one' and 'two'"),
        ({"one": {"country": ["ES", "PT"]}, "two": {"country": ["PT"]}}, "a lead could be in both"),
        ({"../one": {"country": ["ES"]}}, "pattern"),
        ({"one": {}}, "at least 1"),
        ({"one": {"country": []}}, "at least 1"),
        ({"one": {"country": ["ES", "ES"]}}, "given twice"),
    ],
)
def test_segments_that_make_no_sense_are_refused(asked: dict, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        parse_block(Train, {"segments": asked}, where="params.yaml")


def test_segments_apart_in_one_category_are_taken() -> None:
    asked = {"one": {"country": ["ES"], "channel": ["ads"]}, "two": {"country": ["ES"], "channel": ["event"]}}
    assert [*parse_block(Train, {"segments": asked}, where="params.yaml").segments] == ["one", "two"]


class _Amounts:
    """Tells an amount of 1 by the shared model's columns, and 0 by any others."""

    part = known = None

    def __init__(self, bundle: Bundle) -> None:
        self._shared = bundle.scorer.encoding

    def expected(self, frame: pd.DataFrame, encoding: object) -> np.ndarray:
        return np.full(len(frame), float(encoding is self._shared))


def test_what_a_conversion_brings_is_told_by_the_shared_columns_whoever_speaks(
    divided: tuple[Bundle, Dataset, dict], company: SmallCompany
) -> None:
    bundle = replace(divided[0], amount=_Amounts(divided[0]))
    scores = pa.Table.from_batches(score_history(bundle, company.history, AT)[0])
    assert len(set(scores["model_version"].to_pylist())) == 2
    assert scores["expected_amount"].to_pylist() == [1.0] * scores.num_rows


def test_what_sparks_workers_send_back_is_spoken_by_the_same_models_as_here(
    divided: tuple[Bundle, Dataset, dict], company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers' task and what arrives of it, without a Spark that would only carry it: that is tested elsewhere."""

    def pieces(_spark: object, _scratch: Path, *given: Any) -> Iterator[pa.Table]:
        history, snapshots, catalogue, task = given
        for features in compute_shards(history, snapshots, catalogue):
            yield task(features.cast(plain(features.schema)))

    monkeypatch.setattr(on_spark, "open_spark", lambda _: nullcontext())
    monkeypatch.setattr(on_spark, "pieces_on_spark", pieces)
    here, there = (
        pa.Table.from_batches(score_history(divided[0], company.history, AT, manner=manner)[0])
        for manner in (Manner(), Manner(engine=Engine(name="spark")))
    )
    assert {row.partition("+")[2] for row in there["model_version"].to_pylist()} == {"", "paid"}
    assert there.drop_columns(["scored_at"]).to_pylist() == here.drop_columns(["scored_at"]).to_pylist()


def flat_history(folder: Path, n_leads: int = 900) -> History:
    """Write one flat table in which what sells to the old customer keeps the new one away."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(n_leads):
        client, size = str(rng.choice(["old", "new"])), str(rng.choice(["large", "small"]))
        likely = (client == "old") == (size == "large")
        won = bool(rng.random() < (0.8 if likely else 0.1))
        rows.append({"lead_id": f"F{number:03d}", "client": client, "size": size, "converted": won})
    attributes = [
        Attribute(table="leads", name=name, type="category", known="at_creation") for name in ("client", "size")
    ]
    return write_history(folder, leads=rows, attributes=attributes, flat=True, ordering="rows")


def test_a_part_of_a_flat_table_has_a_model_of_its_own_from_the_settings_to_the_scores(tmp_path: Path) -> None:
    history = flat_history(tmp_path / "interim")
    settings = SETTINGS.model_copy(update={"segments": {"fresh": {"client": ("new",)}}, "linear_share": 1.0})
    params = PARAMS.model_copy(update={"targets": {"won": Target(stage="won")}, "train": settings})
    dataset = build_dataset(history, params.targets["won"], params, tmp_path / "features")
    shared = train(dataset, settings, tmp_path / "candidate")
    train_own(dataset, shared, settings, 5, tmp_path / "candidate")
    own = load_own(tmp_path / "candidate")
    metrics = review(dataset, shared, Plan(QUICK, ANY, params.split, settings), own=own).metrics
    (found,) = metrics["segments"]
    assert found["speaks"] == OWN
    spoken = as_spoken(shared, own, metrics, dataset)
    bundle = release(judged("won", params, history.facts, dataset, spoken, metrics), tmp_path / "won", None, END)
    scores = pa.Table.from_batches(score_history(bundle, history, AT)[0]).to_pylist()
    client = {row["lead_id"]: row for row in read_parquet(history.path("leads")).to_pylist()}
    for row in scores:
        lead = client[row["lead_id"]]
        assert row["model_version"].endswith("+fresh") == (lead["client"] == "new")
        if lead["client"] == "new":
            assert (row["probability"] > 0.45) == (lead["size"] == "small")  # the shared model thinks both alike
    assert len(scores) == len(client)
