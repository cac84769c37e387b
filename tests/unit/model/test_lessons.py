"""What a dataset teaches: some looks at each lead, which leave rates as they are."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictive_scoring.features.dataset import KEYS
from predictive_scoring.model.candidate import train
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.fitting import encoding_of, ordered
from predictive_scoring.model.held_out import evidence_of
from predictive_scoring.model.lessons import learned, lessons
from small_company import END, PARAMS, START, SmallCompany

DAYS = [START + timedelta(days=day) for day in range((END - START).days)]


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


def test_a_look_has_the_number_of_those_before_it_in_whatever_window_and_keeps_it_where_some_are_left_out(
    company: SmallCompany,
) -> None:
    known = company.dataset.training_windows()
    at = {use: [*zip(*(rows[name].to_pylist() for name in KEYS), strict=True)] for use, rows in known.items()}
    every = {look for looks in at.values() for look in looks}
    counted = {
        use: [1 + sum((lead, when) in every and when < now for when in DAYS) for lead, now in looks]
        for use, looks in at.items()
    }
    whole, few = lessons(company.dataset, known, 10**9), lessons(company.dataset, known, 1000)
    assert {use: sample.looks.tolist() for use, sample in whole.items()} == counted
    assert {lead for lead, _ in at["train"]} & {
        lead for lead, _ in at["between"]
    }  # numbers run on from one to the next
    for use, sample in few.items():
        rows = dict(zip(zip(whole[use].leads, whole[use].looks, strict=True), range(10**6), strict=False))
        places = [rows[key] for key in zip(sample.leads, sample.looks, strict=True)]
        same = whole[use].frame.iloc[places].reset_index(drop=True)
        pd.testing.assert_frame_equal(sample.frame.reset_index(drop=True), same)


def test_the_fit_is_told_the_numbers_of_looks_of_every_window(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = lessons(company.dataset, company.dataset.training_windows(), 10**9)
    told: dict[str, Any] = {}
    monkeypatch.setattr(ConversionModel, "fit", lambda self, *_, **given: told.update(given) or self)
    learned(company.dataset, samples, PARAMS.train)
    looks = {"train": told["looks"]} | {use: told[use][4] for use in samples if use != "train"}
    assert {use: each.tolist() for use, each in looks.items()} == {use: s.looks.tolist() for use, s in samples.items()}


def test_unseen_leads_are_judged_look_by_look(company: SmallCompany) -> None:
    sample = lessons(company.dataset, company.dataset.training_windows(), 1000)["train"]
    rows = ordered(sample, encoding_of(sample, PARAMS.train, None), 0.5)
    weight = evidence_of(rows)
    assert weight.sum() == pytest.approx(len(set(sample.leads)))
    assert np.ptp(weight / rows.importance) < 1e-12 < np.ptp(rows.importance)


def test_a_model_of_fewer_looks_says_as_much_on_average(company: SmallCompany, tmp_path: Path) -> None:
    found = []
    for max_rows in (10**9, 1000):
        settings = PARAMS.train.model_copy(update={"max_rows": max_rows})
        found.append(train(company.dataset, settings, tmp_path / str(max_rows)).predictions["model"].to_numpy())
    assert found[1].mean() == pytest.approx(found[0].mean(), rel=0.15)
    assert np.corrcoef(*found)[0, 1] > 0.8
