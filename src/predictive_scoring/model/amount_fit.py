"""From the amounts of past conversions to what another would bring; the mean for everybody unless more is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits

from predictive_scoring.config.targets import Target
from predictive_scoring.config.value import Value
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.model.amount import Amount, Gain, told_by
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.few_columns import (
    N_FOLDS,
    Lessons,
    fit_few_columns,
    folds_of,
    is_beyond_chance,
    mean_and_error,
)
from predictive_scoring.model.linear import LinearPart, Vector
from predictive_scoring.snapshots.amounts import Amounts

_DIGITS: Final = 3  # of the least and the most that is told
LEAST_LEADS: Final = 20  # of fewer amounts not even the mean is worth telling
FAR_OUT: Final = 4.0  # spreads of the logs from their median: beyond it an amount counts as the bound
NORMAL_IQR, NORMAL_90 = 1.349, 3.290  # how many standard deviations of a normal lie between these quantiles


@dataclass(frozen=True)
class Paid:
    """Amounts of converting leads, one row a look at a lead before it converted."""

    rows: pa.Table
    amount: Vector

    @classmethod
    def learned_from(cls, dataset: Dataset, amounts: Amounts, settings: Value) -> "Paid":
        """Return what may be learned from: of the model's own windows, recorded before the untouched one begins."""
        rows = pa.concat_tables(dataset.training_windows().values())
        rows = rows.filter(pc.fill_null(rows["converted"], False)).sort_by(
            [("lead_id", "ascending"), ("as_of", "ascending")]
        )
        amount = brought(dataset, rows, amounts, settings, until_test=True)
        known = amount > 0  # NaN is not
        return cls(rows.filter(pa.array(known)), amount[known])

    @property
    def n_leads(self) -> int:
        """How many leads there are."""
        return pc.count_distinct(self.rows["lead_id"]).as_py()  # type: ignore[no-any-return]

    @property
    def weight(self) -> Vector:
        """A weight of each row, those of a lead together 1: a lead counts once, however often it was looked at."""
        lead = self.rows["lead_id"].to_numpy(zero_copy_only=False)
        return np.asarray(1.0 / pd.Series(lead).groupby(lead).transform("size").to_numpy(np.float64))


def brought(dataset: Dataset, rows: pa.Table, amounts: Amounts, settings: Value, *, until_test: bool = False) -> Vector:
    """Return what each converting row brought; where no outcome says it, its own amount as known at the look."""
    test = dataset.windows.windows["test"].start
    found = amounts.of_rows(rows, test if until_test else None)
    column = known_column(dataset.catalogue, settings)
    if column is None:
        return found
    own = rows[column].cast(pa.float64()).to_numpy(zero_copy_only=False)
    converts = pc.fill_null(rows["converted"], False).to_numpy(zero_copy_only=False)
    return np.asarray(np.where(np.isnan(found) & converts & (own > 0), own, found), dtype=np.float64)


def known_column(catalogue: Catalogue, settings: Value) -> str | None:
    """Return the column of the deal's own amount; None where no attribute is named.

    Raises
    ------
    ConfigurationError
        If it is no number of leads that was known at the time.
    """
    if not settings.amount:
        return None
    numbers = {
        feature.attribute: feature.name
        for feature in catalogue.features
        if feature.source == "attribute" and feature.statistic == "value" and feature.type == "number"
    }
    if settings.amount not in numbers:
        raise ConfigurationError(
            f"value.amount: {settings.amount!r} is not a number of leads that the model knows",
            found=f"numbers: {sorted(str(name) for name in numbers)}",
            fix="name one of them, or declare it in the source file as `type: number`, with when it was known",
        )
    return numbers[settings.amount]


def amount_of(dataset: Dataset, history: History, target: Target, settings: Value, encoding: Encoding) -> Amount | None:
    """Return what a conversion brings by the outcomes of a history; None where it is not asked for, or too little."""
    return fit_amount(dataset, Amounts.of(history, target), settings, encoding) if settings.enabled else None


