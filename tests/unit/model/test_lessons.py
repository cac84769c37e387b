"""What a dataset teaches: some looks at each lead, which leave rates as they are."""

from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.model.candidate import train
from predictive_scoring.model.lessons import lessons
from small_company import PARAMS, SmallCompany


def test_of_many_rows_some_looks_at_each_lead_are_learned_from_and_the_calibrator_sees_all(
    company: SmallCompany,
) -> None:
    known = company.dataset.training_windows()
    most = known["calibration"].num_rows
    whole, few = lessons(company.dataset, known, 10**9), lessons(company.dataset, known, most)
    assert sum(rows.num_rows for rows in known.values()) > 3 * most
    assert {use: len(sample.y) for use, sample in whole.items()} == {use: rows.num_rows for use, rows in known.items()}
    for use, sample in few.items():
        assert set(sample.leads) == set(whole[use].leads)
        assert sample.importance.sum() == pytest.approx(len(whole[use].y))
        assert (len(sample.y) < len(whole[use].y)) is (use != "calibration")
    learned, asked = few["train"], whole["train"]
    error = 4 * np.sqrt(asked.y.mean() / len(np.unique(asked.leads)))
    assert np.average(learned.y, weights=learned.importance) == pytest.approx(asked.y.mean(), abs=error)


def test_a_model_of_fewer_looks_says_as_much_on_average(company: SmallCompany, tmp_path: Path) -> None:
    found = []
    for max_rows in (10**9, 1000):
        settings = PARAMS.train.model_copy(update={"max_rows": max_rows})
        found.append(train(company.dataset, settings, tmp_path / str(max_rows)).predictions["model"].to_numpy())
    assert found[1].mean() == pytest.approx(found[0].mean(), rel=0.15)
    assert np.corrcoef(*found)[0, 1] > 0.8
