"""Whom to work: the best, and a few by lot whose chance to be drawn is on record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.worklist import EXPLORE, SCHEMA, WORKLIST, lots, worklist
from predictive_scoring.scoring.write import Run, replace_scores
from predictive_scoring.storage import read_parquet
from small_company import END, SmallCompany

AS_OF = datetime(2025, 4, 1, tzinfo=UTC)


def scores(n: int, order: np.ndarray | None = None) -> pa.Table:
    places = np.arange(n) if order is None else order
    return pa.table(
        {
            "lead_id": [f"L{place:05d}" for place in places],
            "as_of": pa.array([AS_OF] * n, pa.timestamp("us", tz="UTC")),
            "target": ["won"] * n,
            "rank": places + 1,
            "grade": ["D"] * n,
        }
    )


def test_M08_a_slice_is_drawn_whatever_the_score_and_its_propensity_is_noted() -> None:
    listed = worklist(scores(10_000), Score(worklist_length=100, explore_share=0.05)).to_pandas()
    drawn = listed[listed["chosen_by"] == EXPLORE]
    assert (listed["chosen_by"] == "rank").sum() == 100
    assert 0.04 * 9900 < len(drawn) < 0.06 * 9900
    assert drawn["propensity"].eq(0.05).all()
    assert listed[listed["chosen_by"] == "rank"]["propensity"].eq(1.0).all()
    assert abs(drawn["rank"].mean() - 5050) < 3 * 2858 / np.sqrt(len(drawn))  # even over all ranks


def test_M08_the_draw_is_the_same_again_for_any_order_and_another_on_another_day() -> None:
    settings = Score(worklist_length=10, explore_share=0.2)
    shuffled = np.random.default_rng(0).permutation(500)
    first, again = worklist(scores(500), settings), worklist(scores(500, shuffled), settings)
    assert first.equals(again)
    ids = first["lead_id"].to_numpy(zero_copy_only=False)
    tomorrow = lots(ids, datetime(2025, 4, 2, tzinfo=UTC), settings.explore_seed)
    assert abs(np.corrcoef(lots(ids, AS_OF, settings.explore_seed), tomorrow)[0, 1]) < 0.3


def test_those_drawn_by_lot_lie_among_the_others_and_not_at_the_end() -> None:
    listed = worklist(scores(5000), Score(worklist_length=500, explore_share=0.1)).to_pandas()
    assert listed["place"].tolist() == list(range(1, len(listed) + 1))
    middle = listed[listed["chosen_by"] == EXPLORE]["place"].mean() / len(listed)
    assert 0.45 < middle < 0.55


@pytest.mark.parametrize("n", [0, 1])
def test_an_empty_batch_or_a_single_lead_makes_a_list(n: int) -> None:
    listed = worklist(scores(n), Score(explore_share=0.1))
    assert listed.num_rows == n
    assert listed.schema.equals(SCHEMA)


def test_lots_are_even() -> None:
    drawn = lots(np.array([f"L{number}" for number in range(20_000)], dtype=object), AS_OF, 1)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8  # chi square of 19 degrees, one in a thousand


def test_M08_a_share_by_lot_adds_the_list_to_the_folder_and_belongs_to_the_runs_key(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    leads = RowAccount(read=900, kept=900)
    history = History(company.history.folder, company.history.facts.model_copy(update={"rows": {"leads": leads}}))
    busy = END - timedelta(days=60)
    runs = {
        share: Run(bundle, history, busy, work=Score(worklist_length=10, explore_share=share)) for share in (0, 0.3)
    }
    plain, drawn = (replace_scores(run, tmp_path / f"{share}").folder for share, run in runs.items())
    assert runs[0].key != runs[0.3].key
    assert not (plain / WORKLIST).exists()
    listed = read_parquet(drawn / WORKLIST)
    assert listed.schema.equals(SCHEMA)
    assert 10 < listed.num_rows < 10 + 0.6 * 80
    assert WORKLIST in FinishedScores.load(drawn, ["lead_id"]).manifest["files"]
