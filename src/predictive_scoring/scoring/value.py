"""Expected value beside each chance, where the model tells what a conversion brings."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.score import RankBy
from predictive_scoring.contract.words import Word
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.model.amount import Amount
from predictive_scoring.publish.bundle import EVALUATION, Bundle
from predictive_scoring.scoring.basis import KNOWN, MEAN, PREDICTED
from predictive_scoring.storage import read_json


def value_columns(bundle: Bundle, frame: pd.DataFrame, probability: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return the columns of `VALUE` of rows of features; nothing of a model that does not tell them."""
    if bundle.amount is None:
        return {}
    amount = bundle.amount.expected(frame, bundle.scorer.encoding)
    basis = basis_of(bundle.amount, frame)
    return {"expected_amount": amount, "expected_value": probability * amount, "amount_basis": basis}


def basis_of(amount: Amount, frame: pd.DataFrame) -> NDArray[Any]:
    """Return for each row of features where its amount comes from."""
    found = np.full(len(frame), MEAN if amount.part is None else PREDICTED, dtype=object)
    if amount.known is not None:
        found[frame[amount.known].to_numpy(np.float64) > 0] = KNOWN  # NaN is not
    return found


def depends_on(bundle: Bundle) -> tuple[Word, ...]:
    """Return what readers call the columns that a predicted amount depends on, each business concept once."""
    names = bundle.amount.columns(bundle.scorer.encoding) if bundle.amount else []
    words = {concept.name: concept.word for concept in bundle.catalogue.concepts}
    concept = {feature.name: feature.concept for feature in bundle.catalogue.features}
    return tuple(words[each] for each in dict.fromkeys(concept[name] for name in names))


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
