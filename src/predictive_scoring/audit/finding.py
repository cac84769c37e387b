"""What `check` found: an id that stays the same, how grave it is, how many, where, and what to do."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from predictive_scoring.config.base import Block
from predictive_scoring.errors import DataContractError, LeakSuspectedError
from predictive_scoring.storage import write_json

Severity = Literal["warn", "quarantine", "refuse"]
MARKS: dict[Severity, str] = {"warn": "warning", "quarantine": "quarantined", "refuse": "refused"}


class Finding(Block):
    """One thing that was found; it names columns, files and lines, never a value of a person."""

    id: str  # e.g. time.silence; ids that begin with `leak.` are about knowing the outcome too early
    severity: Severity
    what: str
    n: int  # rows, leads or cells that it is about
    table: str | None = None
    column: str | None = None  # by the user's own name
    examples: tuple[str, ...] = ()  # at most five: file:line, or the pattern of a value
    fix: str = ""
    target: str | None = None  # which model it is about; None: every one
    accepted: bool = False

    @property
    def is_leak(self) -> bool:
        """Whether it is about something that knows the outcome too early."""
        return self.id.startswith("leak.")

    @property
    def refuses(self) -> bool:
        """Whether it stops the run."""
        return self.severity == "refuse" and not self.accepted

    def lines(self) -> list[str]:
        r"""Return the finding for a person.

        Examples
        --------
        >>> late = Finding(id="time.silence", severity="warn", what="nothing happened for 70 days", n=70, fix="ask why")
        >>> print(*late.lines(), sep="\n")
        warning time.silence: nothing happened for 70 days
          to fix:   ask why
        """
        mark = "accepted" if self.accepted else MARKS[self.severity]
        told = [f"{mark} {self.id}: {self.what}"]
        told += [f"  at:       {', '.join(self.examples)}"] if self.examples else []
        told += [f"  to fix:   {self.fix}"] if self.fix and not self.accepted else []
        return told


def accept(findings: Iterable[Finding], names: Sequence[str], *, of_every_target: bool = True) -> list[Finding]:
    """Return the findings, gravest first; leaks in columns that are accepted by name are marked so.

    A name that no leak was found in is itself found: it may be a misspelling, or stand there longer than needed. Where
    the findings are not those of every target, it may be about another one, and nothing is said.
    """
    marked = [
        each.model_copy(update={"accepted": True}) if each.is_leak and each.column in names else each
        for each in findings
    ]
    idle = sorted(set(names) - {each.column for each in marked if each.is_leak})
    if idle and of_every_target:
        what = f"audit.accept names what nothing was found in: {idle}"
        marked.append(
            Finding(id="accept.idle", severity="warn", what=what, n=len(idle), fix="take it out of params.yaml")
        )
    gravity = {"refuse": 0, "quarantine": 1, "warn": 2}
    return sorted(marked, key=lambda each: (each.accepted, gravity[each.severity], each.id, each.column or ""))


def refuse(findings: Iterable[Finding], *, are_told: bool = False) -> None:
    """Raise if a finding stops the run; what breaks the contract goes before a suspected leak.

    Parameters
    ----------
    are_told
        Whether each finding was told to the reader just now, with what to do: then they are only named.

    Raises
    ------
    DataContractError
        Naming each finding that is not about leakage (exit code 3).
    LeakSuspectedError
        Naming each column that seems to know the outcome, and how to declare it away or accept it (exit code 5).
    """
    grave = [each for each in findings if each.refuses]
    broken = [each for each in grave if not each.is_leak]
    if broken:
        steps = "; ".join(dict.fromkeys(each.fix for each in broken if each.fix))
        fix = "as each of them says above" if are_told else steps
        raise DataContractError(f"check: {_counted(broken)}:{_listed(broken, are_told)}", fix=fix or None)
    if grave:
        columns = ", ".join(dict.fromkeys(each.column or each.id for each in grave))
        raise LeakSuspectedError(
            f"check: {_counted(grave)}; what a model would learn from it is not known when leads are scored:"
            f"{_listed(grave, are_told)}",
            expected="columns and activities that are written before the outcome and not because of it",
            fix="declare a column `known: at_export`, or take a kind out of the source file (only_listed: true); "
            f"if you know it to be honest: audit: {{accept: [{columns}]}} in params.yaml",
        )


def _counted(findings: Sequence[Finding]) -> str:
    return f"{len(findings)} {'findings refuse' if len(findings) > 1 else 'finding refuses'} this history"


def _listed(findings: Iterable[Finding], are_told: bool) -> str:
    if are_told:
        named = (f"{each.id} in {each.column!r}" if each.column else each.id for each in findings)
        return f" {', '.join(dict.fromkeys(named))}"
    return "".join(f"\n  - {each.id}: {each.what}" for each in findings)


def write_findings(path: Path, findings: Iterable[Finding]) -> None:
    """Write the findings as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, [each.model_dump(mode="json") for each in findings])
