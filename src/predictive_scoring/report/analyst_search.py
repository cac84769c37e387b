"""What a search for settings tried, for analysts: the best trials first, and which was kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from predictive_scoring.explain.visible import visible
from predictive_scoring.report.wording import Wording

MOST: Final = 20
_DIGITS: Final = 4  # of a setting, that count


@dataclass(frozen=True)
class Searched:
    """A sentence, and the trials with their settings in columns."""

    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def searched(document: Mapping[str, Any] | None, wording: Wording) -> Searched:
    """Return what `evaluate` noted of the search: nothing of it, that there was none, or its trials.

    Parameters
    ----------
    document
        search.json: trials, given_up, default_loss, best_loss, kept, tried.
    """
    if not document:
        return Searched(wording.say("an.not_done"))
    if not document.get("trials"):
        return Searched(wording.say("an.search_none"))
    number = wording.number
    text = wording.say(
        "an.search_kept" if document["kept"] else "an.search_not_kept",
        trials=number(document["trials"]),
        given_up=number(document["given_up"]),
        own=number(document["default_loss"], 4),
        best=number(document["best_loss"], 4),
    )
    tried = sorted(document.get("tried", ()), key=_place)[:MOST]
    names = tuple(dict.fromkeys(name for trial in tried for name in trial["settings"]))
    return Searched(text, tuple(visible(name) for name in names), tuple(_row(trial, names, wording) for trial in tried))


def _place(trial: Mapping[str, Any]) -> tuple[bool, bool, float, int]:
    """Return by what trials are ordered: what is kept, then the least loss, then those that were given up."""
    return not trial["kept"], trial["loss"] is None, trial["loss"] or 0.0, trial["number"]


def _row(trial: Mapping[str, Any], names: tuple[str, ...], wording: Wording) -> tuple[str, ...]:
    loss = "–" if trial["loss"] is None else wording.number(trial["loss"], 4)
    ended = "kept" if trial["kept"] else "complete" if trial["loss"] is not None else "given_up"
    settings = (_figure(trial["settings"].get(name), wording) for name in names)
    return (wording.number(trial["number"]), loss, wording.say(f"an.search_{ended}_one"), *settings)


def _figure(value: float | None, wording: Wording) -> str:
    if value is None:
        return ""
    whole = float(value).is_integer()
    written = f"{value:.{_DIGITS}g}"
    decimals = 0 if whole or "e" in written else len(written.partition(".")[2])
    return wording.number(float(value), decimals)
