"""A folder of scores, opened for reading."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from predictive_scoring.errors import DataContractError, SourceUnreachableError
from predictive_scoring.scoring.about import About
from predictive_scoring.storage import read_json, read_parquet

FILES = ("manifest.json", "about.json", "scores.parquet", "not_scored.parquet")


@dataclass(frozen=True)
class ScoreFolder:
    """The scores by rank, why others were not scored, and what the folder says of itself."""

    about: About
    scores: pa.Table  # CONTRACT section 6, sorted by rank
    not_scored: dict[str, int]  # leads by reason
    run: str  # the first digits of the manifest's SHA-256

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
        )

    def count_by_grade(self) -> dict[str, int]:
        """Return how many leads were scored in each grade."""
        rows = pc.value_counts(self.scores["grade"]).to_pylist()
        return {str(row["values"]): int(row["counts"]) for row in rows}
