"""How much of a person a page shows: by default no address and no telephone number."""

import hashlib
import re
from typing import Literal

Pii = Literal["none", "masked", "full"]
_EMAIL = re.compile(r"([^\s@<>\"']{1,64})@([\w-]+(?:\.[\w-]+)+)")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d[\d\s().-]{6,}\d|\(?\d{2,4}\)?(?:[ -]\d{2,4}){2,})(?![\w.])")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LEAST_DIGITS = 9  # of a telephone number


def masked(text: str) -> str:
    """Return text in which addresses and telephone numbers are hinted at.

    Digits alone are left: ids are made of them.

    Examples
    --------
    >>> masked("ana.garcia@example.com, +34 600 123 456, 00127461846, 2025-04-01")
    'a…@example.com, …56, 00127461846, 2025-04-01'
    """
    return _PHONE.sub(_hint, _EMAIL.sub(lambda found: f"{found[1][0]}…@{found[2]}", text))


def _hint(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return found[0] if len(digits) < _LEAST_DIGITS or _DATE.match(found[0]) else f"…{digits[-2:]}"


def shown_id(text: str, pii: Pii) -> str:
    """Return an id as a page may show it: whole, masked, or as ten digits of its SHA-256, which the owner can match.

    Examples
    --------
    >>> shown_id("ana@example.com", "none")
    '8e43ca3770'
    >>> shown_id("L-17", "masked")
    'L-17'
    """
    if pii == "none":
        return hashlib.sha256(text.encode()).hexdigest()[:10]
    return text if pii == "full" else masked(text)


def shown_text(text: str, pii: Pii) -> str:
    """Return words of users as a page may show them."""
    return text if pii == "full" else masked(text)
