"""Trees as LightGBM writes them in a model's text, read without LightGBM."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CATEGORICAL: Final = 1  # bits of `decision_type`
DEFAULT_LEFT: Final = 2
MISSING_SHIFT: Final = 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2


@dataclass(frozen=True)
class Tree:
    """One tree. A child >= 0 is a node, a child < 0 is the leaf ``-1 - child``; counts are training rows."""

    values: Floats  # (n_leaves,)
    leaf_counts: Floats
    features: Ints  # (n_nodes,) and so are the next six
    thresholds: Floats  # of a category split: the place of its set
    decisions: Ints
    left: Ints
    right: Ints
    node_counts: Floats
    sets: tuple[NDArray[np.bool_], ...]  # of the category splits: entry c says whether category c goes left

    @property
    def mean(self) -> float:
        """The mean value over the training rows."""
        if not len(self.features):
            return float(self.values[0])
        return float(self.leaf_counts @ self.values / self.node_counts[0])


@dataclass(frozen=True)
class Ensemble:
    """The trees of a model; its raw score is the sum of their values, a random forest's too."""

    trees: tuple[Tree, ...]
    n_features: int
    n_outputs: int  # trees an iteration: more than one for several classes
    linear: bool  # leaves hold linear models

    @classmethod
    def parsed(cls, text: str) -> "Ensemble":
        """Return the ensemble in a model's text, which must have been verified: what is missing is a KeyError."""
        head, *bodies = text.split("\nTree=")
        fields = _fields(head)
        blocks = [_fields(body.split("\nend of trees")[0]) for body in bodies]
        return cls(
            trees=tuple(_tree(block) for block in blocks),
            n_features=int(fields["max_feature_idx"]) + 1,
            n_outputs=int(fields["num_tree_per_iteration"]),
            linear=any(block.get("is_linear", "0") != "0" for block in blocks),
        )


def _fields(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in text.splitlines())}


def _tree(fields: dict[str, str]) -> Tree:
    def numbers(key: str) -> Floats:
        return np.array(fields.get(key, "").split(), dtype=np.float64)

    def whole(key: str) -> Ints:
        return np.array(fields.get(key, "").split(), dtype=np.int64)

    return Tree(
        values=numbers("leaf_value"),
        leaf_counts=numbers("leaf_count"),
        features=whole("split_feature"),
        thresholds=numbers("threshold"),
        decisions=whole("decision_type"),
        left=whole("left_child"),
        right=whole("right_child"),
        node_counts=numbers("internal_count"),
        sets=_sets(whole("cat_boundaries"), whole("cat_threshold")),
    )


def _sets(starts: Ints, words: Ints) -> tuple[NDArray[np.bool_], ...]:
    """Return the bits of each set of categories, the lowest bit of the first word first."""
    bits = ((words[:, None] >> np.arange(32)) & 1).astype(np.bool_)
    return tuple(bits[begin:end].ravel() for begin, end in pairwise(starts))
