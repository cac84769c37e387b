"""The compiled kernel: blocks of rows, decisions without branches, patterns as bits, one look-up a group and feature.

Each row's sums are added in the order of trees, groups and features, whatever the block: a row's contributions are the
same in any batch and on any number of threads, to the last bit.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from predictive_scoring.model.shapley.plan import Nodes, Plan

Floats = NDArray[np.float64]
Bits = NDArray[np.uint16]

BLOCK_ROWS: Final = 1024  # the decisions and patterns of a block stay in the processor's cache
TINY: Final = 1e-35  # LightGBM's zero: what is nearer to zero is zero
LARGEST: Final = 2147483647.0
_NUMBER: Final = 0
_ZERO: Final = 1
ALL: Final = 0xFFFF


@njit(cache=True, nogil=True)
def add_contributions(plan: Plan, matrix: Floats, out: Floats) -> None:
    """Add the trees' contributions of some rows.

    Parameters
    ----------
    matrix
        (n, k) encoded rows; any layout.
    out
        (k + 1, n), log-odds; the expected value is row k.
    """
    n_rows, n_features = matrix.shape
    widest = np.max(plan.node_start[1:] - plan.node_start[:-1]) if len(plan.node_start) > 1 else 0
    block = np.empty((n_features, BLOCK_ROWS))
    goes_left = np.empty((widest, BLOCK_ROWS), np.uint16)
    pattern, holds = np.empty(BLOCK_ROWS, np.uint16), np.empty(BLOCK_ROWS, np.uint16)
    for start in range(0, n_rows, BLOCK_ROWS):
        n = min(BLOCK_ROWS, n_rows - start)
        for f in range(n_features):
            for r in range(n):
                block[f, r] = matrix[start + r, f]
        for tree in range(len(plan.group_start) - 1):
            first = plan.node_start[tree]
            for node in range(first, plan.node_start[tree + 1]):
                _decide(plan.nodes, node, block[plan.nodes.feature[node], :n], goes_left[node - first])
            for group in range(plan.group_start[tree], plan.group_start[tree + 1]):
                _match(plan, group, goes_left, pattern[:n], holds[:n])
                for look in range(plan.look_start[group], plan.look_start[group + 1]):
                    cells = plan.cells[plan.cell_start[look] : plan.cell_start[look + 1]]
                    _look_up(cells, pattern[:n], out[plan.look_feature[look], start : start + n])
        for r in range(n):
            out[n_features, start + r] += plan.expected


@njit(cache=True, nogil=True)
def _decide(nodes: Nodes, node: int, x: Floats, goes_left: Bits) -> None:
    """Write, for each row, all ones if it goes left at a node, zero if right."""
    threshold, kind = nodes.threshold[node], nodes.kind[node]
    missing_left = nodes.missing_left[node]
    if kind == _NUMBER:
        for r in range(len(x)):
            goes_left[r] = ALL * ((x[r] <= threshold) | ((x[r] != x[r]) & missing_left))
    elif kind == _ZERO:
        for r in range(len(x)):
            known = np.abs(x[r]) > TINY
            goes_left[r] = ALL * ((known & (x[r] <= threshold)) | (~known & missing_left))
    else:
        begin, size = nodes.set_start[node], nodes.set_stop[node] - nodes.set_start[node]
        for r in range(len(x)):
            goes_left[r] = 0
            if -1.0 < x[r] < size:  # the whole part names the category; NaN is in no set
                goes_left[r] = ALL * nodes.sets[begin + int(x[r])]


@njit(cache=True, nogil=True)
def _match(plan: Plan, group: int, goes_left: Bits, pattern: Bits, holds: Bits) -> None:
    """Write each row's pattern: bit b is set if the row takes all steps of the group's bit b."""
    first = plan.bit_start[group]
    for r in range(len(pattern)):
        pattern[r] = 0
    for bit in range(first, plan.bit_start[group + 1]):
        sign = np.uint16(1 << (bit - first))
        for r in range(len(pattern)):
            holds[r] = sign
        for step in range(plan.step_start[bit], plan.step_start[bit + 1]):
            taken, turned = goes_left[plan.step_node[step]], np.uint16(0 if plan.step_left[step] else ALL)
            for r in range(len(pattern)):
                holds[r] &= taken[r] ^ turned
        for r in range(len(pattern)):
            pattern[r] |= holds[r]


@njit(cache=True, nogil=True)
def _look_up(cells: Floats, pattern: Bits, total: Floats) -> None:
    for r in range(len(pattern)):
        total[r] += cells[pattern[r]]
