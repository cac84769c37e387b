"""Files that are one table in several pieces, as exports by month or by part are: read together, drafted as a glob."""

import glob
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from predictive_scoring.sources.draft.entry import Guess
from predictive_scoring.sources.draft.written import Written
from predictive_scoring.sources.files import named_files


def joined(written: Sequence[Written]) -> list[Written]:
    """Return the files, those that are pieces of one table as one, in the place of the first of them.

    Pieces lie in one folder, have the same headers, are written alike, and their names differ in digits only: two
    tables of calls and of e-mails may have the same headers too. No other file may fit the glob that names them.
    A piece without an accent is read in the encoding of the others; where these differ, a guess says so.
    """
    pieces: dict[object, list[Written]] = {}
    for each in written:
        pieces.setdefault(_what_pieces_share(each), []).append(each)
    return [whole for group in pieces.values() for whole in _as_one(group)]


def _what_pieces_share(written: Written) -> object:
    folder, name = written.path.parent, re.sub(r"\d+", "0", written.path.name)
    return folder, name, written.headers, written.kind, written.read.model_dump_json(exclude={"encoding"})


def _as_one(group: list[Written]) -> list[Written]:
    paths = sorted(each.path for each in group)
    if len(paths) == 1:
        return group
    pattern = pattern_of([path.name for path in paths])
    folder = paths[0].parent
    if named_files(pattern, folder) != paths:
        return group
    encodings = sorted({each.read.encoding for each in group if not each.is_plain})
    if len(encodings) > 1 or ("utf-16" in encodings and any(each.is_plain for each in group)):
        return _kept_apart(group, pattern)
    first = next((each for each in group if not each.is_plain), group[0])
    says = f"{len(paths)} files are one table, {pattern!r}"
    because = "they have the same headers, and their names differ in digits only"
    guesses = (*first.guesses, Guess(says, because, "likely"))
    return [replace(first, path=folder / pattern, files=tuple(paths), guesses=guesses)]


def _kept_apart(group: list[Written], pattern: str) -> list[Written]:
    """Return pieces in several encodings as they are: one table is read in one; the first says so."""
    encodings = " and ".join(sorted({each.read.encoding for each in group}))
    says = f"{len(group)} files would be one table, {pattern!r}"
    because = f"but they are written in {encodings}: save them in one encoding, and they are read together"
    return [replace(group[0], guesses=(*group[0].guesses, Guess(says, because, "unsure"))), *group[1:]]


def pattern_of(names: Sequence[str]) -> str:
    """Return the glob of names that differ in digits: what they begin and end with, and a star between.

    Examples
    --------
    >>> pattern_of(["leads-2024-01.csv.gz", "leads-2024-12.csv.gz", "leads-2025-01.csv.gz"])
    'leads-*.csv.gz'
    """
    start = re.sub(r"\d+$", "", _common_start(names))
    rests = [name.removeprefix(start)[::-1] for name in names]
    end = re.sub(r"^\d+", "", _common_start(rests)[::-1])
    return f"{glob.escape(start)}*{glob.escape(end)}"


def _common_start(texts: Sequence[str]) -> str:
    alike = itertools.takewhile(lambda signs: len(set(signs)) == 1, zip(*texts, strict=False))
    return "".join(signs[0] for signs in alike)
