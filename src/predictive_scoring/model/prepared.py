"""Rows as both halves of the model take them, made once for all fits to the rows and to folds of them."""

from functools import cached_property

import lightgbm as lgb

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, binned
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.linear_fit import Design


class Prepared:
    """Rows with their bins for the trees and their terms for the regression; both are as large as the rows.

    A fold sees the bins and scales of all rows, as scoring will; it does not see the labels.
    """

    def __init__(self, rows: Rows, encoding: Encoding, settings: Train) -> None:
        self.rows, self.encoding, self._settings = rows, encoding, settings
        self._designs: dict[int, Design] = {}

    @cached_property
    def bins(self) -> lgb.Dataset:
        """The rows as LightGBM holds them."""
        return binned(self.rows, self.encoding, self._settings)

    def design(self, n_knots: int) -> Design:
        """Return the terms of the regression; of designs, only the last asked for is held."""
        if n_knots not in self._designs:
            self._designs = {n_knots: Design.of(self.rows.encoded, self.encoding, n_knots)}
        return self._designs[n_knots]
