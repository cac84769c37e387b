"""Leads in the order of their chance, with bounded memory: sorted runs that wait on disk, read back by rank."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KEPT_IN_MEMORY = 128 * 2**20  # bytes; more than that goes to a file without a name, which ends with the process


@dataclass(frozen=True)
class Ranked:
    """Some leads in the order of their ranks."""

    ranks: Ints
    lead_id: pa.Array
    probability: Floats
    rows: Floats  # (n, width), as they were added

    def take(self, places: Ints) -> "Ranked":
        """Return some of them."""
        return Ranked(
            self.ranks[places], self.lead_id.take(pa.array(places)), self.probability[places], self.rows[places]
        )


class Ranking:
    """Rows that come in any order and leave best first; leads that are equal by their ids.

    Best is who has the highest chance, or the most of what rows are added `by`. Only ids, chances and that stay in
    memory. A run is sorted when it is added; what has neighbouring ranks in the end is then one stretch of each run, so
    the rows are read back stretch by stretch.

    Parameters
    ----------
    width
        Numbers in a row.
    folder
        On whose file system rows wait; None: in the system's temporary folder, which may lie in memory.
    """

    def __init__(self, width: int, folder: Path | None = None) -> None:
        self._width = width
        place = None if folder is None else str(folder)
        self._rows: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY, dir=place)  # noqa: SIM115 (see `close`)
        self._ids: list[pa.Array] = []
        self._chances: list[Floats] = []
        self._by: list[Floats] = []  # the very same arrays where it is the chance

    def close(self) -> None:
        """Let go of the rows."""
        self._rows.close()

    def add(self, lead_id: pa.Array, probability: Floats, rows: Floats, by: Floats | None = None) -> None:
        """Add a run of leads, ordered `by` their chances if by nothing else; `rows` has the shape (n, width)."""
        order = _best_first(lead_id, probability if by is None else by)
        self._ids.append(lead_id.cast(pa.large_string()).take(pa.array(order)))  # all ids may exceed 2 GB
        self._chances.append(probability[order])
        self._by.append(self._chances[-1] if by is None else by[order])
        self._rows.write(np.ascontiguousarray(rows[order]).data)

    def chances(self) -> Floats:
        """Return the chance of everybody who was added, in no order."""
        return np.concatenate([np.zeros(0), *self._chances])

    def best_first(self, n_rows: int) -> Iterator[Ranked]:
        """Yield the leads by rank, `n_rows` at a time; once, since it lets go of what it was given."""
        starts = np.concatenate([[0], np.cumsum([len(run) for run in self._chances], dtype=np.int64)])
        probability = self.chances()
        by = np.concatenate([np.zeros(0), *self._by])
        self._chances.clear()
        self._by.clear()
        lead_id = pa.chunked_array(self._ids, pa.large_string()).combine_chunks()
        self._ids.clear()
        order = _best_first(lead_id, by)
        del by
        for start in range(0, len(order), n_rows):
            chosen = order[start : start + n_rows]
            names = lead_id.take(pa.array(chosen)).cast(pa.string())
            ranks = np.arange(start + 1, start + 1 + len(chosen))
            yield Ranked(ranks, names, probability[chosen], self._read(chosen, starts))

    def _read(self, chosen: Ints, starts: Ints) -> Floats:
        """Return the rows at some places: those of one run lie next to each other."""
        places = np.sort(chosen)
        bounds = np.searchsorted(places, starts)
        stretches = []
        for begin, end in pairwise(bounds):
            if begin < end:
                self._rows.seek(int(places[begin]) * self._width * 8)
                stretches.append(self._rows.read(int(end - begin) * self._width * 8))
        found = np.frombuffer(b"".join(stretches)).reshape(len(places), self._width)
        return np.asarray(found[np.searchsorted(places, chosen)])


def _best_first(lead_id: pa.Array, by: Floats) -> Ints:
    keys = pa.table({"by": by, "lead_id": lead_id})
    order = pc.sort_indices(keys, sort_keys=[("by", "descending"), ("lead_id", "ascending")])
    return np.asarray(order.to_numpy().astype(np.int64))
