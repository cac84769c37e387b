"""A guess, an entry of a drafted source file, and the YAML text that says both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import yaml

Confidence = Literal["sure", "likely", "unsure"]
MARK = "?"
ITEM = "-"  # the key of an entry that is an item of a list


@dataclass(frozen=True)
class Guess:
    """What was taken for what, why, and how far it can be trusted; an unsure one is an open question."""

    says: str
    because: str
    confidence: Confidence

    @property
    def is_open(self) -> bool:
        """Whether a person has to answer it."""
        return self.confidence == "unsure"

    def __str__(self) -> str:
        """Return the guess on one line; an open question starts with a mark that can be searched for.

        Examples
        --------
        >>> print(Guess("order: none", "no column tells the order of the rows", "unsure"))
        ? order: none, unsure: no column tells the order of the rows
        """
        mark = f"{MARK} " if self.is_open else ""
        return f"{mark}{self.says}, {self.confidence}: {self.because}"


@dataclass(frozen=True)
class Entry:
    """A key of the drafted file with its value, or with entries below it; one that is not active is a comment."""

    key: str
    value: Any = None
    below: tuple["Entry", ...] = ()
    guesses: tuple[Guess, ...] = ()
    is_active: bool = True


def guesses_of(entries: tuple[Entry, ...]) -> Iterator[Guess]:
    """Yield every guess of a draft, in the order of its lines."""
    for entry in entries:
        yield from entry.guesses
        yield from guesses_of(entry.below)


def yaml_lines(entries: tuple[Entry, ...], indent: str = "") -> Iterator[str]:
    r"""Yield the lines of a draft, each guess as a comment above what it led to.

    Examples
    --------
    >>> guess = Guess("converted: 'yes'", "the rarer of two values", "likely")
    >>> print("\n".join(yaml_lines((Entry("outcome", {"column": "y", "converted": ["yes"]}, (), (guess,)),))))
    # converted: 'yes', likely: the rarer of two values
    outcome: {column: y, converted: ['yes']}
    """
    for entry in entries:
        yield from (f"{indent}# {guess}" for guess in entry.guesses)
        start = indent if entry.is_active else f"{indent}# "
        if entry.below:
            yield f"{start}{ITEM}" if entry.key == ITEM else f"{start}{_scalar(entry.key)}:"
            yield from yaml_lines(entry.below, f"{start}  ")
        else:
            yield f"{start}{_scalar(entry.key)}: {_scalar(entry.value)}"


def _scalar(value: Any) -> str:
    """Return a value as YAML on one line, quoted where plain text would be read as something else."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")
