"""Naive Bayes as CRMs ship it: how often each value of each field went with won and with lost, multiplied."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.model.encoding import Column, Encoding, Matrix

Vector = NDArray[np.float64]
ADDED = 0.1  # to each frequency, so that none is zero
_STAGE = "stage_"  # names of the features that say when a stage was reached begin so


class Field(Block):
    """What each value of one column says, in log-odds; a value that is not listed, or missing, says nothing."""

    name: str
    column: int
    reached: bool  # the column tells when something happened: what counts is whether it did
    values: tuple[float, ...]
    evidence: tuple[float, ...]

    def log_odds(self, column: Vector) -> Vector:
        """Return the evidence of each value of the encoded column, shape (n,)."""
        shown = _shown(column, reached=self.reached)
        found = np.zeros(len(shown))
        for value, evidence in zip(self.values, self.evidence, strict=True):
            found[shown == value] = evidence
        return found


class NaiveBayes(Block):
    """Odds of winning times, for each field, how much commoner the lead's value is among won than among lost."""

    prior: float  # log-odds
    fields: tuple[Field, ...]

    def log_odds(self, encoded: Matrix) -> Vector:
        """Return each row's log-odds, shape (n,)."""
        total = np.full(len(encoded), self.prior)
        for field in self.fields:
            total += field.log_odds(encoded[:, field.column])
        return total


def fit_naive_bayes(encoded: Matrix, y: Vector, weight: Vector, encoding: Encoding) -> NaiveBayes:
    """Return the frequencies of a training window.

    ``S(won) = P(won) · Π (won_v + 0.1) / Σ_v (won_v + 0.1)`` over the fields, S(lost) likewise, and the chance is
    ``S(won) / (S(won) + S(lost))``: fields count as independent, 0.1 is added to each frequency, and a field that is
    not filled in is left out of the product. So does Odoo's predictive lead scoring (github.com/odoo/odoo,
    addons/crm/models/crm_lead.py, `_pls_get_naive_bayes_probabilities`), whose fields are country, source, language,
    tags, the stage, and whether there are a phone and an e-mail address: categories, flags and stages reached here;
    amounts and counts are not among them.
    """
    won, lost = float((weight * y).sum()), float((weight * (1 - y)).sum())
    fields = []
    for position, column in enumerate(encoding.columns):
        reached = column.kind == "number" and column.name.startswith(_STAGE)
        shown = _shown(encoded[:, position], reached=reached)
        values = _values(shown, column, reached=reached)
        if len(values) < 2:
            continue
        counts = np.array(
            [[(weight * share)[shown == value].sum() + ADDED for value in values] for share in (y, 1 - y)]
        )
        evidence = np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())
        fields.append(
            Field(
                name=column.name,
                column=position,
                reached=reached,
                values=tuple(float(value) for value in values),
                evidence=tuple(float(value) for value in evidence),
            )
        )
    return NaiveBayes(prior=float(np.log(won / lost)), fields=tuple(fields))


def _shown(column: Vector, *, reached: bool) -> Vector:
    return (~np.isnan(column)).astype(np.float64) if reached else column


def _values(shown: Vector, column: Column, *, reached: bool) -> Vector:
    """Return the values that are counted; none of a column of amounts."""
    known: Vector = np.unique(shown[~np.isnan(shown)])
    if column.kind == "category":
        return np.asarray(known[known != column.missing])
    return known if reached or len(known) == 2 else known[:0]
