"""What monitoring has to say, and how loud."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from predictive_scoring.explain.visible import visible

Kind = Literal["input", "quality"]
Severity = Literal["alarm", "warning", "note"]
LONGEST = 500


@dataclass(frozen=True)
class Finding:
    """One sentence for the person on duty; `rule` is its stable name."""

    rule: str
    kind: Kind  # input: seen today; quality: seen when outcomes had matured
    severity: Severity
    text: str

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return asdict(self)


def alarm(rule: str, kind: Kind, text: str) -> Finding:
    """Return a finding that somebody must act on."""
    return _finding(rule, kind, "alarm", text)


def warning(rule: str, kind: Kind, text: str) -> Finding:
    """Return a finding that somebody should read."""
    return _finding(rule, kind, "warning", text)


def note(rule: str, kind: Kind, text: str) -> Finding:
    """Return a finding that puts the others right."""
    return _finding(rule, kind, "note", text)


def _finding(rule: str, kind: Kind, severity: Severity, text: str) -> Finding:
    """Return a finding whose text is one line of visible characters: it may quote a value of the CRM."""
    return Finding(rule, kind, severity, visible(text, LONGEST))
