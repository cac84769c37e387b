"""What `agreement check` found as lines of text, in either language."""

from collections.abc import Iterator
from functools import reduce
from typing import Final

from predictive_scoring.agreement.doubts import Doubt
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.voice import Voice

_N_KNOWN: Final = 8


def doubts_told(found: list[Doubt], voice: Voice) -> Iterator[str]:
    """Yield a sentence a doubt: what would be empty or count twice, and what to write.

    Names stay as the history and the agreement spell them: whoever writes them has to write them so.
    """
    for doubt in found:
        said = {"names": _either(doubt.names, voice), "known": _known(doubt.known, voice)}
        rows = voice.number(doubt.n_rows)
        told = voice.say(f"check.{doubt.about}", doubt.n_rows, rows=rows, **said)
        yield voice.say("check.version", day=doubt.version, said=told)


def fits_told(file: str, n_versions: int, history: str, voice: Voice) -> str:
    """Return that every name of an agreement is in a history."""
    return voice.say("check.fits", n_versions, file=file, versions=voice.number(n_versions), history=visible(history))


def _either(names: tuple[str, ...], voice: Voice) -> str:
    quoted = [repr(visible(name)) for name in names]
    return reduce(lambda so_far, name: voice.say("check.either", so_far=so_far, name=name), quoted)


def _known(names: tuple[str, ...], voice: Voice) -> str:
    """Return the first names that the history has."""
    if not names:
        return voice.say("check.has_none")
    listed = ", ".join(map(visible, names[:_N_KNOWN]))
    return voice.say("check.has", names=f"{listed}{' …' if len(names) > _N_KNOWN else ''}")
