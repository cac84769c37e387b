"""A folder of scores, opened for reading."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.errors import DataContractError, SourceUnreachableError
from predictive_scoring.handoff.capacity import order_of
from predictive_scoring.scoring.about import About
from predictive_scoring.scoring.background import BACKGROUND, Background
from predictive_scoring.scoring.context import CONTEXT
from predictive_scoring.scoring.schema import CHANGES_FILE, WHAT_IF
from predictive_scoring.storage import read_json, read_parquet

FILES = ("manifest.json", "about.json", "scores.parquet", "not_scored.parquet")


@dataclass(frozen=True)
class ScoreFolder:
    """The scores by rank, why others were not scored, and what the folder says of itself."""

    about: About
    scores: pa.Table  # CONTRACT section 6, sorted by rank
    not_scored: dict[str, int]  # leads by reason
    run: str  # the first digits of the manifest's SHA-256
    context: pa.Table | None = None  # what stands behind the best leads
    background: Background = field(default_factory=Background)  # how leads went so far
    changes: pa.Table | None = None  # why chances are not what they were at an earlier run
    what_if: pa.Table | None = None  # what one more activity would go together with

    @classmethod
    def load(cls, folder: Path) -> "ScoreFolder":
        """Return what lies in a folder.

        Raises
        ------
        SourceUnreachableError
            If a file is missing: the manifest is written last, so without it the folder is not whole.
        DataContractError
            If about.json is not what this version reads.
        """
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise SourceUnreachableError(
                f"{folder}: {len(missing)} of {len(FILES)} files are missing: {missing}",
                expected="a folder that `predictive-scoring score` wrote",
            )
        try:
            about = About.model_validate(read_json(folder / "about.json"))
        except ValidationError as error:
            places = [".".join(map(str, problem["loc"])) for problem in error.errors()]
            raise DataContractError(
                f"{folder / 'about.json'}: {len(places)} fields are not as expected: {places}",
                fix="score again with this version",
            ) from None
        counted = pc.value_counts(read_parquet(folder / "not_scored.parquet", ["reason"])["reason"]).to_pylist()
        return cls(
            about=about,
            scores=read_parquet(folder / "scores.parquet").sort_by("rank"),
            not_scored={str(row["values"]): int(row["counts"]) for row in counted},
            run=hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()[:8],
            context=_table(folder / CONTEXT),
            background=_background(folder / BACKGROUND),
            changes=_table(folder / CHANGES_FILE),
            what_if=_table(folder / WHAT_IF),
        )

    @property
    def by_value(self) -> bool:
        """Whether the leads lie in the order of their expected value, and that is not the order of their chances."""
        return order_of(self.scores) == "expected_value"

    @property
    def languages(self) -> tuple[Language, ...]:
        """In which languages the reasons are said."""
        told = self.scores["reasons"].combine_chunks().flatten()
        return tuple(each for each in LANGUAGES if not len(told) or told.field(f"text_{each}").null_count == 0)

    def context_of(self, scores: pa.Table) -> list[dict[str, Any] | None]:
        """Return for each row of a slice of the scores what stands behind it, None where nothing was written."""
        return _rows_of(self.context, scores)

    @property
    def since(self) -> datetime | None:
        """The instant of the run from which changes are told, None where none are."""
        if self.changes is None or not self.changes.num_rows:
            return None
        found: datetime = self.changes["previous_as_of"][0].as_py()
        return found

    def changes_of(self, scores: pa.Table) -> list[dict[str, Any] | None]:
        """Return for each row of a slice of the scores its row of changes, None where it was not scored then."""
        return _rows_of(self.changes, scores)

    def what_if_of(self, scores: pa.Table) -> list[list[dict[str, Any]]]:
        """Return for each row of a slice of the scores what one more activity would go together with."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.what_if.to_pylist() if self.what_if is not None else []:
            found.setdefault(row["lead_id"], []).append(row)
        return [found.get(lead_id, []) for lead_id in scores["lead_id"].to_pylist()]

    def count_by_grade(self) -> dict[str, int]:
        """Return how many leads were scored in each grade."""
        rows = pc.value_counts(self.scores["grade"]).to_pylist()
        return {str(row["values"]): int(row["counts"]) for row in rows}


def _rows_of(table: pa.Table | None, scores: pa.Table) -> list[dict[str, Any] | None]:
    if table is None:
        return [None] * scores.num_rows
    place = pc.index_in(scores["lead_id"], table["lead_id"].combine_chunks())
    rows = table.take(place).to_pylist()
    return [None if at is None else row for at, row in zip(place.to_pylist(), rows, strict=True)]


def _table(path: Path) -> pa.Table | None:
    return read_parquet(path) if path.is_file() else None


def _background(path: Path) -> Background:
    return Background.model_validate(read_json(path)) if path.is_file() else Background()
