"""Models of their own for parts of the leads: the shared recipe, taught by the looks of one segment alone."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.config.publish import Ships
from predictive_scoring.config.search import Search
from predictive_scoring.config.train import Train
from predictive_scoring.features.dataset import KEYS, Dataset
from predictive_scoring.features.segment import Where, columns_of, members, refuse_values
from predictive_scoring.model.candidate import MODEL, Candidate, OwnModel, train
from predictive_scoring.model.shipping import as_shipped
from predictive_scoring.storage import read_json, write_json

FOLDER, SEGMENT = "segments", "segment.json"


def segments_of(dataset: Dataset, settings: Train) -> dict[str, Where]:
    """Return the segments that are asked for, by name, in the model's columns.

    Raises
    ------
    ConfigurationError
        If one names a category that the features do not have, or a value that no lead was ever known with.
    """
    found: dict[str, Where] = {}
    for name, asked in settings.segments.items():
        where = columns_of(asked, dataset.catalogue, segment=name)
        shared = {column: _shared_values(dataset, column, settings.min_level_leads) for column in where}
        refuse_values(_columns(dataset, where), where, shared, segment=name)
        found[name] = where
    return found


def train_own(dataset: Dataset, shared: Candidate, settings: Train, least: int, folder: Path) -> list[OwnModel]:
    """Fit each segment's own model and write it below the shared candidate's `folder`.

    Settings are those that the shared model was trained with, found by a search or not.

    Parameters
    ----------
    shared
        The candidate for all leads.
    least
        Converting leads that a window of its own must hold (`split.min_positives`), as for the shared model.
    """
    chosen = shared.settings(settings).model_copy(update={"segments": {}, "search": Search()})
    return [
        own_model(dataset, where, chosen, least, folder / FOLDER / name)
        for name, where in segments_of(dataset, settings).items()
    ]


def own_model(dataset: Dataset, where: Where, settings: Train, least: int, folder: Path) -> OwnModel:
    """Fit one segment's own model into `folder`, whose name is the segment's; or write why there is none.

    Windows are the shared ones, so no model has learned from a lead of the last window. Where one of them holds too
    few of the segment's conversions, the others are one, cross-fitted, as in a short history.
    """
    part = segment_rows(dataset, where).with_windows_that_carry(least)
    too_few = _too_few(part, settings.min_converting_leads)
    candidate = None if too_few else train(part, settings, folder)
    said = {"where": {column: [*values] for column, values in where.items()}, "too_few": too_few}
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / SEGMENT, said)
    return OwnModel(folder.name, where, too_few, candidate)


def load_own(folder: Path) -> list[OwnModel]:
    """Return the segments below a candidate's folder, each with its own model if it has one."""
    found = []
    for place in sorted((folder / FOLDER).glob("*")):
        said = read_json(place / SEGMENT)
        where = {column: tuple(values) for column, values in said["where"].items()}
        candidate = None if said["too_few"] else Candidate.load(place)
        found.append(OwnModel(place.name, where, said["too_few"], candidate))
    return found


def shipped(own: Iterable[OwnModel], ships: Ships) -> list[OwnModel]:
    """Return own models of the kind that ships; what is not tried stays so."""
    return [
        each if each.candidate is None else replace(each, candidate=as_shipped(each.candidate, ships)) for each in own
    ]


def segment_rows(dataset: Dataset, where: Where) -> Dataset:
    """Return the looks at leads that were known to be of a segment."""
    return dataset.part(members(_columns(dataset, where), where))


def with_own(shared: Candidate, own: Iterable[OwnModel], dataset: Dataset) -> Candidate:
    """Return the shared candidate whose predictions are, in each segment, those of the segment's own model."""
    own = tuple(own)
    said = shared.predictions
    chance = said[MODEL].to_numpy().copy()
    rows = dataset.table.take(pa.array(_keys(dataset.table).get_indexer(_keys(said))))
    for each in own:
        inside = members(rows.select([*each.where]).to_pandas(), each.where)
        if each.candidate is not None and inside.any():
            frame, scorer = dataset.frame(rows.filter(pa.array(inside))), each.candidate.scorer
            chance[inside] = scorer.probability(scorer.raw(frame))
    column = said.schema.get_field_index(MODEL)
    return replace(shared, predictions=said.set_column(column, MODEL, pa.array(chance)), own=own)


def lines(own: Iterable[OwnModel]) -> Iterator[str]:
    """Yield what was tried, in words."""
    for each in own:
        held = ", ".join(f"{count} in {window}" for window, count in each.too_few.items())
        yield f"segment {each.name}: " + (f"no model of its own, too few leads convert: {held}" if held else "trained")


def _too_few(part: Dataset, least: int) -> dict[str, int]:
    """Return the windows that a model would learn from in which fewer leads than `least` convert, or do not."""
    held = {name: window for name, window in part.windows.windows.items() if name != "test"}
    counts = {
        name: min(window.converting_leads, window.leads - window.converting_leads) for name, window in held.items()
    }
    return {name: count for name, count in counts.items() if count < least}


def _columns(dataset: Dataset, where: Where) -> pd.DataFrame:
    columns: pd.DataFrame = dataset.table.select([*where]).to_pandas()
    return columns


def _shared_values(dataset: Dataset, column: str, least: int) -> list[str]:
    """Return the values of a category that many leads share."""
    counted = dataset.table.select([column, "lead_id"]).group_by(column).aggregate([("lead_id", "count_distinct")])
    common = counted.filter(pc.greater_equal(counted["lead_id_count_distinct"], least))
    return sorted(str(value) for value in common[column].drop_null().to_pylist())


def _keys(table: pa.Table) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table.select(KEYS).to_pandas())
