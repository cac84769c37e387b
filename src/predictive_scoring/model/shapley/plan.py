"""A model as flat arrays for the compiled kernel: nodes, the steps behind each bit, look-ups and their tables."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.shapley.groups import Group, groups_of
from predictive_scoring.model.shapley.tables import table_of
from predictive_scoring.model.shapley.trees import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_NAN,
    MISSING_SHIFT,
    MISSING_ZERO,
    Ensemble,
    Tree,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NUMBER, NUMBER_OR_ZERO, CATEGORY = 0, 1, 2
MOST_CELLS: Final = 2**25  # of all tables: 256 MB


class TooLargeError(ValueError):
    """Tables of more than `MOST_CELLS`."""


class Nodes(NamedTuple):
    """How each node decides, trees after each other."""

    feature: Ints
    kind: Ints  # NUMBER, NUMBER_OR_ZERO (zero is missing) or CATEGORY
    threshold: Floats
    missing_left: NDArray[np.bool_]  # where a missing number goes
    set_start: Ints  # of a category split: its bits in `sets`
    set_stop: Ints
    sets: NDArray[np.bool_]


class Plan(NamedTuple):
    """What the kernel follows; `x_start[i]` to `x_start[i + 1]` are the x of tree, group or bit i."""

    nodes: Nodes
    node_start: Ints  # by tree
    group_start: Ints  # by tree
    bit_start: Ints  # by group
    step_start: Ints  # by bit
    step_node: Ints  # within its tree
    step_left: NDArray[np.bool_]
    look_start: Ints  # by group: the features that are looked up
    look_feature: Ints
    cell_start: Ints  # by look-up
    cells: Floats
    expected: float  # the mean of the model over its training rows


def plan_of(ensemble: Ensemble) -> Plan:
    """Return the plan of a model with one output and constant leaves.

    Raises
    ------
    TooManyFeaturesError, TooLargeError
        If its tables would be too large.
    """
    groups = [list(groups_of(tree)) for tree in ensemble.trees]
    flat = [group for of_tree in groups for group in of_tree]
    if sum(len(group.features) << len(group.bits) for group in flat) > MOST_CELLS:
        raise TooLargeError
    tables = [row for group in flat for row in table_of(group)]
    bits = [bit for group in flat for bit in group.bits]
    steps = [step for bit in bits for step in bit]
    return Plan(
        nodes=_nodes(ensemble.trees),
        node_start=_starts([len(tree.features) for tree in ensemble.trees]),
        group_start=_starts([len(of_tree) for of_tree in groups]),
        bit_start=_starts([len(group.bits) for group in flat]),
        step_start=_starts([len(bit) for bit in bits]),
        step_node=np.array([step.node for step in steps], dtype=np.int64),
        step_left=np.array([step.is_left for step in steps], dtype=np.bool_),
        look_start=_starts([len(group.features) for group in flat]),
        look_feature=_looked_up(flat),
        cell_start=_starts([len(table) for table in tables]),
        cells=np.concatenate([np.zeros(0), *tables]),
        expected=sum(tree.mean for tree in ensemble.trees),
    )


def _looked_up(groups: list[Group]) -> Ints:
    return np.array([feature for group in groups for feature in group.features], dtype=np.int64)


def _starts(lengths: list[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _nodes(trees: tuple[Tree, ...]) -> Nodes:
    """Return the nodes of all trees.

    LightGBM takes a missing number for zero unless the split says otherwise, and a missing category for one that is in
    no set, as it does a negative or an unknown one.
    """
    decisions = np.concatenate([np.zeros(0, np.int64), *(tree.decisions for tree in trees)])
    threshold = np.concatenate([np.zeros(0), *(tree.thresholds for tree in trees)])
    is_category = (decisions & CATEGORICAL) != 0
    missing = decisions >> MISSING_SHIFT
    has_default = (missing == MISSING_ZERO) | (missing == MISSING_NAN)
    sets = [bits for tree in trees for bits in tree.sets]
    set_start = _starts([len(bits) for bits in sets])
    before = np.repeat(_starts([len(tree.sets) for tree in trees])[:-1], [len(tree.features) for tree in trees])
    own_set = np.where(is_category, before + np.where(is_category, threshold, 0).astype(np.int64), 0)
    return Nodes(
        feature=np.concatenate([np.zeros(0, np.int64), *(tree.features for tree in trees)]),
        kind=np.where(is_category, CATEGORY, np.where(missing == MISSING_ZERO, NUMBER_OR_ZERO, NUMBER)),
        threshold=threshold,
        missing_left=np.where(has_default, (decisions & DEFAULT_LEFT) != 0, threshold >= 0),
        set_start=np.where(is_category, set_start[own_set], 0),
        set_stop=np.where(is_category, set_start[np.minimum(own_set + 1, len(set_start) - 1)], 0),
        sets=np.concatenate([np.zeros(0, np.bool_), *sets]),
    )
