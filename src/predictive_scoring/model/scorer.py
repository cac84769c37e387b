"""What scores: encoding, trees, linear part and calibrator; no training code, no pickle."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from pydantic import ValidationError

from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.model.calibration import Calibrator, Vector
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart
from predictive_scoring.model.shapley.contributions import TreeContributions
from predictive_scoring.storage import read_json, write_json, write_text

MODEL_FILE, ENCODING_FILE, LINEAR_FILE, CALIBRATOR_FILE = "model.txt", "encoding.json", "linear.json", "calibrator.json"


@dataclass(frozen=True)
class Scorer:
    """A fitted model: raw log-odds are ``(1 - linear_share)·trees + linear_share·linear + offset``, then calibrated.

    Both halves are additive in log-odds, so the contributions stay exact.
    """

    encoding: Encoding
    booster: lgb.Booster
    linear: LinearPart
    linear_share: float
    calibrator: Calibrator
    n_threads: int = 1
    offset: float = 0.0  # log-odds

    @cached_property
    def trees(self) -> TreeContributions:
        """The trees' contributions; the first use makes their tables, in a second or two for a large model."""
        return TreeContributions.of(self.booster)

    def raw(self, frame: pd.DataFrame) -> Vector:
        """Return raw log-odds, shape (n,); columns are found by name.

        Raises
        ------
        DataContractError
            If a column is missing or is not of the type it had in training.
        """
        return self.raw_of(self.encoding.encode(frame))

    def raw_of(self, encoded: Matrix) -> Vector:
        """Return raw log-odds of an encoded matrix, shape (n,)."""
        if len(encoded) == 0:
            return np.zeros(0)
        if self.linear_share == 1:
            return np.asarray(self.linear.log_odds(encoded) + self.offset, dtype=np.float64)
        trees = np.asarray(self.booster.predict(encoded, raw_score=True, num_threads=self.n_threads))
        share = self.linear_share
        return np.asarray((1 - share) * trees + share * self.linear.log_odds(encoded) + self.offset, dtype=np.float64)

    def contributions(self, frame: pd.DataFrame) -> Matrix:
        """Return (n, n_columns + 1) contributions in log-odds, the expected value last; rows sum to `raw`.

        The one door to contributions: scoring, `explain`, evaluation and the page come through here.
        """
        encoded = self.encoding.encode(frame)
        if len(encoded) == 0:
            return np.zeros((0, len(self.encoding.columns) + 1))
        parts = self.linear.contributions(encoded)
        if self.linear_share < 1:  # what counts nothing is not computed
            parts *= self.linear_share
            parts += (1 - self.linear_share) * self.trees(encoded)
        parts[:, -1] += self.offset
        return parts

    def probability(self, raw: Vector) -> Vector:
        """Return calibrated probabilities of raw log-odds."""
        return self.calibrator.probability(raw)

    def interval(self, raw: Vector, level: float) -> tuple[Vector, Vector]:
        """Return low and high ends of the probability at a level in (0, 1)."""
        return self.calibrator.interval(raw, level)

    def save(self, folder: Path, prefix: str = "") -> list[Path]:
        """Write model.txt, encoding.json, linear.json and calibrator.json, names prefixed; return their paths."""
        paths = [folder / f"{prefix}{name}" for name in (MODEL_FILE, ENCODING_FILE, LINEAR_FILE, CALIBRATOR_FILE)]
        write_text(paths[0], self.booster.model_to_string())
        write_json(paths[1], self.encoding.model_dump(mode="json"))
        half = {"share": self.linear_share, "offset": self.offset, "part": self.linear.model_dump(mode="json")}
        write_json(paths[2], half)
        write_json(paths[3], self.calibrator.model_dump(mode="json"))
        return paths

    @classmethod
    def load(cls, folder: Path, n_threads: int = 1, prefix: str = "") -> "Scorer":
        """Return the scorer in a folder, in the files whose names begin with `prefix`.

        Verify the files' hashes first: LightGBM's reader trusts its input, and a damaged model can end the process.

        Raises
        ------
        BundleRefusedError
            If the parts do not fit together or break their schema.
        """
        try:
            encoding = Encoding.model_validate(read_json(folder / f"{prefix}{ENCODING_FILE}"))
            half = read_json(folder / f"{prefix}{LINEAR_FILE}")
            linear = LinearPart.model_validate(half["part"])
            calibrator = Calibrator.model_validate(read_json(folder / f"{prefix}{CALIBRATOR_FILE}"))
            share, offset = float(half["share"]), float(half["offset"])
        except (ValidationError, KeyError, TypeError, ValueError) as error:
            raise BundleRefusedError(f"{folder.name}: a part of the model breaks its schema", found=error) from error
        booster = lgb.Booster(model_str=(folder / f"{prefix}{MODEL_FILE}").read_text(encoding="utf-8"))
        sizes = {len(encoding.columns), linear.n_columns, booster.num_feature()}
        if len(sizes) > 1:
            raise BundleRefusedError(
                f"{folder.name}: the parts of the model do not belong together",
                found=f"numbers of columns {sorted(sizes)}",
                expected="one",
                fix="publish the model again",
            )
        return cls(encoding, booster, linear, share, calibrator, n_threads, offset)
