"""Every scoring job computes some past snapshots anew and compares them with what the model learned from."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import INSTANT, History, RowAccount
from predictive_scoring.errors import DataContractError
from predictive_scoring.features import shards
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.fingerprint import FINGERPRINT, fingerprint_of
from predictive_scoring.scoring.run import Wish, run_scoring
from predictive_scoring.scoring.run_key import manifest_of
from predictive_scoring.scoring.skew import skew_of
from predictive_scoring.scoring.write import Run
from predictive_scoring.storage import read_parquet, sole_writer, write_parquet
from small_company import END, SmallCompany, small_history

AS_OF = END - timedelta(days=20)


def scored(bundle: Bundle, history: History, folder: Path, max_share: float = 0.05) -> str:
    rows = {"leads": RowAccount(read=900, kept=900)}
    counted = History(history.folder, history.facts.model_copy(update={"rows": rows}))
    with sole_writer(folder):
        run_scoring(Run(bundle, counted, AS_OF, work=Score(max_skew_share=max_share)), Wish(folder))
    return str((manifest_of(folder) or {})["skew"])


def changed(history: History, folder: Path, table: str, column: str, values: pa.Array) -> History:
    """Return a copy of a history in which one column is another."""
    folder.mkdir()
    for path in history.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    rows = read_parquet(folder / f"{table}.parquet")
    write_parquet(folder / f"{table}.parquet", rows.set_column(rows.schema.get_field_index(column), column, values))
    return History.load(folder)


def test_the_history_of_the_training_is_found_equal_and_the_job_says_so(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    said = scored(bundle, company.history, tmp_path / "scores")
    assert said == "200 past snapshots computed anew: every feature is what it was in training"


def test_a_job_that_counts_otherwise_than_training_is_refused_and_names_the_features(
    company: SmallCompany, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted skew: activities come to the record a day later than training saw them."""
    whole = shards.shard_of

    def late(*asked: object) -> shards.Shard:
        shard = whole(*asked)  # type: ignore[arg-type]
        return replace(shard, known=shard.known + 86_400_000_000)

    monkeypatch.setattr(shards, "shard_of", late)
    with pytest.raises(DataContractError, match=r"features of past snapshots are not.*learned from") as refused:
        scored(bundle, company.history, tmp_path / "scores")
    assert refused.value.exit_code == 3
    assert "__count__" in str(refused.value)
    assert "L0" not in str(refused.value)
    assert not (tmp_path / "scores").exists()


def test_values_overwritten_since_training_are_refused_above_the_share_that_is_allowed(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    n_leads = read_parquet(company.history.path("leads")).num_rows
    history = changed(company.history, tmp_path / "h", "leads", "channel", pa.array(["ads"] * n_leads))
    with pytest.raises(DataContractError, match="lead__channel in"):
        scored(bundle, history, tmp_path / "scores")
    said = scored(bundle, history, tmp_path / "scores", max_share=1)
    assert "lead__channel in" in said


def test_what_became_known_later_than_the_snapshots_is_no_skew(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    activities = read_parquet(company.history.path("activities"))
    known = activities["known_at"].cast(pa.int64()).to_numpy()
    latest = max(row for row in known)
    late = np.where(known >= latest - 5 * 86_400_000_000, known + 86_400_000_000, known)
    history = changed(company.history, tmp_path / "h", "activities", "known_at", pa.array(late).cast(INSTANT))
    assert skew_of(bundle, history).shares == {}


@pytest.mark.parametrize("what", ["other leads", "no fingerprint"])
def test_a_job_without_the_history_of_the_training_says_that_the_check_could_not_be_made(
    company: SmallCompany, bundle: Bundle, tmp_path: Path, what: str
) -> None:
    history = small_history(tmp_path / "other", seed=9) if what == "other leads" else company.history
    if what == "no fingerprint":
        files = {name: sealed for name, sealed in bundle.manifest.files.items() if name != FINGERPRINT}
        bundle = replace(bundle, manifest=bundle.manifest.model_copy(update={"files": files}))
    said = scored(bundle, history, tmp_path / "scores")
    assert said.startswith("the check for skew could not be made: ")
    assert said in (manifest_of(tmp_path / "scores") or {})["notes"]


def test_the_fingerprint_holds_no_id_and_no_value(company: SmallCompany) -> None:
    made = fingerprint_of(company.dataset)
    assert len(made.rows) == 200
    text = made.model_dump_json()
    assert not any(lead in text for lead in company.dataset.table["lead_id"].to_pylist())
    assert "referral" not in text
    assert len({row.values[1:7] for row in made.rows}) > 190  # equal values of two leads look different
