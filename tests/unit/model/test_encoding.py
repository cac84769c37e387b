"""A frame becomes numbers the same way at training and at scoring."""

import numpy as np
import pandas as pd
import pytest

from predictive_scoring.errors import DataContractError
from predictive_scoring.model.encoding import Encoding


def _fitted(**columns: list[object]) -> Encoding:
    return Encoding.fit(pd.DataFrame(columns), min_level_leads=1)


def test_columns_are_found_by_name_whatever_their_order() -> None:
    encoding = _fitted(visits=[1.0, 2.0], channel=["ads", "event"])
    shuffled = pd.DataFrame({"extra": [9], "channel": ["event"], "visits": [7]})
    assert encoding.encode(shuffled).tolist() == [[7.0, 1.0]]


def test_D06_an_unseen_level_and_a_missing_one_have_codes_of_their_own() -> None:
    encoding = _fitted(channel=["ads", "event", None])
    codes = encoding.encode(pd.DataFrame({"channel": ["ads", "event", "fax", None]}))[:, 0]
    assert codes.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_level_is_counted_once_a_lead_so_that_a_busy_lead_leaves_no_trace() -> None:
    frame = pd.DataFrame({"title": ["head of things"] * 30 + ["buyer"] * 3})
    leads = np.array(["one lead"] * 30 + ["a", "b", "c"])
    assert Encoding.fit(frame, leads, min_level_leads=2).columns[0].levels == ("buyer",)


def test_D07_an_identifier_taken_for_a_category_is_not_stored() -> None:
    frame = pd.DataFrame({"email": [f"person{i}@example.com" for i in range(500)]})
    assert "example.com" not in Encoding.fit(frame, min_level_leads=2).model_dump_json()


def test_of_too_many_levels_the_commonest_are_kept_in_sorted_order() -> None:
    frame = pd.DataFrame({"country": ["ES"] * 3 + ["MX"] * 2 + ["DE"]})
    assert Encoding.fit(frame, min_level_leads=1, max_levels=2).columns[0].levels == ("ES", "MX")


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None], dtype="Int64"),
        pd.array([True, None], dtype="boolean"),
        pd.Series([1.0, np.nan]),
        pd.Series([True, None], dtype=object),
        pd.Series([1, None], dtype=object),
    ],
)
def test_D23_every_way_to_write_a_number_gives_the_same_numbers(values: object) -> None:
    encoded = _fitted(x=[0.0, 1.0]).encode(pd.DataFrame({"x": values}))
    np.testing.assert_array_equal(encoded, [[1.0], [np.nan]])


def test_category_dtype_and_text_give_the_same_codes() -> None:
    encoding = _fitted(channel=["ads", "event"])
    text = pd.DataFrame({"channel": ["event", "ads", None]})
    np.testing.assert_array_equal(encoding.encode(text), encoding.encode(text.astype("category")))


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"channel": ["ads"]}, "visits"),
        ({"visits": ["three"], "channel": ["ads"]}, "visits .category instead of number."),
        ({"visits": [1.0], "channel": [4.0]}, "channel .number instead of category."),
        ({"visits": [np.inf], "channel": ["ads"]}, "visits .infinite"),
        ({"visits": [pd.Timestamp("2025-01-01")], "channel": ["ads"]}, "visits"),
    ],
)
def test_input_that_is_not_as_in_training_is_refused_by_name(frame: dict[str, list[object]], said: str) -> None:
    with pytest.raises(DataContractError, match=said):
        _fitted(visits=[1.0], channel=["ads"]).encode(pd.DataFrame(frame))


def test_a_category_of_which_nothing_is_known_is_missing_and_not_refused() -> None:
    encoding = _fitted(channel=["ads", "event"])
    assert encoding.encode(pd.DataFrame({"channel": [np.nan, np.nan]}))[:, 0].tolist() == [3.0, 3.0]


def test_column_names_given_twice_are_refused() -> None:
    with pytest.raises(DataContractError, match="twice"):
        Encoding.fit(pd.DataFrame([[1, 2]], columns=["x", "x"]))