def fit_amount(dataset: Dataset, amounts: Amounts, settings: Value, encoding: Encoding) -> Amount | None:
    """Return what a conversion brings; None where fewer than `LEAST_LEADS` amounts were recorded in time."""
    known = known_column(dataset.catalogue, settings)
    paid = Paid.learned_from(dataset, amounts, settings)
    if paid.n_leads < LEAST_LEADS:
        return None
    low, high = bounds(paid)
    money = np.clip(paid.amount, low, high)
    drawn_in = pc.count_distinct(paid.rows["lead_id"].filter(pa.array(money != paid.amount))).as_py()
    lessons = Lessons(
        encoding.encode(dataset.frame(paid.rows)), np.log(money), paid.weight, paid.rows["account_no"].to_numpy()
    )
    left_out = frozenset() if known is None else frozenset(_about(dataset.catalogue, settings.amount))
    with threadpool_limits(1, user_api="blas"):  # the same last digits on any number of threads
        gain = _gain(lessons, encoding, left_out)
        is_better = gain is not None and is_beyond_chance(gain.value, gain.error)
        part = fit_few_columns(lessons, encoding, left_out) if is_better else None
    return Amount(
        mean=float(np.average(money, weights=lessons.weight)),
        part=part,
        factor=1.0 if part is None else _factor(part, lessons),
        low=rounded(float(money.min()), floor),
        high=rounded(float(money.max()), ceil),
        known=known,
        n_leads=paid.n_leads,
        n_drawn_in=drawn_in,
        gain=gain,
    )  # fmt: skip


def bounds(paid: Paid) -> tuple[float, float]:
    """Return between which amounts a lead's counts as it is: one deal a thousand times the others must not decide.

    The spread of the logs is the larger of what the middle half and the middle nine tenths of the leads show: prices
    that most leads share have no middle half. Where all but a few leads share one price there is no spread, and
    nothing is drawn in.
    """
    logs = np.log(pd.Series(paid.amount).groupby(paid.rows["lead_id"].to_numpy(zero_copy_only=False)).mean().to_numpy())
    q05, q25, median, q75, q95 = np.quantile(logs, [0.05, 0.25, 0.5, 0.75, 0.95])
    spread = max((q75 - q25) / NORMAL_IQR, (q95 - q05) / NORMAL_90)
    if spread == 0:
        return float(paid.amount.min()), float(paid.amount.max())
    return float(np.exp(median - FAR_OUT * spread)), float(np.exp(median + FAR_OUT * spread))


def gamma_deviance(amount: Vector, expected: Vector) -> Vector:
    """Return ``2 (a / m - log(a / m) - 1)`` of each row: 0 where they are equal.

    Examples
    --------
    >>> gamma_deviance(np.array([2.0, 4.0]), np.array([2.0, 2.0])).round(3).tolist()
    [0.0, 0.614]
    """
    ratio = amount / expected
    return np.asarray(2 * (ratio - np.log(ratio) - 1), dtype=np.float64)


def _factor(part: LinearPart, lessons: Lessons) -> float:
    """Return what brings the mean of the exponentials back to the mean of money (a smearing, Duan 1983).

    Of sums instead of a mean of ratios: doi:10.1080/01621459.1983.10478017 has the latter, which follows small deals.
    """
    told = np.exp(told_by(part, lessons.encoded))
    return float(np.average(np.exp(lessons.y), weights=lessons.weight) / np.average(told, weights=lessons.weight))


def rounded(amount: float, way: Callable[[float], float]) -> float:
    """Return an amount to three digits, rounded down (`floor`) or up (`ceil`): a bound that is nobody's own deal.

    Examples
    --------
    >>> rounded(1234.56, floor), rounded(1234.56, ceil)
    (1230.0, 1240.0)
    """
    unit = 10.0 ** (floor(log10(amount)) - _DIGITS + 1)
    return float(way(amount / unit) * unit)


def _gain(lessons: Lessons, encoding: Encoding, left_out: frozenset[int]) -> Gain | None:
    """Return how much better accounts are told by a fit, its choice of columns included, that has not seen them.

    None with fewer accounts than folds: there is nobody to judge by.
    """
    if len(np.unique(lessons.groups)) < N_FOLDS:
        return None
    money, fold = np.exp(lessons.y), folds_of(lessons.groups)
    flat, told = np.empty(len(money)), np.empty(len(money))
    for f in range(N_FOLDS):
        here, others = fold == f, lessons.take(fold != f)
        part = fit_few_columns(others, encoding, left_out)
        flat[here] = np.average(np.exp(others.y), weights=others.weight)
        told[here] = _factor(part, others) * np.exp(told_by(part, lessons.encoded[here]))
    better = gamma_deviance(money, flat) - gamma_deviance(money, told)
    value, error = mean_and_error(better, lessons.weight, lessons.groups)
    return Gain(value=value, error=error)


def _about(catalogue: Catalogue, attribute: str) -> list[int]:
    """Return the places of the columns made from an attribute: what is known only where it is not asked."""
    return [
        place
        for place, feature in enumerate(catalogue.features)
        if attribute in (feature.attribute, feature.other_attribute, (feature.other_attribute or "").partition(".")[2])
    ]
