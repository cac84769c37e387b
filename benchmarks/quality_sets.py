"""What `quality.py` measures on: real sets of one table, a real event log and simulated companies, split once for all.

Features of the flat sets are their columns as they stand, the same for everyone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, train_test_split

from predictive_scoring.features.dataset import Dataset

TEST_SHARE, SPLIT_SEED, N_FOLDS, N_REPEATS = 0.3, 2026, 5, 2


@dataclass(frozen=True)
class Part:
    """Some rows: inputs, labels 0 or 1, and whose row each is."""

    frame: pd.DataFrame
    y: NDArray[np.float64]
    leads: NDArray[Any]

    def take(self, rows: NDArray[Any]) -> "Part":
        """Return some of the rows, by place."""
        return Part(self.frame.iloc[rows].reset_index(drop=True), self.y[rows], self.leads[rows])


@dataclass(frozen=True)
class Task:
    """One fit and one judgement. `known` holds what may be learned from: one part, or windows in the order of time."""

    name: str  # of the set
    fold: int
    known: dict[str, Part]
    test: Part
    split: str  # in words
    truth: NDArray[np.float64] | None = None  # true chances of the test rows, of simulated companies
    dataset: Dataset | None = None  # where features come from a history: what the stage of training reads

    @property
    def everything_known(self) -> Part:
        """All that may be learned from, as one part."""
        parts = list(self.known.values())
        return Part(
            pd.concat([part.frame for part in parts], ignore_index=True),
            np.concatenate([part.y for part in parts]),
            np.concatenate([part.leads for part in parts]),
        )


@dataclass(frozen=True)
class Flat:
    """A set of one table: where it lies, what is asked of it, and how it is split."""

    file: str
    target: str
    yes: tuple[Any, ...]
    split: Callable[["Flat", pd.DataFrame], Iterator[Task]]
    left_out: tuple[str, ...] = ()  # gives the outcome away, or says who it is
    categories: tuple[str, ...] = ()  # numbers that are names
    delimiter: str = ","
    name: str = ""


def flat_part(flat: Flat, table: pd.DataFrame) -> Part:
    """Return a table's inputs and labels; text stays text, what is missing stays missing."""
    frame = table.drop(columns=[flat.target, *flat.left_out])
    for column in frame.columns:
        if column in flat.categories or not pd.api.types.is_numeric_dtype(frame[column].dtype):
            known = frame[column].notna()
            frame[column] = frame[column].astype("string").astype(object).where(known, None)
        else:
            frame[column] = frame[column].astype(np.float64)
    y = table[flat.target].isin(flat.yes).to_numpy().astype(np.float64)
    return Part(frame.reset_index(drop=True), y, np.arange(len(table)))


def shuffled(flat: Flat, table: pd.DataFrame) -> Iterator[Task]:
    """Yield one split at random, converting rows spread evenly."""
    whole = flat_part(flat, table)
    known, test = train_test_split(
        np.arange(len(whole.y)), test_size=TEST_SHARE, stratify=whole.y, random_state=SPLIT_SEED
    )
    yield Task(flat.name, 0, {"train": whole.take(np.sort(known))}, whole.take(np.sort(test)), "70/30 at random")


def folded(flat: Flat, table: pd.DataFrame) -> Iterator[Task]:
    """Yield folds of the distinct rows, several times over: equal rows are one deal."""
    whole = flat_part(flat, table.drop_duplicates())
    for repeat in range(N_REPEATS):
        folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=SPLIT_SEED + repeat)
        for fold, (known, test) in enumerate(folds.split(whole.y, whole.y)):
            name = f"{N_FOLDS}-fold, {N_REPEATS} times, equal rows once"
            yield Task(flat.name, repeat * N_FOLDS + fold, {"train": whole.take(known)}, whole.take(test), name)


def official(flat: Flat, table: pd.DataFrame) -> Iterator[Task]:
    """Yield the split that the set's own column names."""
    origin = table["ORIGIN"]
    known, test = (flat_part(flat, table[origin == name]) for name in ("train", "test"))
    yield Task(flat.name, 0, {"train": known}, test, "official")


def in_order(flat: Flat, table: pd.DataFrame) -> Iterator[Task]:
    """Yield the last fifth of the rows as test; what comes before in windows, as the pipeline cuts them."""
    whole = flat_part(flat, table)
    n_known = int(len(whole.y) * 0.8)
    edges = [0, int(n_known * 0.85), n_known]
    names = ("train", "calibration")
    known = {name: whole.take(np.arange(*edges[place : place + 2])) for place, name in enumerate(names)}
    yield Task(flat.name, 0, known, whole.take(np.arange(n_known, len(whole.y))), "80/20 in the order of rows")


_XEDUCATION = (
    "Prospect ID",
    "Lead Number",
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Last Activity",
    "Last Notable Activity",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
)
FLAT = {
    "caravan_coil2000": Flat(
        "caravan_coil2000/caravan-insurance-challenge.csv", "CARAVAN", (1,), official, ("ORIGIN",)
    ),
    "bank_marketing": Flat(
        "bank_marketing/bank-additional-full.csv.gz", "y", ("yes",), in_order, ("duration",), delimiter=";"
    ),
    "salvirt_b2b": Flat("salvirt_b2b/Salvirt_B2B_ML_dataset.csv", "Status", ("Won",), folded, delimiter=";"),
    "xeducation": Flat("xeducation/Leads.csv.gz", "Converted", (1,), shuffled, _XEDUCATION),
    "online_shoppers": Flat(
        "online_shoppers/online_shoppers_intention.csv",
        "Revenue",
        (True, "TRUE", "True"),
        shuffled,
        ("PageValues",),
        ("OperatingSystems", "Browser", "Region", "TrafficType"),
    ),
    "hillstrom_visit": Flat("hillstrom/hillstrom.csv.gz", "visit", (1,), shuffled, ("conversion", "spend")),
    "hillstrom_purchase": Flat("hillstrom/hillstrom.csv.gz", "conversion", (1,), shuffled, ("visit", "spend")),
    "health_insurance_lead": Flat(
        "health_insurance_lead/train_Df64byy.csv.gz",
        "Response",
        (1,),
        shuffled,
        ("ID",),
        ("Region_Code", "Reco_Policy_Cat", "Holding_Policy_Type"),
    ),
}


def flat_tasks(name: str, data: Path) -> Iterator[Task]:
    """Yield the tasks of a set of one table."""
    flat = FLAT[name]
    table = pd.read_csv(data / flat.file, sep=flat.delimiter)
    named = Flat(**{**flat.__dict__, "name": name})
    yield from flat.split(named, table)
