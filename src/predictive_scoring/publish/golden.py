"""Golden rows: what a bundle must score on every machine, or be refused."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.features.definition import Catalogue

GOLDEN: Final = "golden.json"
TOLERANCE: Final = 1e-9
Floats = NDArray[np.float64]


class GoldenRows(Block):
    """Feature rows without any id, and what they must score on every machine."""

    columns: tuple[str, ...]
    rows: tuple[tuple[float | str | None, ...], ...]
    probabilities: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    amounts: tuple[float, ...] = ()  # expected amounts, of a model that tells them

    def frame(self, catalogue: Catalogue) -> pd.DataFrame:
        """Return the rows as the model takes them."""
        frame = pd.DataFrame(list(self.rows), columns=list(self.columns), dtype=object)
        numbers = [f.name for f in catalogue.features if f.type != "category"]
        return frame.astype(dict.fromkeys(numbers, np.float64))


def refuse_other_scores(name: str, golden: GoldenRows, found: Explanation, amounts: Floats | None) -> None:
    """Refuse a bundle whose golden rows score otherwise here than where it was made.

    Parameters
    ----------
    found, amounts
        What the bundle says of the rows on this machine; None: it tells no amounts.

    Raises
    ------
    BundleRefusedError
        If a probability, a reason's points or a ratio of amounts differ by more than 1e-9.
    """
    gaps = (
        found.probability - np.array(golden.probabilities),
        found.points - np.array(golden.points),
        *_amount_gaps(amounts, golden.amounts),
    )
    gap = float(np.max([np.abs(each).max(initial=0.0) for each in gaps]))  # a NaN stays one, and is no match
    if not gap <= TOLERANCE:
        raise BundleRefusedError(
            f"bundle {name}: its golden rows score otherwise on this machine",
            found=f"a difference of {gap:.3g}",
            expected=f"at most {TOLERANCE:g}",
            fix="score where the bundle was made, or publish it anew with this machine's libraries",
        )


def _amount_gaps(amounts: Floats | None, golden: tuple[float, ...]) -> list[Floats]:
    """Return by which share amounts differ from those sealed; NaN, which is no match, where only one of both is there.

    Amounts are of any size, so a share is what can be compared.
    """
    if amounts is None and not golden:
        return []
    if amounts is None or len(golden) != len(amounts):
        return [np.array([np.nan])]
    return [amounts / np.array(golden) - 1]
