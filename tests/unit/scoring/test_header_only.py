"""Exports of a header and no row: nothing can be learned from them, and nobody is to be scored."""

from pathlib import Path

import pyarrow as pa
import pytest

from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.job import score
from predictive_scoring.scoring.schema import SCORES
from predictive_scoring.sources.extract import extract
from small_company import PARAMS
from source_of_two_leads import LEADS, write

HEADER = LEADS.splitlines()[0] + "\n"


def without_rows(folder: Path) -> Path:
    source = write(folder, HEADER)
    (folder / "activities.csv").write_text("id,at,kind\n")
    return source


def test_A18_training_on_a_header_alone_is_refused_with_3(tmp_path: Path) -> None:
    history = extract(without_rows(tmp_path), tmp_path / "interim", Extract())
    with pytest.raises(DataContractError, match="no leads"):
        build_dataset(history, PARAMS.targets["won"], PARAMS, tmp_path / "features")


def test_A18_scoring_a_header_alone_gives_an_empty_table_with_every_column(tmp_path: Path, bundle: Bundle) -> None:
    scores = score(bundle, without_rows(tmp_path), "2024-03-01")
    assert len(scores) == 0
    assert list(scores.columns) == SCORES.names
    assert pa.Table.from_pandas(scores, schema=SCORES, preserve_index=False).num_rows == 0
