"""What monitoring has to say, and how loud."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["input", "quality"]
Severity = Literal["alarm", "warning", "note"]


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
    return Finding(rule, kind, "alarm", text)


def warning(rule: str, kind: Kind, text: str) -> Finding:
    """Return a finding that somebody should read."""
    return Finding(rule, kind, "warning", text)


def note(rule: str, kind: Kind, text: str) -> Finding:
    """Return a finding that puts the others right."""
    return Finding(rule, kind, "note", text)
