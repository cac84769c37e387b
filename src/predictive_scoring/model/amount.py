"""What the conversion of a lead would bring, applied with numpy alone: a regression on logs, written as JSON."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from predictive_scoring.config.base import Block
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart, Vector
from predictive_scoring.storage import read_json, write_json

AMOUNT_FILE: Final = "amount.json"


class Gain(Block):
    """By how much unseen leads are told better than by the mean for everybody: gamma deviance a lead, above 0 better.

    The gamma deviance, ``2 (a / m - log(a / m) - 1)`` of an amount a and what was expected m, is least on average at
    the mean of the amounts (Gneiting 2011, doi:10.1198/jasa.2011.r10138) and counts shares, not money, so that the
    largest deals do not decide alone.
    """

    value: float
    error: float  # standard error over accounts


class Amount(Block):
    """What a conversion brings, by what is known of a lead; in the history's own unit.

    Attributes
    ----------
    mean
        Of the leads that it learned from, each counted once.
    part, factor
        ``factor · exp(part)`` of a lead; None: the mean for everybody. The exponential of a mean of logs lies below the
        mean of money; the factor brings the mean over the leads learned from back to theirs.
    low, high
        Bounds: the least and the most that a lead learned from brought, after odd amounts were drawn in.
    known
        The column that holds the deal's own amount, taken as it is where it is known.
    n_leads, n_drawn_in
        Whose amounts were learned from, and of how many the amount lay far out and counted as the bound.
    gain
        Why there is a part or none.
    """

    mean: float
    part: LinearPart | None
    factor: float
    low: float
    high: float
    known: str | None
    n_leads: int
    n_drawn_in: int
    gain: Gain | None

    def expected(self, frame: pd.DataFrame, encoding: Encoding) -> Vector:
        """Return the expected amount of each row of features, above 0, should the lead convert."""
        found = np.full(len(frame), self.mean)
        if self.part is not None and len(frame):
            told = self.factor * np.exp(told_by(self.part, encoding.encode(frame)))
            found = np.clip(told, self.low, self.high)
        if self.known is None:
            return found
        known = frame[self.known].to_numpy(np.float64)
        return np.asarray(np.where(known > 0, known, found), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write amount.json."""
        write_json(folder / AMOUNT_FILE, self.model_dump(mode="json"))

    @classmethod
    def load(cls, folder: Path) -> "Amount | None":
        """Return what lies in a folder; None where nothing was learned of amounts."""
        path = folder / AMOUNT_FILE
        return cls.model_validate(read_json(path)) if path.is_file() else None

    def columns(self, encoding: Encoding) -> list[str]:
        """Return the names of the columns that the amount depends on."""
        terms = self.part.terms if self.part else ()
        return [encoding.names[place] for place in dict.fromkeys(term.column for term in terms)]


def told_by(part: LinearPart, encoded: Matrix) -> Vector:
    """Return what a regression tells of encoded rows: the columns that it reads, no others."""
    told = np.full(len(encoded), part.intercept)
    for term in part.terms:
        told += term.coefficient * term.values(encoded[:, term.column])
    return told
