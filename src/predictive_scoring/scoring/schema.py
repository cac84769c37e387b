"""The columns of the scores, as the contract names them."""

from typing import Final

import pyarrow as pa

from predictive_scoring.contract.history import INSTANT
from predictive_scoring.explain.reasons import REASON

# Files beside the scores that a reader may find there.
CHANGES_FILE: Final = "changes.parquet"
WHAT_IF: Final = "what_if.parquet"
SCORES = pa.schema(
    [
        ("lead_id", pa.string()),
        ("as_of", INSTANT),
        ("target", pa.string()),
        ("probability", pa.float64()),
        ("probability_low", pa.float64()),
        ("probability_high", pa.float64()),
        ("score", pa.int64()),
        ("rank", pa.int64()),
        ("grade", pa.string()),
        ("fit", pa.int64()),
        ("engagement", pa.int64()),
        ("base_probability", pa.float64()),
        ("reasons", pa.list_(REASON)),
        ("model_version", pa.string()),
        ("scored_at", INSTANT),
    ]
)
VALUE = pa.schema(
    [
        ("expected_amount", pa.float64()),
        ("expected_value", pa.float64()),
        ("amount_basis", pa.string()),  # known, predicted or mean: see scoring/basis.py
    ]
)


def scores_schema(*, with_value: bool) -> pa.Schema:
    """Return the columns of scores: those of the contract and, of a model that tells it, expected value after them."""
    return pa.schema([*SCORES, *(VALUE if with_value else ())])


NOT_SCORED = pa.schema(
    [
        ("lead_id", pa.string()),
        ("as_of", INSTANT),
        ("target", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),  # of an excluded lead: the rule
    ]
)
