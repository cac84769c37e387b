"""One root error and its kinds, by whose fault it is; each kind has the exit code the command line ends with."""

import re
from collections.abc import Iterable

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SECRETS = re.compile(r"(?i)((?:://[^:/@\s]*:)|(?:\b(?:password|passwd|pwd|secret|token|api_key)=))[^@&;\s'\"]+")


class PredictiveScoringError(Exception):
    """The root of every error this package raises on purpose.

    The message has up to four parts: what broke (with where and how many), what was found,
    what was expected, and what to do. It never carries personal data: name columns, counts
    and line numbers, not values of people.

    Examples
    --------
    >>> print(ConfigurationError("params.yaml: 1 key is unknown: ['horizn_days']",
    ...                          expected="horizon_days", fix="rename it"))
    params.yaml: 1 key is unknown: ['horizn_days']
      expected: horizon_days
      to fix:   rename it
    """

    exit_code = 1

    def __init__(self, what: str, *, found: object = None, expected: object = None, fix: str | None = None) -> None:
        self.what = what
        self.found = found
        self.expected = expected
        self.fix = fix
        super().__init__(printable(masked("\n".join(self._lines()))))

    def _lines(self) -> Iterable[str]:
        yield self.what
        for label, part in (("found:   ", self.found), ("expected:", self.expected), ("to fix:  ", self.fix)):
            if part is not None:
                yield f"  {label} {part}"


def masked(text: str) -> str:
    """Return a text without the password of any address in it.

    Examples
    --------
    >>> masked("postgresql://ana:open-sesame@db/crm?token=123")
    'postgresql://ana:***@db/crm?token=***'
    """
    return SECRETS.sub(r"\1***", text)


def printable(text: str) -> str:
    r"""Return a text that a terminal may be given: no sign in it moves the cursor, colours or turns what stands there.

    Examples
    --------
    >>> printable("evil\x1b[2J\u202e name")
    'evil\ufffd[2J\ufffd name'
    """
    return _CONTROLS.sub("\ufffd", text)


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, which takes an s unless there is one.

    Examples
    --------
    >>> counted(1, "row"), counted(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


class ConfigurationError(PredictiveScoringError):
    """The command line, params.yaml or a source file is wrong; nothing was read yet."""

    exit_code = 2


class DataContractError(PredictiveScoringError):
    """The data breaks the contract, or does not carry what was asked of it."""

    exit_code = 3


class BundleRefusedError(PredictiveScoringError):
    """A scoring bundle is missing, incomplete, altered or made by an incompatible version."""

    exit_code = 4


class GateFailedError(PredictiveScoringError):
    """The model was trained but does not meet the declared quality gate."""

    exit_code = 5


class InputAlarmError(DataContractError):
    """Monitoring found that today's leads are not like those that the model was made with."""


class QualityAlarmError(GateFailedError):
    """Monitoring found that what became of the leads breaks what the model promised."""


class LeakSuspectedError(PredictiveScoringError):
    """Something that a model would learn from seems to know the outcome."""

    exit_code = 5


class SourceUnreachableError(PredictiveScoringError):
    """A file, database or service is out of reach or may not be read or written."""

    exit_code = 6


class MachineError(PredictiveScoringError):
    """The machine ran out of disk, memory or open files, or its disk fails."""

    exit_code = 6


class BusyError(PredictiveScoringError):
    """Another run holds the lock; try again later."""

    exit_code = 75
