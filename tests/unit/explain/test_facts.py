"""Distinct facts, found by tables or by sorting, are those of a plain loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.facts import Fact, distinct_facts, said

NUMBER = st.one_of(st.integers(-1, 4), st.integers(-1, 200_005))


@given(st.lists(st.tuples(NUMBER, NUMBER, st.integers(0, 1)), max_size=60))
def test_distinct_facts_are_the_rows_themselves(facts: list[tuple[int, int, int]]) -> None:
    columns = [np.array([fact[place] for fact in facts], dtype=np.int64) for place in range(3)]
    codes, distinct = distinct_facts(columns)
    assert [distinct[code] for code in codes] == facts
    assert distinct == sorted(set(facts))


def test_only_the_language_that_is_asked_is_told_and_each_fact_once() -> None:
    asked: list[tuple[Language, Fact]] = []

    def tell(language: Language, fact: Fact) -> str:
        asked.append((language, fact))
        return f"{fact[0]} visits"

    found = said([np.array([3, 0, 3, 3])], tell, lambda fact: str(fact[0]))
    assert asked == []
    sentences = found.told("en")
    assert [sentences[code] for code in found.codes] == ["3 visits", "0 visits", "3 visits", "3 visits"]
    assert asked == [("en", (0,)), ("en", (3,))]
