"""How a seller may begin: a template by the strongest thing that a lead did, never an invented fact."""

from typing import Any

from predictive_scoring.agreement.definition import Version
from predictive_scoring.features.naming import CODES, slug
from predictive_scoring.handoff.voice import Voice

STAGES = ("decision", "consideration", "awareness")  # furthest first


def opening(version: Version, reasons: list[dict[str, Any]], actions: list[dict[str, Any]], voice: Voice) -> str:
    """Return a suggestion of how to begin, with the action it starts from and its date.

    The action is one of the furthest stage of buying that they touched in that time, so that what is said of where they
    stand is not less than they have shown; among those the one that raises the chance most, else the newest that tells
    of intent, or else the newest.

    Parameters
    ----------
    reasons
        As in the scores, strongest first.
    actions
        What `own_actions` found for the lead, newest first.
    """
    if not actions:
        return voice.say("opening.silent")
    stages = [stage_of(version, str(action["kind"]), action["topic"]) for action in actions]
    stage = min(stages, key=STAGES.index)
    here = [action for action, its in zip(actions, stages, strict=True) if its == stage]
    signal = _strongest(version, reasons, here)
    kind, day = voice.kind(signal["kind"]), voice.day(signal["last_at"])
    if signal["topic"]:
        return voice.say(f"opening.{stage}_topic", topic=voice.topic(signal["topic"]), kind=kind, day=day)
    return voice.say(f"opening.{stage}", kind=kind, day=day)


def _strongest(version: Version, reasons: list[dict[str, Any]], actions: list[dict[str, Any]]) -> dict[str, Any]:
    newest: dict[str, dict[str, Any]] = {}
    for action in actions:
        newest.setdefault(action["kind"], action)
    named = {slug(kind): kind for kind in newest}  # reasons call a kind by its name in small letters
    raising = [
        named[reason["concept"]]
        for reason in reasons
        if reason["points"] > 0 and reason["code"] == CODES["activity"] and reason["concept"] in named
    ]
    told = [kind for kind in newest if kind in version.intent]
    return newest[(raising or told or list(newest))[0]]


def stage_of(version: Version, kind: str, topic: str | None) -> str:
    """Return the furthest stage of the buying journey that an action belongs to; awareness where it is not declared."""
    for stage in STAGES:
        touches = getattr(version.journey, stage)
        if topic in touches.topics or kind in touches.kinds:
            return stage
    return "awareness"
