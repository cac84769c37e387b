"""Leaves that are looked up together: a row's pattern of decisions on the way to them, as a few bits.

A leaf's share of a row's Shapley values depends only on which features on its path the row agrees with. Leaves of one
small subtree share the path to it, so their shares are added up in one table: its bits are the features on the shared
path (does the row take every split on them?) and the nodes of the subtree (does it go left?).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from predictive_scoring.model.shapley.trees import Tree

MOST_BITS: Final = 16  # a table doubles with each bit
BITS_OF_A_GROUP: Final = 10  # leaves are put together up to here: a row of the table stays in the nearest cache


class TooManyFeaturesError(ValueError):
    """A path on which more than `MOST_BITS` features are asked."""


class Step(NamedTuple):
    """A split on the way down."""

    node: int
    is_left: bool
    cover: float  # share of the node's training rows that go this way


class Condition(NamedTuple):
    """A feature on a leaf's path: a row takes its splits if all `set_bits` are set and none of `clear_bits` is."""

    feature: int
    cover: float  # product over its splits
    set_bits: int
    clear_bits: int


class Leaf(NamedTuple):
    """A leaf of a group."""

    value: float
    conditions: tuple[Condition, ...]


@dataclass
class Group:
    """A subtree of few enough bits: how each bit comes from the decisions at nodes, and its leaves."""

    bits: list[tuple[Step, ...]]  # a bit is set if the row takes all these steps
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def features(self) -> list[int]:
        """Every feature on a path to a leaf of the group, ascending."""
        return sorted({condition.feature for leaf in self.leaves for condition in leaf.conditions})


def groups_of(tree: Tree) -> Iterator[Group]:
    """Yield the groups of a tree; none for a tree of one leaf.

    Raises
    ------
    TooManyFeaturesError
        If a path asks too many features.
    """
    if not len(tree.features):
        return
    n_below = _nodes_below(tree)
    todo: list[tuple[int, tuple[Step, ...]]] = [(0, ())]
    while todo:
        child, steps = todo.pop()
        n_features = len({int(tree.features[step.node]) for step in steps})
        n_nodes = n_below[child] if child >= 0 else 0
        if child < 0 or n_features + n_nodes <= BITS_OF_A_GROUP:
            if n_features > MOST_BITS:
                raise TooManyFeaturesError
            yield _group(tree, child, steps)
        else:
            todo += [(after, (*steps, step)) for after, step in _ways(tree, child)]


def _group(tree: Tree, top: int, steps: tuple[Step, ...]) -> Group:
    """Return the group of the leaves below a child, or of one leaf, that these steps lead to."""
    shared = _by_feature(tree, steps)
    group = Group(list(shared.values()))
    bit_of_feature = {feature: 1 << place for place, feature in enumerate(shared)}
    bit_of_node: dict[int, int] = {}
    todo: list[tuple[int, tuple[Step, ...]]] = [(top, ())]
    while todo:
        child, below = todo.pop()
        if child >= 0:
            bit_of_node[child] = 1 << len(group.bits)
            ways = _ways(tree, child)
            group.bits.append((ways[0][1],))
            todo += [(after, (*below, step)) for after, step in ways]
            continue
        conditions = []
        for feature, own in _by_feature(tree, (*steps, *below)).items():
            cover, went_left, went_right = 1.0, bit_of_feature.get(feature, 0), 0
            for step in own:
                cover *= step.cover
                if step.is_left:
                    went_left |= bit_of_node.get(step.node, 0)
                else:
                    went_right |= bit_of_node.get(step.node, 0)
            conditions.append(Condition(feature, cover, went_left, went_right))
        group.leaves.append(Leaf(float(tree.values[-1 - child]), tuple(conditions)))
    return group


def _by_feature(tree: Tree, steps: tuple[Step, ...]) -> dict[int, tuple[Step, ...]]:
    found: dict[int, tuple[Step, ...]] = {}
    for step in steps:
        feature = int(tree.features[step.node])
        found[feature] = (*found.get(feature, ()), step)
    return found


def _ways(tree: Tree, node: int) -> list[tuple[int, Step]]:
    """Return both children of a node, each with the step that leads to it."""
    ways = []
    for child, is_left in ((int(tree.left[node]), True), (int(tree.right[node]), False)):
        count = tree.node_counts[child] if child >= 0 else tree.leaf_counts[-1 - child]
        ways.append((child, Step(node, is_left, float(count / tree.node_counts[node]))))
    return ways


def _nodes_below(tree: Tree) -> list[int]:
    """Return the number of nodes in each node's subtree, itself included; a child stands behind its parent."""
    n_below = [1] * len(tree.features)
    for node in reversed(range(len(tree.features))):
        n_below[node] += sum(n_below[child] for child in (tree.left[node], tree.right[node]) if child >= 0)
    return n_below
