"""The seller's brief: who, why now, what they read, what happens at the account, what to ask, how to begin."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import Version
from predictive_scoring.agreement.journey import BuyingStage
from predictive_scoring.agreement.origin import CameBy
from predictive_scoring.agreement.states import State
from predictive_scoring.contract.history import Attribute
from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.shortlist import shortlist
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.attributes import may_be_shown
from predictive_scoring.handoff.beside import Beside
from predictive_scoring.handoff.context import COLLEAGUE_DAYS, by_lead, colleagues, own_actions
from predictive_scoring.handoff.desk import of_the_week
from predictive_scoring.handoff.opening import opening
from predictive_scoring.handoff.qualified import Standing, standings
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.scoring.money import rounded
from predictive_scoring.snapshots.attributes import known_attributes, looks_like_an_address, values_at

N_REASONS = 4
N_READ = 6
N_QUESTIONS = 6
_LONGEST_REASON = 200
CHANCE = ("probability", "probability_low", "probability_high")
Row = dict[str, Any]


@dataclass(frozen=True)
class Brief:
    """What a seller needs to know of one lead, on at most a page, in one language."""

    lead_id: str
    rank: int
    grade: str
    probability: float | None  # None, as its ends: the model's chances did not hold, only its order may be shown
    probability_low: float | None
    probability_high: float | None
    fit: int
    engagement: int
    intent: int | None  # None: the agreement names nothing that tells of intent
    state: str  # in the life cycle: LEAD, MQL …
    stage: str  # of the buying journey, and since when; "" where it touched none that is declared
    came: str  # how they first came, or were approached; "" where it is not known
    profile: tuple[str, ...]  # 'industry: yes', a criterion each
    action: str  # what the agreement promises this grade
    contact_by: datetime | None  # the promised first contact; None where the grade is not to be called
    person: tuple[tuple[str, str], ...]  # name and value of what is known
    company: tuple[tuple[str, str], ...]
    why_now: tuple[str, ...]  # the strongest facts that raise the chance
    but: str  # the strongest that lowers it; "" where none does
    read: tuple[str, ...]  # newest first
    at_the_account: str
    open_questions: tuple[str, ...]
    opening: str
    expected_value: float | None = None  # None: the model does not tell it

    def ranks(self, voice: Voice) -> str:
        """Return fit, engagement and, where it is agreed what tells of it, intent in words."""
        fit, engagement = voice.number(self.fit), voice.number(self.engagement)
        if self.intent is None:
            return voice.say("briefs.ranks", fit=fit, engagement=engagement)
        return voice.say("briefs.ranks_intent", fit=fit, engagement=engagement, intent=voice.number(self.intent))

    def where(self, voice: Voice) -> str:
        """Return the stage of buying and how they came: 'stage: decision · came of their own accord'."""
        stage = voice.say("briefs.stage", stage=self.stage) if self.stage else ""
        return " · ".join(part for part in (stage, self.came) if part)

    def chance(self, voice: Voice) -> str:
        """Return the chance and its range in words, and the expected value; the rank where chances did not hold."""
        if self.probability is None or self.probability_low is None or self.probability_high is None:
            return voice.say("briefs.rank", rank=voice.number(self.rank))
        chance, low, high = map(voice.percent, (self.probability, self.probability_low, self.probability_high))
        said = voice.say("briefs.chance", chance=chance, low=low, high=high)
        if self.expected_value is None:
            return said
        value = voice.number(*rounded(self.expected_value))
        return f"{said} · {voice.say('briefs.value', value=value)}"


@dataclass(frozen=True)
class HandOffList:
    """Who is handed over, and who would be if something more were known."""

    as_of: datetime
    language: Language
    handed_over: tuple[Brief, ...]
    lead_ids: tuple[str, ...]  # of those handed over, as the history writes them: a brief shows what can be seen
    missing: tuple[tuple[Brief, tuple[str, ...]], ...]  # a lead that qualifies, and what is not known of it
    counts: dict[str, int]  # everybody scored, by standing
    n_this_week: int  # calls that other nights of the week, and other targets, have used of `calls_per_week`
    calls_per_week: int


def hand_off(found: Situation, language: Language, *, shown: Collection[str] = ()) -> HandOffList:
    """Return the briefs of those whom the agreement hands over, best first.

    Parameters
    ----------
    shown
        Attributes of free text that a brief may show, for instance a telephone number that the source maps. All
        others of free text, and values that look like an address, are left out.

    Raises
    ------
    ConfigurationError
        If `shown` names an attribute that there is not, or the scores carry no sentences in the language.
    """
    names = {item.name for item in known_attributes(found.history)}
    if unknown := sorted(set(shown) - names):
        raise ConfigurationError(f"--show: unknown attributes {unknown}", found=sorted(names))
    told, beside = standings(found), Beside.of(found)
    standing = told["standing"]
    chosen = pc.is_in(standing, pa.array([Standing.HANDED_OVER, Standing.MISSING_ANSWERS]))
    limit = found.version.hand_off.calls_per_week  # as many with open questions as without: more nobody asks
    everybody = found.people.append_column("place", pa.array(np.arange(found.people.num_rows)))
    rows = everybody.append_column("standing", standing).append_column("missing", told["missing"]).filter(chosen)
    lacking = rows.filter(pc.equal(rows["standing"], Standing.MISSING_ANSWERS)).slice(0, limit)
    ready = rows.filter(pc.equal(rows["standing"], Standing.HANDED_OVER))
    voice = Voice(language, found.history.facts.words)
    telling = _Telling(voice, shown, beside)
    counted = pc.value_counts(standing).to_pylist()
    return HandOffList(
        as_of=found.as_of,
        language=language,
        handed_over=tuple(_briefs(found, ready, telling)),
        lead_ids=tuple(ready["lead_id"].to_pylist()),
        missing=tuple(
            (brief, tuple(map(voice.attribute, names)))
            for brief, names in zip(_briefs(found, lacking, telling), lacking["missing"].to_pylist(), strict=True)
        ),
        counts={str(row["values"]): int(row["counts"]) for row in counted},
        n_this_week=len(of_the_week(found.desk.others(found.as_of, found.finished.about.target), found.as_of)),
        calls_per_week=limit,
    )


@dataclass(frozen=True)
class _Telling:
    voice: Voice
    shown: Collection[str]
    beside: Beside

    def parts(self, version: Version, place: int) -> Row:
        """Return what the agreement says of one lead beside its score."""
        came, since = str(self.beside.came[place]), self.beside.since[place].as_py()
        return {
            "intent": int(self.beside.intent[place]) if version.intent else None,
            "stage": "" if since is None else self._stage(self.beside.stage_of(place), since),
            "came": "" if came == CameBy.UNKNOWN else self.voice.say(f"origin.{came}"),
            "profile": self.beside.fits(place, self.voice),
        }

    def _stage(self, stage: BuyingStage, since: datetime) -> str:
        name = self.voice.say(f"stage.{stage.name.lower()}")
        return self.voice.say("briefs.stage_since", stage=name, day=self.voice.day(since))


def _briefs(found: Situation, rows: pa.Table, telling: _Telling) -> Iterator[Brief]:
    shown = telling.shown
    attributes = [item for item in known_attributes(found.history) if may_be_shown(item, shown)]
    values = values_at(found.history, rows, attributes, found.as_of).to_pylist()
    actions = by_lead(own_actions(found, rows["lead_no"]))
    others = by_lead(colleagues(found, rows["lead_no"]))
    for row, known in zip(rows.to_pylist(), values or [{}] * rows.num_rows, strict=True):
        number = row["lead_no"]
        yield _brief(
            found, row, telling, _Facts(attributes, known, actions.get(number, []), others.get(number, []), shown)
        )


@dataclass(frozen=True)
class _Facts:
    attributes: list[Attribute]
    known: Row
    actions: list[Row]
    others: list[Row]
    shown: Collection[str]

    def of(self, table: str, voice: Voice) -> tuple[tuple[str, str], ...]:
        """Return the names and values of what is known."""
        return tuple(
            (voice.attribute(item.name), voice.value(item.name, self.known[item.name]))
            for item in self.attributes
            if item.table == table and self.known[item.name] is not None
            and (item.name in self.shown or not looks_like_an_address(self.known[item.name]))
        )  # fmt: skip

    def unknown(self, voice: Voice) -> tuple[str, ...]:
        """Return what is worth asking: the attributes of the person and the company that are not known."""
        return tuple(voice.attribute(item.name) for item in self.attributes if self.known[item.name] is None)


def _brief(found: Situation, row: Row, telling: _Telling, facts: _Facts) -> Brief:
    terms, voice = found.version.hand_off, telling.voice
    action = terms.actions.get(row["grade"], "leave")
    is_called = action in {"call_today", "follow_up"}
    raising, lowering = shortlist(row["reasons"], N_REASONS)
    chances: Row = {name: row[name] if found.finished.about.chances_hold else None for name in CHANCE}
    return Brief(
        **{name: row[name] for name in ("rank", "grade", "fit", "engagement")},
        **chances,
        **telling.parts(found.version, row["place"]),
        lead_id=visible(row["lead_id"]),
        state=State(row["state"]).name,
        action=voice.say(f"action.{action}"),
        contact_by=found.as_of + timedelta(hours=terms.first_contact_hours) if is_called else None,
        person=facts.of("leads", voice),
        company=facts.of("accounts", voice),
        why_now=tuple(_sentence(reason, voice.language) for reason in raising),
        but=_sentence(lowering[0], voice.language) if lowering else "",
        read=tuple(_touch(touch, voice) for touch in facts.actions[:N_READ]),
        at_the_account=_colleagues(facts.others, voice),
        open_questions=facts.unknown(voice)[:N_QUESTIONS],
        opening=opening(found.version, row["reasons"], facts.actions, voice),
        expected_value=row.get("expected_value"),
    )  # fmt: skip


def _sentence(reason: Row, language: Language) -> str:
    text: str | None = reason[f"text_{language}"]
    if text is None:
        raise ConfigurationError(
            f"the reasons of these scores are not said in {language!r}",
            fix=f"score again with {language!r} among score.languages in params.yaml",
        )
    return visible(text, _LONGEST_REASON)


def _touch(touch: Row, voice: Voice) -> str:
    """Return 'content downloads: buyers guide, 3 times, most recently on 3 May 2025'."""
    n, last = int(touch["n"]), voice.day(touch["last_at"])
    key = "read.topic" if touch["topic"] else "read.kind"
    topic = {"topic": voice.topic(touch["topic"])} if touch["topic"] else {}
    return voice.say(key, n=n, kind=voice.kind(touch["kind"]), number=voice.number(n), day=last, **topic)


def _colleagues(others: list[Row], voice: Voice) -> str:
    days = voice.number(COLLEAGUE_DAYS)
    together = [row for row in others if row["kind"] is None]
    if not together:
        return voice.say("account.nobody", days=days)
    n = int(together[0]["n_people"])
    kinds = [row for row in others if row["kind"] is not None][:3]
    listed = voice.together(f"{voice.kind(row['kind'])} ({voice.number(row['n'])})" for row in kinds)
    return voice.say("account.active", n=n, number=voice.number(n), days=days, kinds=listed,
                     day=voice.day(together[0]["last_at"]))  # fmt: skip
