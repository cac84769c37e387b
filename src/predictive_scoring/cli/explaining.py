"""What `explain` says of one lead, step by step, as tables for the terminal, in the language that was asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel.numbers import format_percent, get_decimal_symbol, get_group_symbol
from rich.console import Console
from rich.table import Table
from rich.text import Text

from predictive_scoring.config.regions import Tag, language_of, regions_of
from predictive_scoring.contract.words import Language
from predictive_scoring.explain.shortlist import shortlist
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible
from predictive_scoring.scoring.basis import KNOWN
from predictive_scoring.scoring.money import rounded
from predictive_scoring.scoring.trace import WHY_NOT, Trace

LONGEST: Final = 400
LOCALE: Final = Path(__file__).parent / "locale"


def trace_lines(found: Trace, tag: Tag, width: int | None = None) -> Iterator[str]:
    """Yield a trace as text: plain where nobody looks at a terminal, else with the terminal's width and weight.

    Parameters
    ----------
    tag
        The language, and the region by which figures are written.
    width
        Characters in a line, None: those of the terminal, 120 where there is none.
    """
    console = Console(highlight=False, width=width)
    if width is None and not console.is_terminal:
        console = Console(highlight=False, width=120)
    with console.capture() as captured:
        for part in _parts(found, Voice(_texts().told_in(regions_of([tag])), language_of(tag))):
            console.print(part)
    yield captured.get().rstrip("\n")


@lru_cache(maxsize=1)
def _texts() -> Texts:
    return Texts.packaged(LOCALE)


@dataclass(frozen=True)
class Voice:
    """The fixed words and the figures of one language."""

    texts: Texts
    language: Language

    def say(self, key: str, **values: str) -> str:
        """Return a message."""
        return self.texts.say(self.language, key, n=1, **values)

    def heading(self, key: str, **values: str) -> Text:
        """Return a heading."""
        return Text(f"\n{self.say(key, **values)}", style="bold")

    def figure(self, written: str) -> str:
        """Return a figure as Python writes it with the language's signs: '1,234.5' is '1.234,5' in Spain."""
        locale = self.texts.locale(self.language)
        signs = {".": str(get_decimal_symbol(locale)), ",": str(get_group_symbol(locale))}
        return "".join(signs.get(sign, sign) for sign in written)

    def percent(self, share: float) -> str:
        """Return a share as a percentage with a decimal, and the space before its sign that the language wants."""
        whole = str(format_percent(0, locale=self.texts.locale(self.language)))
        return whole.replace("0", self.figure(f"{100 * share:.1f}"))

    def sentence(self, row: dict[str, Any]) -> str:
        """Return what a row says in this language, in another where it says nothing."""
        return visible(row[f"text_{self.language}"] or row["text_en"] or row["text_es"] or "", LONGEST)

    def table(self, *keys: str) -> Table:
        """Return a table without rows, its columns named by messages."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        for key in keys:
            right = key in {"points.log_odds", "points.probability"}
            whole = right or key == "points.code"
            table.add_column(self.say(key), justify="right" if right else "left", overflow="fold", no_wrap=whole)
        return table


def _parts(found: Trace, voice: Voice) -> Iterator[Text | Table]:
    head = {"lead": visible(found.lead_id), "instant": found.as_of.isoformat(), "status": _status(found, voice)}
    yield Text(voice.say("head", **head), style="bold")
    if found.scored is None:
        yield Text(voice.say("not_scored", why=_why_not(found, voice)))
        return
    yield from _rows(found, voice)
    yield from _features(found, voice)
    yield from _contributions(found, voice)
    yield _chance(found.scored, voice)
    yield from _value(found, voice)
    yield from _few(found.scored, voice)
    yield from _possible(found, voice)
    if found.change is not None:
        yield voice.heading("changed.title")
        yield Text(f"   {voice.sentence(found.change)}")


def _status(found: Trace, voice: Voice) -> str:
    if found.status == "open":
        return voice.say("status.open")
    before, marker, detail = found.status.partition("not scored: ")
    return voice.say("status.not_scored", detail=visible(detail)) if marker and not before else visible(found.status)


def _why_not(found: Trace, voice: Voice) -> str:
    status = next((name for name, words in WHY_NOT.items() if words == found.why_not), None)
    return visible(found.why_not) if status is None else voice.say(f"why.{status}")


def _rows(found: Trace, voice: Voice) -> Iterator[Text | Table]:
    shown, of_all = (voice.figure(f"{n:,}") for n in (len(found.rows), found.n_activities))
    yield voice.heading("rows.title", shown=shown, all=of_all)
    table = voice.table("rows.when", "rows.kind", "rows.topic", "rows.direction")
    for row in found.rows:
        own = f"direction.{row['direction']}"
        direction = voice.say(own) if voice.texts.has(own) else row["direction"] or ""
        cells = [f"{row['occurred_at']:%Y-%m-%d %H:%M}", row["kind"], row["topic"] or "", direction]
        table.add_row(*(Text(visible(cell)) for cell in cells))
    yield table


def _features(found: Trace, voice: Voice) -> Iterator[Text | Table]:
    yield voice.heading("features.title", number=voice.figure(f"{len(found.features):,}"))
    table = voice.table("features.name", "features.value")
    for name, value in found.features.items():
        if value is None:
            shown = voice.say("features.unknown")
        else:
            shown = visible(value) if isinstance(value, str) else voice.figure(f"{value:g}")
        table.add_row(Text(name), Text(shown))
    yield table


def _contributions(found: Trace, voice: Voice) -> Iterator[Text | Table]:
    scored, figure = found.scored or {}, voice.figure
    yield voice.heading("points.title")
    table = voice.table("points.log_odds", "points.probability", "points.code", "points.fact", "points.past")
    base = scored["base_probability"]
    table.add_row(figure(f"{found.base_raw:+.3f}"), figure(f"{base:+.4f}"), "", voice.say("points.base"), "")
    log_odds = {step.concept: step.log_odds for step in found.steps}
    for reason in scored["reasons"]:
        told = [
            figure(f"{log_odds.get(reason['concept'], 0.0):+.3f}"),
            figure(f"{reason['points']:+.4f}"),
            reason["code"],
            voice.sentence(reason),
            _past(reason, voice),
        ]
        table.add_row(*(Text(each) for each in told))
    total = base + sum(reason["points"] for reason in scored["reasons"])
    table.add_row(figure(f"{found.raw:+.3f}"), figure(f"{total:.4f}"), "", voice.say("points.sum"), "")
    yield table


def _past(reason: dict[str, Any], voice: Voice) -> str:
    """Return the rate of leads like that, or that there are too few to say."""
    if reason["n"] is None:
        return ""
    number = voice.figure(f"{reason['n']:,}")
    if reason["rate"] is None:
        return voice.say("past.few", number=number)
    view = {True: "past.agrees", False: "past.contradicts", None: "past.unclear"}[reason["agrees"]]
    rates = {name: voice.percent(reason[name]) for name in ("rate", "low", "high")}
    return voice.say("past.rate", number=number, view=voice.say(view), **rates)


def _chance(scored: dict[str, Any], voice: Voice) -> Text:
    chances = {"chance": "probability", "low": "probability_low", "high": "probability_high"}
    written = {name: voice.figure(f"{scored[column]:.4f}") for name, column in chances.items()}
    plain = {name: str(scored[name]) for name in ("grade", "score", "fit", "engagement")}
    return voice.heading("chance.title", **written, **plain)


def _value(found: Trace, voice: Voice) -> Iterator[Text]:
    """Yield what a lead is worth and why, where the model tells it: guesses to three digits, as on the page."""
    scored = found.scored
    if found.value_rests_on is None or scored is None:
        return
    value, amount = _guess(scored["expected_value"], voice), _guess(scored["expected_amount"], voice)
    if scored["amount_basis"] == KNOWN:
        amount = voice.figure(f"{scored['expected_amount']:,.2f}".removesuffix(".00"))
    chance = voice.figure(f"{scored['probability']:.4f}")
    yield Text(f"   {voice.say('value', value=value, chance=chance, amount=amount)}")
    yield Text(f"   {visible(getattr(found.value_rests_on, voice.language), LONGEST)}")


def _guess(amount: float, voice: Voice) -> str:
    shown, decimals = rounded(amount)
    return voice.figure(f"{shown:,.{decimals}f}")


def _few(scored: dict[str, Any], voice: Voice) -> Iterator[Text]:
    yield voice.heading("few.title")
    raising, lowering = shortlist(scored["reasons"])
    if not raising and not lowering:
        yield Text(f"   {voice.say('few.none')}")
    for key, reasons in (("few.raises", raising), ("few.lowers", lowering)):
        for reason in reasons:
            points = voice.figure(f"{reason['points']:+.4f}")
            yield Text(f"   {voice.say(key)} {points}  {voice.sentence(reason)}")


def _possible(found: Trace, voice: Voice) -> Iterator[Text]:
    if found.possible:
        yield voice.heading("possible.title")
        for row in found.possible:
            points = voice.figure(f"{row['points']:+.4f}")
            yield Text(f"   {points}  {voice.sentence(row)}")
