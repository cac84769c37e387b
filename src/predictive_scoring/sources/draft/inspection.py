"""Draft the source file of a user's files; then read the draft as `check` would, and say what is left to do."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.attribute_names import attribute_name
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.errors import ConfigurationError, PredictiveScoringError
from predictive_scoring.sources.draft.compose import compose
from predictive_scoring.sources.draft.entry import MARK, Entry, Guess, guesses_of, yaml_lines
from predictive_scoring.sources.draft.evidence import gather
from predictive_scoring.sources.draft.profile import MAX_ROWS, Look
from predictive_scoring.sources.draft.same_table import joined
from predictive_scoring.sources.draft.written import how_written
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.quarantine import create_quarantine
from predictive_scoring.sources.summary import summarise
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import write_text

Check = Callable[[Path], Iterable[str]]


@dataclass(frozen=True)
class Inspection:
    """A draft, and what reading it gave.

    Attributes
    ----------
    text
        The drafted source file.
    guesses
        Every guess, in the order of the draft's lines.
    checked
        What checking the draft said.
    refused
        Why the draft does not pass as it is; empty if it does.
    """

    text: str
    guesses: tuple[Guess, ...]
    checked: tuple[str, ...]
    refused: str

    @property
    def n_open(self) -> int:
        """How many questions a person has to answer."""
        return sum(guess.is_open for guess in self.guesses) + bool(self.refused)


def inspect(paths: Sequence[Path], out: Path, check: Check | None = None) -> Inspection:
    """Return the draft of a source file at `out` for the given files; nothing is written there.

    Parameters
    ----------
    check
        Yields what checking a source file says, or raises; by default where the rows go.

    Raises
    ------
    ConfigurationError
        If a path is a folder or no kind of file that is read, or is given twice.
    SourceUnreachableError
        If a file is not there.
    DataContractError
        If a file is empty, damaged, or another kind of file than its name says.
    """
    twice = sorted({path.name for path in paths if [each.resolve() for each in paths].count(path.resolve()) > 1})
    if twice:
        raise ConfigurationError(f"files that are given twice: {twice}", fix="name each once")
    written = joined([how_written(path) for path in paths])
    base = out.absolute().parent
    with open_engine() as engine:
        create_quarantine(engine)
        evidence = gather(engine, written)
        entries = compose(engine, evidence, base, _source_name(out))
    sampled = tuple(_sampled(file.look) for file in evidence.files if file.look.n_rows > MAX_ROWS)
    guesses = (*sampled, *guesses_of(entries))
    with scratch_folder() as scratch:
        checked, refused = _check(entries, base, scratch, check or rows_of)
    text = "\n".join([*_heading(guesses, checked, refused), *yaml_lines(entries)]) + "\n"
    return Inspection(text, guesses, checked, refused)


def _source_name(out: Path) -> str:
    """Return the name of the source: that of its file, as far as a name may be written so."""
    return attribute_name(out.name.split(".")[0]).strip("_")[:40]


def _sampled(look: Look) -> Guess:
    says = f"{look.name} was looked at in part"
    return Guess(says, f"a sample of {MAX_ROWS:,} of {look.n_rows:,} rows, the same each time", "likely")


def _check(entries: tuple[Entry, ...], base: Path, scratch: Path, check: Check) -> tuple[tuple[str, ...], str]:
    """Return what checking the draft says, and why it is refused, if it is."""
    source = scratch / "source.yaml"
    write_text(source, "\n".join(yaml_lines(_with_whole_paths(entries, base))) + "\n")
    lines: list[str] = []
    try:
        for line in check(source):
            lines.append(line)  # noqa: PERF402  (those before an error are kept)
    except PredictiveScoringError as error:
        return tuple(lines), str(error).replace(str(source), "the draft")
    return tuple(lines), ""


def rows_of(source: Path) -> Iterator[str]:
    """Read a source into a scratch folder and yield where its rows went."""
    with scratch_folder() as scratch:
        yield from summarise(extract(source, scratch / "history", Extract()))


def _with_whole_paths(entries: tuple[Entry, ...], base: Path) -> tuple[Entry, ...]:
    """Return the entries with paths that hold from any folder; comments fall away."""
    return tuple(
        replace(
            entry, guesses=(), below=_with_whole_paths(entry.below, base),
            value=str((base / entry.value).resolve()) if entry.key == "path" and not entry.below else entry.value,
        )
        for entry in entries
    )  # fmt: skip


def _heading(guesses: tuple[Guess, ...], checked: tuple[str, ...], refused: str) -> list[str]:
    n_open = sum(guess.is_open for guess in guesses)
    lines = [
        "A draft: each comment says what was guessed, how sure it is, and why. Read all of it; above all, `known`:",
        "at_creation only where a value was written when the lead was created and not changed since.",
        f"Open questions: {n_open + bool(refused)}{f'; each is marked {MARK!r}' if n_open else ''}.",
    ]
    lines += [f"`check` said: {line}" for line in checked]
    lines += [f"{MARK} `check` does not pass it as it is:"] if refused else []
    lines += [f"  {line}" for line in refused.splitlines()]
    return [f"# {line}" for line in lines]
