"""A batch at the first glance: instants in the commonest form are read, repeated words coded, and most rows are tidy.

Judging each cell of each row by all rules costs more than everything else. Where these few looks at whole columns find
nothing that could break a rule of text, the statement that types the rows does without those rules.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.rules import DIRECTIONS, MAX_FIELD_CHARACTERS
from predictive_scoring.sources.quick_instants import quick_instants

WAYS = ("", *(word for words in DIRECTIONS.values() for word in words))


@dataclass(frozen=True)
class Glance:
    """Which cells of activities say what.

    Attributes
    ----------
    instants
        Cells with instants in ISO 8601, `_c3`; a batch gets what they say as `_i3`, null where a closer look is needed.
    words
        Cells whose words repeat: they are coded.
    required
        Cells that must be filled, words among them.
    ids
        Cells of ids, of which one must be filled.
    directions
        Cells that say inbound, outbound or nothing.
    """

    instants: tuple[str, ...]
    words: tuple[str, ...]
    required: tuple[str, ...]
    ids: tuple[str, ...]
    directions: tuple[str, ...]
    others_are_fine: bool = True  # whether nothing else is asked of these cells, e.g. an instant in a form of its own

    def at(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, bool]:
        """Return the batch with instants read and words coded, and whether no row can break a rule but that of numbers.

        Examples
        --------
        >>> glance = Glance(("_c0",), ("_c1",), ("_c0", "_c1"), ("_c2",), ())
        >>> row = {"_c0": ["2024-01-01T10:00:00Z"], "_c1": ["visit"], "_c2": ["L1"]}
        >>> [glance.at(pa.RecordBatch.from_pydict({**row, "_c1": [kind]}))[1] for kind in ("visit", " ")]
        [True, False]
        """
        read = {f"_i{cell[2:]}": quick_instants(batch.column(cell)) for cell in self.instants}
        cells = {name: batch.column(name) for name in batch.schema.names}
        cells |= {cell: _coded(cells[cell]) for cell in self.words}
        is_tidy = (
            self.others_are_fine
            and all(read[f"_i{cell[2:]}"].null_count == cells[cell].null_count for cell in self.instants)
            and all(cells[cell].null_count == 0 for cell in self.required)
            and all(_are_words(cells[cell]) for cell in self.required if cell in self.words)
            and all(_are_directions(cells[cell]) for cell in self.directions)
            and any(_are_filled(cells[cell]) for cell in self.ids)
            and all(_are_short(cells[name]) for name in cells if name.startswith("_c"))
        )
        return pa.RecordBatch.from_pydict({**cells, **read}), is_tidy

    def leaves_instants(self, batch: pa.RecordBatch) -> bool:
        """Return whether there are filled cells, in a batch that was looked at, whose instants need a closer look."""
        return any(batch.column(f"_i{cell[2:]}").null_count > batch.column(cell).null_count for cell in self.instants)


def _coded(cells: pa.Array) -> pa.Array:
    return cells.dictionary_encode() if pa.types.is_string(cells.type) else cells


def _are_words(cells: pa.Array) -> bool:
    return pa.types.is_dictionary(cells.type) and all(clean_text(word) for word in cells.dictionary.to_pylist())


def _are_directions(cells: pa.Array) -> bool:
    if not pa.types.is_dictionary(cells.type):
        return False
    return all(word.strip(" ").lower() in WAYS for word in cells.dictionary.to_pylist())


def _are_filled(cells: pa.Array) -> bool:
    """Return whether there is an id in each cell: one that begins with a sign beyond the blank is not blank."""
    return pa.types.is_string(cells.type) and cells.null_count == 0 and (pc.min(cells).as_py() or "!") >= "!"


def _are_short(cells: pa.Array) -> bool:
    texts = cells.dictionary if pa.types.is_dictionary(cells.type) else cells
    return not pa.types.is_string(texts.type) or (pc.max(pc.binary_length(texts)).as_py() or 0) <= MAX_FIELD_CHARACTERS
