"""Instants as whole microseconds since 1970 in int64: exact to compare, add and sort."""

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import INSTANT

Micros = NDArray[np.int64]
NEVER: Final = int(np.iinfo(np.int64).max // 4)  # later than any instant; adding a duration does not overflow
DAY: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """Return an instant as microseconds since 1970, UTC.

    Examples
    --------
    >>> to_micros(datetime(1970, 1, 2, tzinfo=UTC)) == DAY
    True
    """
    return (instant - _EPOCH) // timedelta(microseconds=1)


def to_datetime(micros: int) -> datetime:
    """Return the instant that lies so many microseconds after 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(column: pa.ChunkedArray | pa.Array, *, missing: int = NEVER) -> Micros:
    """Return a column of instants as int64 microseconds, nulls as `missing`."""
    whole = column.cast(INSTANT).cast(pa.int64())
    filled = pc.fill_null(whole, missing) if whole.null_count else whole
    return np.asarray(filled.to_numpy(zero_copy_only=False) if isinstance(filled, pa.Array) else filled.to_numpy())


def instants_of(micros: Micros) -> pa.Array:
    """Return int64 microseconds as a column of instants, `NEVER` as null."""
    return pa.array(micros, pa.int64(), mask=micros == NEVER).cast(INSTANT)
