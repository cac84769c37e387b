"""about.json is what publishing and scoring agree on with the page, and no more."""

import pytest
from pydantic import ValidationError

from predictive_scoring.scoring.about import About

LEAST = {
    "target": "won",
    "source_name": "acme",
    "source_description": "",
    "licence": "internal",
    "simulated": False,
    "model_version": "won-1",
    "interval_level": 0.9,
    "grades": {"A": 0.3},
}


def test_the_least_that_is_said_is_enough_and_comes_back_from_json() -> None:
    about = About.model_validate(LEAST)
    assert About.model_validate_json(about.model_dump_json()) == about
    assert about.horizon_days is None


@pytest.mark.parametrize("change", [{"calls_per_week": 120}, {"interval_level": 9}, {"horizon_days": 0}])
def test_what_the_page_decides_and_what_cannot_be_is_refused(change: dict[str, object]) -> None:
    """How many leads a team can call is a setting of the page, not a fact of the scores."""
    with pytest.raises(ValidationError, match=next(iter(change))):
        About.model_validate({**LEAST, **change})
