"""What stands behind a lead, in words: where it came from, its account, what it did lately."""

from dataclasses import dataclass
from typing import Any

from predictive_scoring.contract.words import Word
from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.privacy import Pii, shown_id, shown_text
from predictive_scoring.report.wording import Wording
from predictive_scoring.scoring.background import Background


@dataclass(frozen=True)
class Entry:
    """What a lead did, or what was done, on one day."""

    day: str
    text: str


@dataclass(frozen=True)
class Behind:
    """One lead's background; texts that may be empty."""

    channel: str = ""
    segment: str = ""
    stage: str = ""
    account: str = ""
    colleagues: str = ""
    created: str = ""
    latest: str = ""
    n_activities: str = ""
    known: tuple[tuple[str, str], ...] = ()
    timeline: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Backdrop:
    """Speaks of leads' background in one language."""

    background: Background
    wording: Wording
    pii: Pii

    def behind(self, row: dict[str, Any] | None) -> Behind:
        """Return the words for a row of context.parquet, empty ones where there is none."""
        if row is None:
            return Behind()
        say, number = self.wording.say, self.wording.number
        account, n = row["account_id"], row["n_account_leads"] or 0
        done = row["n_activities"] or 0
        return Behind(
            channel=self.value(self.background.channel, row["channel"]),
            segment=self.value(self.background.segment, row["segment"]),
            stage=self.stage(row["stage"]),
            account=visible(shown_id(account, self.pii)) if account else "",
            colleagues=say("behind.colleagues", n=n - 1, number=number(n - 1)) if account and n > 1 else "",
            created=self.day(row["created_at"]),
            latest=self.day(row["last_at"]),
            n_activities=say("behind.activities", n=done, number=number(done)),
            known=tuple((self.attribute(item["name"]), self.known(item)) for item in row["known"] or ()),
            timeline=tuple(self.entry(item) for item in row["timeline"] or ()),
        )

    def entry(self, item: dict[str, Any]) -> Entry:
        """Return one line of a timeline."""
        kind = self.kind(item["kind"])
        text = (
            kind
            if item["n"] == 1
            else self.wording.say("behind.times", what=kind, number=self.wording.number(item["n"]))
        )
        return Entry(self.day(item["day"]), text)

    def kind(self, kind: str) -> str:
        """Return the name of a kind of activity."""
        return self._word(self.background.words.kinds.get(kind), kind)

    def day(self, day: Any) -> str:
        """Return a date in words, '' where there is none."""
        return self.wording.short_day(day) if day is not None else ""

    def stage(self, stage: str | None) -> str:
        """Return a stage's name."""
        return self._word(self.background.words.stages.get(stage), stage) if stage else ""

    def attribute(self, name: str) -> str:
        """Return an attribute's name."""
        return self._word(self.background.words.attributes.get(name), name)

    def value(self, attribute: str | None, value: str | None) -> str:
        """Return a value's name, '' where it is not known."""
        if value is None or attribute is None:
            return ""
        return self._word(self.background.words.values.get(attribute, {}).get(value), value)

    def known(self, item: dict[str, str]) -> str:
        """Return the value of one attribute."""
        if item["type"] == "boolean":
            return self.wording.say(f"behind.{item['value']}")
        if item["type"] == "number":
            value = float(item["value"])
            return self.wording.number(value, 0 if value.is_integer() else 2)
        return self.value(item["name"], item["value"])

    def _word(self, word: Word | None, otherwise: str) -> str:
        raw = getattr(word, self.wording.language) if word else otherwise.replace("_", " ")
        return capitalised(visible(shown_text(raw, self.pii)))
