"""What a few rows of training amounted to, so that a scoring job can tell whether it would compute them the same.

Neither an id nor a value stands in it: a lead is a keyed hash of its id and creation, a value a short keyed hash.
Whoever has the history can find the leads again and compare. The key lies beside the hashes, so whoever guesses an id
or a value can check the guess: these are pseudonyms, nobody is anonymous by them.
"""

import hashlib
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, micros_of

FINGERPRINT: Final = "fingerprint.json"
N_STRETCHES, STRETCH = 8, 25  # leads of neighbouring accounts lie together, so few parts of a history are read
DIGITS: Final = 6  # of a value's hash
PRECISION: Final = ".6g"  # of a number: another machine's last bits do not matter


Hashes = NDArray[np.uint64]


class FingerprintRow(Block):
    """One snapshot: who (a keyed hash), when (microseconds since 1970), and a hash of each value in a row."""

    lead: str
    as_of: int
    values: str


class Fingerprint(Block):
    """Some training rows; features in the order of the catalogue."""

    key: str
    features: tuple[str, ...]
    rows: tuple[FingerprintRow, ...]


def fingerprint_of(dataset: Dataset) -> Fingerprint:
    """Return the fingerprint of a few hundred training rows, one a lead; a table without instants has none."""
    catalogue = dataset.catalogue
    key = hashlib.sha256(catalogue.model_dump_json().encode()).hexdigest()[:16]
    rows = _chosen(dataset.table)
    as_of = micros_of(rows["as_of"])
    leads = lead_hashes(rows["lead_id"], as_of - _age(rows), key)
    values = value_hashes(rows, catalogue, key, leads)
    return Fingerprint(
        key=key,
        features=tuple(catalogue.names),
        rows=tuple(
            FingerprintRow(lead=written(lead), as_of=int(when), values="k" + "".join(row))
            for lead, when, row in zip(leads.tolist(), as_of, values, strict=True)
        ),
    )


def _chosen(table: pa.Table) -> pa.Table:
    """Return one row a lead in a few stretches of neighbouring leads; always the same of the same table."""
    dated = table.filter(pc.is_valid(table["as_of"]))
    dated = dated.sort_by([("account_no", "ascending"), ("lead_id", "ascending"), ("as_of", "ascending")])
    generator = np.random.default_rng(0)
    _, first, counts = np.unique(dated["lead_id"].to_numpy(zero_copy_only=False), return_index=True, return_counts=True)
    order = np.argsort(first)
    first, counts = first[order], counts[order]
    starts = np.linspace(0, max(len(first) - STRETCH, 0), N_STRETCHES).astype(np.int64)
    leads = np.unique(np.concatenate([np.arange(start, min(start + STRETCH, len(first))) for start in starts]))
    look = (generator.random(len(leads)) * counts[leads]).astype(np.int64)
    return dated.take(pa.array(first[leads] + look))


def _age(rows: pa.Table) -> Micros:
    age: Micros = np.rint(rows["age_days"].fill_null(0.0).to_numpy() * DAY).astype(np.int64)
    return age


def lead_hashes(lead_id: pa.ChunkedArray, created: Micros, key: str) -> Hashes:
    """Return a keyed hash of each lead (SipHash), by its id and when it was created."""
    texts = pc.binary_join_element_wise(lead_id.cast(pa.string()), pa.array(created).cast(pa.string()), "|")
    plain = np.asarray(texts.to_pandas(), dtype=object)
    return np.asarray(pd.util.hash_array(plain, hash_key=key, categorize=False), dtype=np.uint64)


def written(lead: int) -> str:
    """Return a lead's hash as the file has it: never digits alone, which might look like a telephone number."""
    return f"k{lead:016x}"


def value_hashes(rows: pa.Table, catalogue: Catalogue, key: str, leads: Hashes) -> NDArray[np.object_]:
    """Return a short keyed hash of each value, shape (n_rows, n_features); equal values of two leads differ."""
    columns = []
    for feature in catalogue.features:
        texts = [_text(value) for value in rows[feature.name].to_pylist()]
        named = zip(leads.tolist(), texts, strict=True)
        columns.append([_hash(f"{written(lead)}|{feature.name}|{text}", key) for lead, text in named])
    return np.array(columns, dtype=object).reshape(len(catalogue.features), len(leads)).T


def _text(value: Any) -> str:
    return f"{value + 0.0:{PRECISION}}" if isinstance(value, float) else str(value)


def _hash(text: str, key: str) -> str:
    return hashlib.blake2b(text.encode(), key=key.encode(), digest_size=8).hexdigest()[:DIGITS]


def created_of(leads: pa.Table) -> Micros:
    """Return when each lead was created; one without an instant matches no row of training."""
    return micros_of(leads["created_at"], missing=NEVER)
