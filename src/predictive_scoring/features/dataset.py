"""The rows a model learns from and is judged on: snapshots, their labels and windows, and what was known at each."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import ValidationError

from predictive_scoring.config.params import Params
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import Shards, compute
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.frame import to_frame
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.split import Windows, split_windows
from predictive_scoring.snapshots.windows import Window
from predictive_scoring.storage import publishing_folder, read_json, read_parquet, write_json, write_parquet

KEYS = ["lead_id", "as_of"]  # of a look


@dataclass(frozen=True)
class Dataset:
    """A folder of labelled feature rows.

    `table` has lead_id, account_no, as_of, age_days, state, converted, window and every column of the catalogue, sorted
    by as_of and lead_id.
    """

    table: pa.Table
    catalogue: Catalogue
    windows: Windows

    @classmethod
    def load(cls, folder: Path) -> "Dataset":
        """Return the dataset in a folder.

        Raises
        ------
        DataContractError
            If an earlier version of this software divided it into windows.
        """
        place = folder / "windows.json"
        try:
            windows = Windows.model_validate(read_json(place))
        except ValidationError as error:
            raise DataContractError(
                f"{place}: not as this version writes it",
                found=f"{error.error_count()} problems, the first at {'.'.join(map(str, error.errors()[0]['loc']))}",
                fix=f"make the features anew: dvc repro --force features@{folder.name}",
            ) from None
        return cls(
            table=read_parquet(folder / "snapshots.parquet"),
            catalogue=Catalogue.load(folder / "catalogue.json"),
            windows=windows,
        )

    def rows(self, *windows: str) -> pa.Table:
        """Return the rows of some windows."""
        return self.table.filter(pc.is_in(self.table["window"], pa.array(windows)))

    def training_windows(self) -> dict[str, pa.Table]:
        """Return the labelled rows that a model may learn from, by what they are for.

        train and calibration are the windows of these names. between holds the rows of the time from the beginning of
        training to the end of calibration that are in neither: the gap, and later looks at training's leads. Their
        outcomes were known when the last window begins, and their leads are not in it.
        """
        found = {"train": self.rows("train"), "calibration": self.rows("calibrate")}
        calibrate = self.windows.windows.get("calibrate")
        if calibrate is not None and calibrate.end is not None:
            early = pc.and_(
                pc.equal(self.table["state"], "mature"), pc.less(self.table["as_of"], pa.scalar(calibrate.end))
            )
            neither = pc.invert(pc.is_in(self.table["window"], pa.array(["train", "calibrate"])))
            found["between"] = self.table.filter(pc.and_(early, neither))
        return found

    def frame(self, rows: pa.Table) -> pd.DataFrame:
        """Return the model's input for some rows."""
        return to_frame(rows, self.catalogue)

    def part(self, rows: NDArray[np.bool_]) -> "Dataset":
        """Return some of the looks as a dataset of their own: the windows are the same, and hold what is left.

        A lead that no model learned from in the whole is one that none learns from in the part.
        """
        table = self.table.filter(pa.array(rows))
        windows = {name: _recounted(window, table, name) for name, window in self.windows.windows.items()}
        counted = {"windows": windows, "outside": _outside(table, self.windows)}
        return replace(self, table=table, windows=self.windows.model_copy(update=counted))

    def with_windows_that_carry(self, least: int) -> "Dataset":
        """Return the dataset, in 'short' mode if the calibration window holds fewer converting leads than `least`.

        All that a model may learn from is then training's, to be cross-fitted by lead; the last window stays.
        """
        windows = self.windows.windows
        last = windows.get("calibrate")
        if last is None or last.converting_leads >= least:
            return self
        known = [rows.select(KEYS) for rows in self.training_windows().values()]
        keys = pd.MultiIndex.from_frame(pa.concat_tables(known).to_pandas())
        learned = pd.MultiIndex.from_frame(self.table.select(KEYS).to_pandas()).isin(keys)
        place = self.table.schema.get_field_index("window")
        column = pc.if_else(pa.array(learned), "train", self.table["window"])
        table = self.table.set_column(place, "window", column)
        train = windows["train"].model_copy(update={"end": last.end, "last_row": last.last_row})
        return replace(
            self,
            table=table,
            windows=self.windows.model_copy(
                update={
                    "mode": "short",
                    "windows": {"train": _recounted(train, table, "train"), "test": windows["test"]},
                    "outside": _outside(table, self.windows),
                    "why_short": f"calibrate would hold {last.converting_leads} converting leads",
                }
            ),
        )


def _outside(table: pa.Table, windows: Windows) -> dict[str, int]:
    return {name: pc.sum(pc.equal(table["window"], name)).as_py() or 0 for name in windows.outside}


def _recounted(window: Window, table: pa.Table, name: str) -> Window:
    there = table.filter(pc.equal(table["window"], name))
    return window.model_copy(
        update={
            "snapshots": there.num_rows,
            "leads": pc.count_distinct(there["lead_id"]).as_py(),
            "converting_leads": pc.count_distinct(there.filter(there["converted"])["lead_id"]).as_py(),
            "base_rate": pc.mean(there["converted"].cast(pa.float64())).as_py(),
        }
    )


def build_dataset(history: History, target: Target, params: Params, folder: Path, by: Shards | None = None) -> Dataset:
    """Write the labelled feature rows of a target into `folder` and return them; `by` computes them, if given.

    Which kinds and attributes become features is decided by what was known when the training window ended.

    Raises
    ------
    DataContractError
        If the history holds no mature snapshot, or no lead that converts.
    """
    snapshots = training_snapshots(history, target, params.snapshots)
    labelled, windows = split_windows(snapshots, target, params.split, history.facts.ordering)
    catalogue = declare(history, target, windows.train_until, params.features)
    values = compute(history, labelled, catalogue, by)
    keys = labelled.select(["lead_id", "account_no", "as_of", "age_days", "state", "converted", "window"])
    table = keys.append_column("place", pa.array(np.arange(keys.num_rows)))
    for name in catalogue.names:
        table = table.append_column(values.schema.field(name), values[name])
    table = table.sort_by([("as_of", "ascending"), ("lead_id", "ascending")]).drop_columns(["place"])
    with publishing_folder(folder) as draft:
        write_parquet(draft / "snapshots.parquet", table)
        catalogue.save(draft / "catalogue.json")
        write_json(draft / "windows.json", windows.model_dump(mode="json"))
    return Dataset(table, catalogue, windows)
