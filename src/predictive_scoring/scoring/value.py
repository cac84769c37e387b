"""Expected value beside each chance, where the model tells what a conversion brings."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.score import RankBy
from predictive_scoring.contract.words import Word
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.publish.bundle import EVALUATION, Bundle
from predictive_scoring.storage import read_json


def value_columns(
    bundle: Bundle, frame: pd.DataFrame, probability: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return `expected_amount` and `expected_value` of rows of features; nothing of a model that does not tell them."""
    if bundle.amount is None:
        return {}
    amount = bundle.amount.expected(frame, bundle.scorer.encoding)
    return {"expected_amount": amount, "expected_value": probability * amount}


def refuse_untold(bundle: Bundle, rank_by: RankBy) -> None:
    """Refuse an order by what the model does not tell.

    Raises
    ------
    ConfigurationError
        Saying why it does not.
    """
    if rank_by == "expected_value" and bundle.amount is None:
        raise ConfigurationError(
            f"score.rank_by: expected_value, which {bundle.version} does not tell",
            found=why_untold(bundle).en,
            fix="set score.rank_by: probability, or value.enabled: true in params.yaml and run `dvc repro`",
        )


def why_untold(bundle: Bundle) -> Word:
    """Return why a model tells no expected value: nobody asked for it, or what its evaluation says."""
    said = read_json(bundle.folder / EVALUATION).get("value")
    if said is None:
        return Word(
            en="the model was made without amounts (value.enabled)",
            es="el modelo se creó sin importes (value.enabled)",
        )
    return Word.model_validate(said["words"])
