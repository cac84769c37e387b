"""What `explain` says of one lead, step by step, as tables for the terminal."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.shortlist import shortlist
from predictive_scoring.explain.visible import visible
from predictive_scoring.scoring.trace import Trace

LONGEST: Final = 400


def trace_lines(found: Trace, language: Language, width: int | None = None) -> Iterator[str]:
    """Yield a trace as text: plain where nobody looks at a terminal, else with the terminal's width and weight.

    Parameters
    ----------
    language
        Of the sentences.
    width
        Characters in a line, None: those of the terminal, 120 where there is none.
    """
    console = Console(highlight=False, width=width)
    if width is None and not console.is_terminal:
        console = Console(highlight=False, width=120)
    with console.capture() as captured:
        for part in _parts(found, language):
            console.print(part)
    yield captured.get().rstrip("\n")


def _parts(found: Trace, language: Language) -> Iterator[Text | Table]:
    yield Text(f"lead {visible(found.lead_id)} as of {found.as_of.isoformat()}: {visible(found.status)}", style="bold")
    if found.scored is None:
        yield Text(f"This lead has no chance and no reasons: {found.why_not}.")
        return
    yield from _rows(found)
    yield from _features(found)
    yield from _contributions(found, language)
    yield from _chance(found.scored)
    yield from _few(found.scored, language)
    yield from _possible(found, language)
    if found.change is not None:
        yield _heading("7. what changed since the last run")
        yield Text(f"   {_sentence(found.change, language)}")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _rows(found: Trace) -> Iterator[Text | Table]:
    yield _heading(f"1. activities known before then (newest first, {len(found.rows)} of {found.n_activities:,} shown)")
    table = _table("when", "kind", "topic", "direction")
    for row in found.rows:
        cells = [f"{row['occurred_at']:%Y-%m-%d %H:%M}", row["kind"], row["topic"] or "", row["direction"] or ""]
        table.add_row(*(Text(visible(cell)) for cell in cells))
    yield table


def _features(found: Trace) -> Iterator[Text | Table]:
    yield _heading(f"2. features ({len(found.features)})")
    table = _table("feature", "value")
    for name, value in found.features.items():
        shown = "not known" if value is None else visible(value) if isinstance(value, str) else f"{value:g}"
        table.add_row(Text(name), Text(shown))
    yield table


def _contributions(found: Trace, language: Language) -> Iterator[Text | Table]:
    scored = found.scored or {}
    yield _heading("3. from the average lead to this one")
    table = _table("log-odds", "probability", "code", "fact", "how such leads went (all)")
    base = scored["base_probability"]
    table.add_row(f"{found.base_raw:+.3f}", f"{base:+.4f}", "", "base: the average chance", "")
    log_odds = {step.concept: step.log_odds for step in found.steps}
    for reason in scored["reasons"]:
        told = [
            f"{log_odds.get(reason['concept'], 0.0):+.3f}",
            f"{reason['points']:+.4f}",
            reason["code"],
            _sentence(reason, language),
            _past(reason),
        ]
        table.add_row(*(Text(each) for each in told))
    total = base + sum(reason["points"] for reason in scored["reasons"])
    table.add_row(f"{found.raw:+.3f}", f"{total:.4f}", "", "sum", "")
    yield table


def _past(reason: dict[str, Any]) -> str:
    """Return the rate of leads like that, or that there are too few to say."""
    if reason["n"] is None:
        return ""
    if reason["rate"] is None:
        return f"too few to say ({reason['n']:,} leads)"
    view = {True: "agrees", False: "contradicts", None: "cannot tell"}[reason["agrees"]]
    return f"{reason['rate']:.1%} of {reason['n']:,} ({reason['low']:.1%}\N{EN DASH}{reason['high']:.1%}): {view}"


def _chance(scored: dict[str, Any]) -> Iterator[Text]:
    yield _heading(
        f"4. chance {scored['probability']:.4f} (between {scored['probability_low']:.4f} and "
        f"{scored['probability_high']:.4f}), grade {scored['grade']}, score {scored['score']}, "
        f"fit {scored['fit']}, engagement {scored['engagement']}"
    )


def _few(scored: dict[str, Any], language: Language) -> Iterator[Text]:
    yield _heading("5. in a few words")
    raising, lowering = shortlist(scored["reasons"])
    if not raising and not lowering:
        yield Text("   no single fact stands out")
    for word, reasons in (("raises", raising), ("lowers", lowering)):
        for reason in reasons:
            yield Text(f"   {word} {reason['points']:+.4f}  {_sentence(reason, language)}")


def _possible(found: Trace, language: Language) -> Iterator[Text]:
    if found.possible:
        yield _heading("6. what one more activity would go together with (no promise)")
        for row in found.possible:
            yield Text(f"   {row['points']:+.4f}  {_sentence(row, language)}")


def _sentence(row: dict[str, Any], language: Language) -> str:
    return visible(row[f"text_{language}"] or row["text_en"] or row["text_es"] or "", LONGEST)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name in columns:
        right = name in {"log-odds", "probability"}
        table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=right or name == "code")
    return table
