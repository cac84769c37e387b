"""From a frame of numbers and categories to a matrix of numbers, the same way at training and at scoring."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.errors import DataContractError

Matrix = NDArray[np.float64]
Direction = Literal[-1, 0, 1]
_NUMBERS = frozenset({"integer", "floating", "decimal", "mixed-integer-float", "boolean"})


class Column(Block):
    """One input column. A category has codes: its levels in order, then 'other', then 'missing'."""

    name: str
    kind: Literal["number", "category"]
    levels: tuple[str, ...] = ()
    direction: Direction = 0  # the chance may only rise (1) or fall (-1) with a number, other things equal

    @property
    def other(self) -> int:
        """The code of a level that was rare in training or never seen."""
        return len(self.levels)

    @property
    def missing(self) -> int:
        """The code of a category that is not known: a fact of its own, which a split must be able to single out."""
        return len(self.levels) + 1


class Encoding(Block):
    """The columns of a model in their order.

    No value that fewer than `min_level_leads` leads share is stored, so an identifier that was taken for a
    category leaves nothing of itself in the model's files.

    Examples
    --------
    >>> frame = pd.DataFrame({"visits": [3, None], "channel": ["ads", "event"]})
    >>> encoding = Encoding.fit(frame, min_level_leads=1)
    >>> encoding.encode(pd.DataFrame({"channel": ["ads", "fax"], "visits": [1.0, 2.0]}))
    array([[1., 0.],
           [2., 2.]])
    """

    columns: tuple[Column, ...]

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        leads: NDArray[Any] | None = None,
        *,
        min_level_leads: int = 20,
        max_levels: int = 60,
        directions: Mapping[str, Direction] | None = None,
    ) -> "Encoding":
        """Return the encoding of a training frame.

        Parameters
        ----------
        frame : (n, k) frame
            Numbers, booleans, text or categories, with missing values.
        leads : (n,) array, optional
            Whose row each is. A level is counted once a lead; without `leads`, once a row.
        min_level_leads, max_levels : int
            A level shared by fewer leads, or not among the `max_levels` commonest, becomes 'other'.
        directions : mapping, optional
            From the names of numbers to 1 (the chance may only rise with it) or -1 (only fall).

        Raises
        ------
        DataContractError
            If a column is neither numbers nor text (a date, a list), two columns have one name, or a direction is given
            to a category or to a column that is not there.
        """
        _refuse_twice(frame)
        columns = []
        for name in frame.columns:
            kind = _kind_of(frame[name], str(name))
            levels = _levels(frame[name], leads, min_level_leads, max_levels) if kind == "category" else ()
            columns.append(Column(name=str(name), kind=kind, levels=levels))
        return cls(columns=tuple(columns))._directed(directions or {})

    def _directed(self, directions: Mapping[str, Direction]) -> "Encoding":
        numbers = {column.name for column in self.columns if column.kind == "number"}
        if wrong := sorted(name for name, direction in directions.items() if direction and name not in numbers):
            raise DataContractError(
                f"model input: {len(wrong)} columns cannot have a direction: {wrong[:10]}",
                found="categories, or no columns of the input",
                expected="names of numbers",
                fix="take them out of `monotone`; a category has no order",
            )
        columns = (column.model_copy(update={"direction": directions.get(column.name, 0)}) for column in self.columns)
        return Encoding(columns=tuple(columns))

    @property
    def directions(self) -> list[int]:
        """For each column 1, -1 or 0: whether the chance may only rise or only fall with it."""
        return [column.direction for column in self.columns]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    @property
    def category_positions(self) -> list[int]:
        """Positions of the columns that hold codes."""
        return [position for position, column in enumerate(self.columns) if column.kind == "category"]

    def encode(self, frame: pd.DataFrame) -> Matrix:
        """Return the (n, k) matrix of a frame; its columns are found by name, in whatever order they stand.

        Numbers stay, with NaN where missing; categories become their codes.

        Raises
        ------
        DataContractError
            Listing every column that is missing, holds text instead of numbers (or the reverse), or is infinite.
        """
        _refuse_twice(frame)
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise DataContractError(
                f"model input: {len(missing)} of {len(self.columns)} columns are missing: {missing[:10]}",
                found=f"{len(frame.columns)} columns",
                fix="compute the features with the catalogue the model came with",
            )
        matrix = np.empty((len(frame), len(self.columns)))
        wrong = []
        for position, column in enumerate(self.columns):
            values = frame[column.name]
            kind = _kind_of(values, column.name)
            if kind != column.kind and not values.isna().all():
                wrong.append(f"{column.name} ({kind} instead of {column.kind})")
                continue
            matrix[:, position] = _codes(values, column) if column.kind == "category" else _numbers(values)
            if column.kind == "number" and np.isinf(matrix[:, position]).any():
                wrong.append(f"{column.name} (infinite values)")
        if wrong:
            raise DataContractError(
                f"model input: {len(wrong)} of {len(self.columns)} columns are not as in training",
                found=", ".join(wrong[:10]),
                fix="give each column the type it had in training; infinity is no number",
            )
        matrix += 0.0  # minus zero becomes zero, so that equal rows have equal bytes
        return matrix


def _refuse_twice(frame: pd.DataFrame) -> None:
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if twice:
        raise DataContractError(f"model input: {len(twice)} column names are given twice: {twice[:10]}")


def _kind_of(values: "pd.Series[Any]", name: str) -> Literal["number", "category"]:
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_bool_dtype(dtype) or (
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    ):
        return "number"
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    if inferred in _NUMBERS:
        return "number"
    if inferred in {"string", "empty"}:
        return "category" if inferred == "string" or pd.api.types.is_string_dtype(dtype) else "number"
    raise DataContractError(
        f"model input, column {name!r}: neither numbers nor text",
        found=inferred,
        expected="numbers, booleans, text or categories",
        fix="turn a date into an age in days, mixed values into text",
    )


def _numbers(values: "pd.Series[Any]") -> Matrix:
    if values.dtype == object:
        values = pd.to_numeric(values.astype("Float64"))
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _text(values: "pd.Series[Any]") -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return a code for each value (-1: missing) and the distinct texts the codes stand for."""
    codes, distinct = pd.factorize(values)
    return codes.astype(np.int64), np.asarray([str(value) for value in distinct], dtype=object)


def _levels(values: "pd.Series[Any]", leads: NDArray[Any] | None, least: int, most: int) -> tuple[str, ...]:
    codes, texts = _text(values)
    seen = pd.DataFrame({"code": codes, "lead": np.arange(len(codes)) if leads is None else np.asarray(leads)})
    counts = seen[seen["code"] >= 0].drop_duplicates()["code"].value_counts()
    common = [(-int(count), str(texts[code])) for code, count in counts.items() if count >= least]  # type: ignore[call-overload]
    return tuple(sorted(text for _, text in sorted(common)[:most]))


def _codes(values: "pd.Series[Any]", column: Column) -> Matrix:
    codes, texts = _text(values)
    known = {level: code for code, level in enumerate(column.levels)}
    table = np.array([*(known.get(text, column.other) for text in texts), column.missing], dtype=np.float64)
    return table[codes]  # the code -1 reads the last entry
