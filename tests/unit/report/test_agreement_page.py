"""The page to sign says what the agreement says, all of it, in either language, and nothing that was not agreed."""

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.agreement.definition import Agreement, Criterion
from predictive_scoring.agreement.profile import Match, verdicts_of
from predictive_scoring.contract.words import LANGUAGES, Language, Word, Words
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff.profile_history import ProfileHistory, judged
from predictive_scoring.handoff.voice import hand_off_texts
from predictive_scoring.report.agreement_page import Background, render_agreement

WORDS = Words(
    kinds={"demo": Word(en="demo requests", es="solicitudes de demostración")},
    stages={"won": Word(en="sale won", es="venta ganada")},
    attributes={
        "employees": Word(en="number of employees", es="número de empleados"),
        "industry": Word(en="industry", es="sector"),
    },
    values={"industry": {"retail": Word(en="retail", es="comercio minorista")}},
)
VERSION: dict[str, Any] = {
    "valid_from": "2025-01-01",
    "own_actions": ["demo", "visit", "login"],
    "intent": ["demo"],
    "mql": {"any_of": [{"kinds": ["demo"]}, {"kinds": ["visit", "demo"], "at_least": 3, "within_days": 30}]},
    "pql": {"any_of": [{"kinds": ["login"], "at_least": 5, "within_days": 14}]},
    "stages": {"sql": ["accepted"], "opportunity": [], "customer": ["won"], "lost": ["lost"]},
    "profile": [{"attribute": "employees", "at_least": 50, "at_most": 1500}],
    "journey": {"awareness": {"kinds": ["visit"]}, "decision": {"kinds": ["demo"], "topics": ["prices"]}},
    "hand_off": {"questions": ["budget"], "calls_per_week": 1200, "first_contact_hours": 24},
}


class Seen(HTMLParser):
    """The text of a page, its tags, and every attribute that could load something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.parts: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            value or "" for name, value in attrs if name in ("src", "href") and not f"{value}".startswith("#")
        ]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"] or "{" not in data:
            self.parts.append(data)


def page(language: Language = "en", history: ProfileHistory | None = None, **change: Any) -> str:
    agreement = Agreement.model_validate({"versions": [VERSION | change]})
    return render_agreement(agreement, agreement.versions[0], Background("acme", WORDS, history=history), language)


def test_every_sentence_is_there_in_both_languages_with_the_same_placeholders() -> None:
    assert hand_off_texts().gaps() == []


def test_the_definitions_are_said_in_plain_words_of_either_language() -> None:
    english, spanish = Seen(page("en")).text, Seen(page("es")).text
    for told in (
        "demo requests, at least once",
        "at least 3 times within 30 days, counted together: visit and demo requests",
        "login, at least 5 times within 14 days",
        "from 50 to 1,500",
        "Has bought. The record says: sale won.",
        "Sales takes up to 1,200 leads a week",
        "from January 1, 2025",
    ):
        assert told in english
    for told in ("al menos 3 veces en 30 días", "de 50 a 1.500", "venta ganada", "desde el 1 de enero de 2025"):
        assert told in spanish


def test_a_version_that_another_follows_ends_the_day_before() -> None:
    agreement = Agreement.model_validate({"versions": [VERSION, VERSION | {"valid_from": "2025-03-01"}]})
    old = Seen(render_agreement(agreement, agreement.versions[0], Background("acme", WORDS), "en")).text
    new = Seen(render_agreement(agreement, agreement.versions[1], Background("acme", WORDS), "en")).text
    assert "from January 1, 2025 to February 28, 2025" in old
    assert "2 of 2" in new
    assert "from March 1, 2025" in new


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing_runs_nothing_and_has_a_line_for_each_team(language: Language) -> None:
    seen = Seen(page(language))
    assert "script" not in seen.tags
    assert seen.loads == []
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.text.count("Signature" if language == "en" else "Firma") >= 3  # the title, and a line a team
    assert not set(hand_off_texts().messages["en"]) & set(re.findall(r"[a-z]+\.[a-z_.]+[a-z_]", seen.text))


def test_names_of_users_stay_text() -> None:
    evil = "<script>alert(1)</script>"
    told = page(own_actions=["demo", "visit", "login", evil], profile=[{"attribute": evil, "any_of": [evil]}])
    assert evil not in told
    assert "script" not in Seen(told).tags
    assert "<script>" in Seen(told).text


def history(chances: tuple[float, float], criterion: Criterion, value: Any, n_leads: int = 600) -> ProfileHistory:
    """Return the history of as many leads that fit as do not: `chances` of those who do and who do not."""
    fits = np.arange(n_leads) % 2 == 0
    y = np.where(fits, np.arange(n_leads) < chances[0] * n_leads, np.arange(n_leads) < chances[1] * n_leads)
    fitting = criterion.any_of[0] if criterion.any_of else criterion.at_least
    values = pa.array([fitting if fit else value for fit in fits])
    match = Match((criterion,), (values,), verdicts_of(criterion, values)[:, None])
    return judged(y.astype(float), Whose.alone(np.arange(n_leads)), match, 0.95, (90, 3))


def test_a_disagreement_is_named_as_a_person_would_say_it() -> None:
    found = history((0.1, 0.3), Criterion(attribute="employees", at_least=50.0), 9.0)
    english, spanish = Seen(page("en", found)).text, Seen(page("es", found)).text
    assert (
        "You exclude leads whose number of employees is below 50. They convert at 1.5 times the average: 30%" in english
    )
    assert "against 10% of those who fit" in english
    assert "El perfil excluye los leads con número de empleados por debajo de 50." in spanish
    assert "es 1,5 veces la media: 30\u00a0%".replace("\u00a0", " ") in spanish
    assert "3 looks are too recent to be counted" in english
    value = history((0.1, 0.3), Criterion(attribute="industry", any_of=("health",)), "retail")
    assert "You exclude leads whose industry is “retail”." in Seen(page("en", value)).text
    assert "sector «comercio minorista»" in Seen(page("es", value)).text


def test_agreement_indifference_and_silence_are_told_apart() -> None:
    size = Criterion(attribute="employees", at_least=50.0)
    agrees = Seen(page("en", history((0.3, 0.1), size, 9.0))).text
    assert "Nothing in the history speaks against the profile." in agrees
    same = Seen(page("en", history((0.5, 0.5), size, 9.0, n_leads=6000))).text
    assert "Whether a lead fits by number of employees makes no difference: 50% of those who fit convert" in same
    nobody = judged(
        np.zeros(0), Whose.alone(np.zeros(0, np.int64)), Match((), (), np.zeros((0, 0), np.int8)), 0.95, (90, 0)
    )
    assert "nothing can be said" in Seen(page("en", nobody)).text
    assert "What history says" not in Seen(page("en")).text
