"""The page of cases says what the tests say."""

import cases_page


def test_the_page_is_the_one_that_the_tests_make() -> None:
    assert cases_page.PAGE.read_text(encoding="utf-8") == cases_page.page(), "run `make docs`"


def test_no_test_claims_a_case_that_is_not_listed_and_none_is_both_held_and_declined() -> None:
    listed = cases_page.cases()
    known = {f"{letter}{key[:2]}" for letter, group in listed["groups"].items() for key in group["cases"]}
    claimed = set(cases_page.shown())
    assert claimed <= known
    assert not claimed & set(listed["declined"])
    assert set(listed["declined"]) <= known
    assert len(known) == 239
