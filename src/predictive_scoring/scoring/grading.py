"""What the letters mean: the cut-offs that the two teams agreed on, or else those that the model was published with."""

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Grading, load_agreement
from predictive_scoring.publish.bundle import Bundle

Floats = NDArray[np.float64]
AGREEMENT = Path("data/agreement.yaml")


def agreed_grading(path: Path, as_of: datetime) -> Grading | None:
    """Return what the version in force at an instant says of the letters; None: it says nothing, or there is no file.

    Raises
    ------
    ConfigurationError
        If the file breaks the schema, or is not there although somebody named it: only a project's usual place may be
        empty.
    """
    return None if path == AGREEMENT and not path.is_file() else load_agreement(path).on(as_of.date()).grades


def cut_offs(bundle: Bundle, grading: Grading | None, chances: Floats) -> dict[str, float]:
    """Return the least probability of each letter, best first; below the last it is a D.

    No model is trained for it: shares are read off the reference leads that the bundle carries.

    Parameters
    ----------
    chances
        Of everybody who is scored, in any order; only looked at where letters go by calls.
    """
    if grading is None:
        return dict(bundle.terms.grades)
    if grading.by == "probability":
        return dict(grading.letters)
    if grading.by == "share":
        return {letter: _of_share(bundle, share) for letter, share in grading.letters.items()}
    return {letter: _of_best(chances, int(calls)) for letter, calls in grading.letters.items()}


def _of_share(bundle: Bundle, share: float) -> float:
    table = bundle.reference.probability_table  # the 99 values that divide the reference leads into hundredths
    return float(table[len(table) - round(100 * share)])


def _of_best(chances: Floats, n: int) -> float:
    """Return the least chance of the best `n`; 0 where there are no more than that."""
    if len(chances) <= n:
        return 0.0
    return float(np.partition(chances, len(chances) - n)[len(chances) - n])
