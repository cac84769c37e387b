"""A folder of scores that is whole, opened for those who carry the scores on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from predictive_scoring.errors import DataContractError, SourceUnreachableError, counted
from predictive_scoring.scoring.about import About
from predictive_scoring.scoring.run_key import MANIFEST, manifest_of
from predictive_scoring.storage import read_json, read_parquet, sha256_of


@dataclass(frozen=True)
class FinishedScores:
    """What a scoring job left."""

    folder: Path
    manifest: dict[str, Any]
    about: About
    scores: pa.Table  # some columns of CONTRACT section 6, sorted by rank

    @property
    def as_of(self) -> datetime:
        """The instant of scoring."""
        return datetime.fromisoformat(self.manifest["as_of"])

    @property
    def model_version(self) -> str:
        """Which model scored."""
        return str(self.manifest["model_version"])

    @classmethod
    def load(cls, folder: Path, columns: list[str], if_there: Sequence[str] = ()) -> "FinishedScores":
        """Return some columns of the scores, after every file was found to be what the manifest says.

        Parameters
        ----------
        if_there
            Columns that only some scores have.

        Raises
        ------
        SourceUnreachableError
            If the manifest or a file is missing: it is written last, so without it the folder is not whole.
        DataContractError
            If a file was changed since, the manifest is damaged, or about.json is not what this version reads.
        """
        if not (folder / MANIFEST).is_file():
            raise SourceUnreachableError(
                f"{folder}: not a finished folder of scores, {MANIFEST} is missing",
                fix="give a folder that `predictive-scoring score` wrote",
            )
        manifest = manifest_of(folder)
        if manifest is None or "scores.parquet" not in manifest.get("files", {}):
            raise DataContractError(f"{folder / MANIFEST}: damaged, or not of a folder of scores", fix="score again")
        changed = [name for name, file in manifest["files"].items() if not _is_as_sealed(folder / name, file["sha256"])]
        if changed:
            raise DataContractError(
                f"{folder}: not what {MANIFEST} says: {counted(len(changed), 'file')}",
                found=changed,
                fix="score again; nobody knows what these scores were",
            )
        try:
            about = About.model_validate(read_json(folder / "about.json"))
        except ValidationError as error:
            places = [".".join(map(str, problem["loc"])) for problem in error.errors()]
            raise DataContractError(
                f"{folder / 'about.json'}: not what this version reads", found=places, fix="score again"
            ) from None
        path = folder / "scores.parquet"
        more = [name for name in if_there if name in pq.read_schema(path).names]
        scores = read_parquet(path, [*dict.fromkeys([*columns, *more, "rank"])]).sort_by("rank")
        return cls(folder, manifest, about, scores)


def _is_as_sealed(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
