"""Names and values of a company reach a terminal: none of them may steer it."""

from datetime import UTC, datetime

import pytest

from predictive_scoring.cli.explaining import trace_lines
from predictive_scoring.cli.language import language_tag
from predictive_scoring.cli.saying import say
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.project import stage
from predictive_scoring.scoring.trace import Trace

EVIL = "Ana\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.exe"
STEERING = ("\x1b", "\x07", "\x9b", "\u202e")


def steers(text: str) -> bool:
    return any(sign in text for sign in STEERING)


def test_J09_what_a_command_or_a_stage_says_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert steers(EVIL)
    say(f"kept: {EVIL}")
    stage.say([f"rows of {EVIL}"])
    said = capsys.readouterr().out
    assert "kept: Ana" in said
    assert "rows of Ana" in said
    assert not steers(said)


def test_J09_an_error_that_quotes_a_header_steers_no_terminal() -> None:
    error = DataContractError(f"column {EVIL}", found=[EVIL], fix="rename it\nand run again")
    assert not steers(str(error))
    assert str(error).count("\n") == 3


def test_J09_a_leads_way_shows_signs_of_its_rows_and_obeys_none() -> None:
    at = datetime(2025, 4, 1, tzinfo=UTC)
    row = {"occurred_at": at, "kind": EVIL, "topic": EVIL, "direction": None}
    scored = {
        "base_probability": 0.1, "probability": 0.2, "probability_low": 0.1, "probability_high": 0.3, "grade": "A",
        "score": 9, "fit": 9, "engagement": 9,
        "reasons": [{"concept": "c", "points": 0.1, "code": "R001", "text_en": EVIL, "text_es": EVIL, "n": None,
                     "agrees": None}],
    }  # fmt: skip
    found = Trace(EVIL, at, f"open {EVIL}", [row], {"f": EVIL}, scored, n_activities=1)
    said = "\n".join(trace_lines(found, "en", width=200))
    assert "Ana" in said
    assert not any(sign in said for sign in STEERING[1:])
    assert "\x1b[2J" not in said
    assert "\x1b]0" not in said


def test_the_language_is_asked_for_as_people_write_it() -> None:
    assert [language_tag(each) for each in ("es", "ES-mx", "en_GB")] == ["es", "es-MX", "en-GB"]
    with pytest.raises(ConfigurationError, match="es-MX"):
        language_tag("fr")
