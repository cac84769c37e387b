"""How a stage's script or a command ends: its lines printed, an error in four parts, the exit code of its kind."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from predictive_scoring.errors import ConfigurationError, PredictiveScoringError, masked, printable
from predictive_scoring.project.machine import in_words
from predictive_scoring.project.signals import STOPPED, listening, say_stopped

MAX_MINUTES = "--max-minutes"
EXTRA_OF = {
    **dict.fromkeys(("altair", "jinja2", "vl_convert"), "report"),
    **dict.fromkeys(("python_calamine", "xlsxwriter"), "excel"),
    **dict.fromkeys(("hubspot", "simple_salesforce"), "crm"),
    "psycopg": "postgres",
    "pyspark": "spark",
    **dict.fromkeys(("dvc", "matplotlib", "mlflow", "pooch", "sklearn"), "train"),
}


def stage(main: Callable[..., Iterable[str]], *arguments: str) -> None:
    """Run a stage's `main`, print the lines it returns, and exit with the code of what went wrong, if anything.

    ``--max-minutes N`` after the stage's own arguments stops it in time, as SIGTERM would, with 143.

    A bug (any other exception) keeps its traceback and exits with 1, Python's own way.
    """
    with time_budget(minutes_allowed(sys.argv)):
        sys.exit(ending(lambda: say(main(*arguments))))


def minutes_allowed(command: list[str]) -> float | None:
    """Return what stands after `--max-minutes` in a stage's command line, None without it.

    Raises
    ------
    SystemExit
        With 2, if it is no number above zero.

    Examples
    --------
    >>> minutes_allowed(["pipelines/train.py", "won", "--max-minutes", "30"])
    30.0
    """
    if MAX_MINUTES not in command:
        return None
    given = command[command.index(MAX_MINUTES) + 1 :][:1]
    with suppress(ValueError, IndexError):
        if (minutes := float(given[0])) > 0:
            return minutes
    print(f"{MAX_MINUTES}: give a number of minutes above zero (found {given or 'nothing'})", file=sys.stderr)  # noqa: T201
    sys.exit(ConfigurationError.exit_code)


@contextmanager
def time_budget(minutes: float | None) -> Iterator[None]:
    """Stop this process with SIGTERM if the block takes longer."""
    if minutes is None:
        yield
        return
    timer = threading.Timer(60 * minutes, _out_of_time, [minutes])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _out_of_time(minutes: float) -> None:
    print(f"not done within {minutes:g} minutes ({MAX_MINUTES})", file=sys.stderr)  # noqa: T201
    os.kill(os.getpid(), signal.SIGTERM)


def ending(action: Callable[[], None]) -> int:
    """Return the exit code of an action: 0, the code of its error's kind, or 128 + the signal that stopped it."""
    prepare_process()
    with listening() as listener:
        try:
            _with_extras(action)
        except BaseException as error:
            if listener.number is not None:  # the signal caused it: some libraries raise an error of their own
                say_stopped()
                return STOPPED + listener.number
            if not isinstance(error, PredictiveScoringError):
                raise
            print(error, file=sys.stderr)  # noqa: T201
            return error.exit_code
    return 0


def _with_extras(action: Callable[[], None]) -> None:
    try:
        action()
    except (OSError, MemoryError) as error:
        refusal = in_words(error)
        if refusal is None:
            raise
        raise refusal from error
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get((error.name or "").split(".")[0])
        if extra is None:
            raise
        raise ConfigurationError(
            f"this needs the package {error.name}, which a scoring job does without",
            fix=f"pip install 'predictive-scoring[{extra}]'",
        ) from None


def say(lines: Iterable[str]) -> None:
    """Print lines on standard output, in UTF-8 whatever the locale, without signs that a terminal obeys."""
    for line in lines:
        print(printable(line))  # noqa: T201


def prepare_process() -> None:
    """Write UTF-8 whatever the locale, and keep passwords out of a bug's traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    os.environ.setdefault("PYTHONUTF8", "1")
    sys.excepthook = _masked_traceback


def _masked_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(printable(masked("".join(traceback.format_exception(kind, error, trace)))))
