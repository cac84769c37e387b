"""What `inspect` writes and says."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from predictive_scoring.cli.checking import check_lines
from predictive_scoring.errors import ConfigurationError, counted
from predictive_scoring.sources.draft.inspection import Inspection, inspect
from predictive_scoring.storage import write_text


def inspect_lines(files: Sequence[Path], out: Path, *, force: bool, as_json: bool) -> Iterator[str]:
    """Draft the source file of some files, write it whole, and yield every guess and what checking the draft says.

    Raises
    ------
    ConfigurationError
        If there is a file at `out` already and `force` is not given, or `out` is a folder.
    """
    if out.is_dir():
        raise ConfigurationError(f"{out}: a folder", fix=f"give a file's name, for instance {out / 'source.yaml'}")
    if out.exists() and not force:
        raise ConfigurationError(f"{out}: there is a file already", fix="give another name, or --force to replace it")
    found = inspect(files, out, lambda source: check_lines(source, as_json=False))
    write_text(out, found.text)
    if as_json:
        yield json.dumps(_as_json(found, out), ensure_ascii=False)
    else:
        yield from _lines(found, out)


def _lines(found: Inspection, out: Path) -> Iterator[str]:
    yield from (str(guess) for guess in found.guesses)
    yield ""
    yield from found.checked
    if found.refused:
        yield "`check` does not pass the draft as it is:"
        yield from (f"  {line}" for line in found.refused.splitlines())
    questions = counted(found.n_open, "open question")
    yield f"{out}: {len(found.guesses)} guesses, {questions}; each stands above the line it led to"
    yield f"next: read {out}, above all `known`, then predictive-scoring check {out}"


def _as_json(found: Inspection, out: Path) -> dict[str, object]:
    return {
        "draft": str(out),
        "open_questions": found.n_open,
        "guesses": [
            {"says": guess.says, "because": guess.because, "confidence": guess.confidence} for guess in found.guesses
        ],
        "checked": list(found.checked),
        "refused": found.refused or None,
    }
