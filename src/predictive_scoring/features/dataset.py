"""The rows a model learns from and is judged on: snapshots, their labels and windows, and what was known at each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.config.params import Params
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import Shards, compute
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.frame import to_frame
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.split import Windows, split_windows
from predictive_scoring.storage import publishing_folder, read_json, read_parquet, write_json, write_parquet


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
        """Return the dataset in a folder."""
        return cls(
            table=read_parquet(folder / "snapshots.parquet"),
            catalogue=Catalogue.load(folder / "catalogue.json"),
            windows=Windows.model_validate(read_json(folder / "windows.json")),
        )

    def rows(self, *windows: str) -> pa.Table:
        """Return the rows of some windows."""
        return self.table.filter(pc.is_in(self.table["window"], pa.array(windows)))

    def training_windows(self) -> dict[str, pa.Table]:
        """Return the labelled rows that a model may learn from, by what they are for.

        train, validation and calibration are the windows of these names. between holds the rows of the time from the
        beginning of training to the end of validation that are in neither: the gap, and later looks at training's
        leads. Their outcomes were known when calibration begins, and their leads are in no later window.
        """
        names = {"train": "train", "validation": "validate", "calibration": "calibrate"}
        found = {use: self.rows(name) for use, name in names.items()}
        validate = self.windows.windows.get("validate")
        if validate is not None and validate.end is not None:
            early = pc.and_(
                pc.equal(self.table["state"], "mature"), pc.less(self.table["as_of"], pa.scalar(validate.end))
            )
            neither = pc.invert(pc.is_in(self.table["window"], pa.array(["train", "validate"])))
            found["between"] = self.table.filter(pc.and_(early, neither))
        return found

    def frame(self, rows: pa.Table) -> pd.DataFrame:
        """Return the model's input for some rows."""
        return to_frame(rows, self.catalogue)


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
