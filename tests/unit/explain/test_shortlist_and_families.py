"""The few reasons that are read at a glance, and concepts that say much the same."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from explained_world import word
from predictive_scoring.explain.bands import Banding
from predictive_scoring.explain.families import association, families, joined
from predictive_scoring.explain.shortlist import shortlist
from predictive_scoring.features.definition import Catalogue, Concept


def reason(points: float, family: str = "", *, agrees: bool | None = True) -> dict[str, Any]:
    return {"points": points, "concept": f"c{points}", "family": family or f"f{points}", "agrees": agrees}


def points(reasons: list[dict[str, Any]]) -> list[float]:
    return [round(each["points"], 6) for each in reasons]


def test_at_most_three_on_each_side_strongest_first() -> None:
    raising, lowering = shortlist([reason(p) for p in (0.1, -0.3, 0.4, 0.2, -0.1, 0.3, -0.2, -0.4)])
    assert points(raising) == [0.4, 0.3, 0.2]
    assert points(lowering) == [-0.4, -0.3, -0.2]


def test_L05_nothing_stands_out_where_nothing_moves() -> None:
    assert shortlist([reason(0.0004), reason(-0.0001)]) == ([], [])
    assert shortlist([]) == ([], [])


def test_a_contradicted_reason_is_not_among_the_few_and_an_unclear_one_is() -> None:
    raising, _ = shortlist([reason(0.3, agrees=False), reason(0.2, agrees=None)])
    assert points(raising) == [0.2]


def test_a_family_is_listed_once_with_its_points_together() -> None:
    raising, lowering = shortlist([reason(0.3, "job"), reason(0.2, "job"), reason(-0.05, "job"), reason(-0.1, "size")])
    assert points(raising) == [0.45]
    assert raising[0]["concept"] == "c0.3"
    assert points(lowering) == [-0.1]


def test_a_family_whose_members_cancel_tells_neither_side() -> None:
    assert shortlist([reason(0.3, "job"), reason(-0.3, "job")]) == ([], [])


def test_the_member_that_stands_for_a_family_points_its_way() -> None:
    raising, lowering = shortlist([reason(0.30, "job"), reason(-0.25, "job"), reason(-0.2, "job")])
    assert (points(raising), points(lowering)) == ([], [-0.15])
    assert lowering[0]["concept"] == "c-0.25"


def test_a_chain_of_likenesses_makes_no_family() -> None:
    alike = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.7], [0.1, 0.7, 1.0]])
    assert joined(alike) == [[0, 1], [2]]


def test_association_is_nothing_between_draws_and_one_between_names_of_the_same() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 5, 4000), rng.integers(0, 4, 4000)
    assert association(one, other) < 0.05
    assert association(one, (3 * one) % 5) == pytest.approx(1.0)
    assert association(one[:50], one[:50]) == 0.0  # too few to say


def numbers(*names: str) -> Catalogue:
    """Return a catalogue of as many concepts."""
    concepts = (Concept(name=n, group="fit", template="number", code="R004", word=word(n)) for n in names)
    return Catalogue(features=(), concepts=tuple(concepts))


def banding(name: str, *edges: float) -> Banding:
    return Banding(concept=name, shape="number", features=(name,), edges=edges)


def test_what_is_missing_together_is_no_likeness() -> None:
    """Two attributes of the company lack where there is no company; among leads with one they are strangers."""
    rng = np.random.default_rng(1)
    known = rng.random(3000) < 0.5
    frame = pd.DataFrame({name: np.where(known, rng.integers(0, 3, 3000), np.nan) for name in ("size", "place")})
    frame["rank"] = frame["size"] * 2
    bandings = (banding("size", 1.0, 2.0), banding("place", 1.0, 2.0), banding("rank", 2.0, 4.0))
    still = np.where(known, 0.1, -5.0)[:, None] * np.ones(3)  # what all of them tell is that there is no company
    assert families(numbers(*frame.columns), frame, bandings, still) == (("size", "rank"),)


def test_concepts_that_move_as_one_are_one_fact_whatever_the_bands() -> None:
    rng = np.random.default_rng(2)
    age = rng.uniform(0, 100, 1000)
    frame = pd.DataFrame({"age": age, "touch": age, "other": rng.uniform(0, 100, 1000)})
    blind = (banding("age", 50.0), banding("touch"), banding("other", 50.0))  # the sentence of one speaks of else
    points = np.column_stack([-age, -2 * age + rng.normal(scale=5, size=1000), rng.normal(size=1000)])
    assert families(numbers(*frame.columns), frame, blind, points) == (("age", "touch"),)
    cancelling = points * [1, -1, 1]
    assert families(numbers(*frame.columns), frame, blind, cancelling) == (("age", "touch"),)
    loose = points + rng.normal(scale=10, size=points.shape)  # a correlation of 0.92
    assert families(numbers(*frame.columns), frame, blind, loose) == ()
