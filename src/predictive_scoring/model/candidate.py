"""A trained candidate: the model, its baselines, and what each of them says of leads that none of them saw."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits

from predictive_scoring.config.train import Train
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.segment import Where
from predictive_scoring.model.amount import Amount
from predictive_scoring.model.baselines import NAMES, RANKING, Baselines
from predictive_scoring.model.baselines_fit import fit_baselines
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.lessons import later_of, learned, lessons
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.model.search import Found
from predictive_scoring.model.simpler import simpler
from predictive_scoring.storage import publishing_folder, read_json, read_parquet, write_json, write_parquet

PREDICTIONS, BASELINES, TRAINING = "predictions.parquet", "baselines.json", "training.json"
MODEL, POINTS = "model", "points"


@dataclass(frozen=True)
class Candidate:
    """What the train stage leaves for the others.

    `predictions` has lead_id, account_no, as_of, age_days, window, converted and, under each model's name, its
    probability; rows are those of the reference and test windows, and every lead open at the last date whose horizon is
    known.
    """

    scorer: Scorer
    baselines: Baselines
    predictions: pa.Table
    training: dict[str, Any]
    amount: Amount | None = None  # what a conversion brings, where that was asked for and could be learned
    own: "tuple[OwnModel, ...]" = ()  # what speaks of a part of the leads in its place, see `with_own`

    @property
    def models(self) -> list[str]:
        """Names of the models in `predictions`, the candidate itself first."""
        return [MODEL, *(name for name in self.predictions.column_names if name in (*NAMES, "blend"))]

    def settings(self, asked: Train) -> Train:
        """Return what it was trained with: the settings that were asked for, or those that a search kept."""
        found = self.training.get("search", {})
        return asked.model_copy(update=found["settings"]) if found.get("kept") else asked

    @classmethod
    def load(cls, folder: Path) -> "Candidate":
        """Return the candidate in a folder."""
        return cls(
            scorer=Scorer.load(folder),
            baselines=Baselines.model_validate(read_json(folder / BASELINES)),
            predictions=read_parquet(folder / PREDICTIONS),
            training=read_json(folder / TRAINING),
            amount=Amount.load(folder),
        )

    def lines(self) -> Iterator[str]:
        """Yield what was trained, in words."""
        rows = ", ".join(f"{name} {count:,}" for name, count in self.training["snapshots"].items())
        yield f"{self.training['n_trees']} trees, calibrated by {self.scorer.calibrator.method}; snapshots: {rows}"


@dataclass(frozen=True)
class OwnModel:
    """A segment and, where enough of its leads convert, the model that its looks alone taught."""

    name: str
    where: Where  # from the model's columns to values
    too_few: Mapping[str, int]  # converting leads, or others, of each window that holds too few to learn from
    candidate: Candidate | None  # None: too few


def train(
    dataset: Dataset,
    settings: Train,
    folder: Path,
    ship: str = "auto",
    better: Callable[[Train], Found] | None = None,
    brings: Callable[[Encoding], Amount | None] | None = None,
) -> Candidate:
    """Fit the model and its baselines on a dataset's windows and write the candidate into `folder`.

    Parameters
    ----------
    better
        Looks for better settings first (`search`), where there are conversions enough for a model.
    brings
        Learns what a conversion brings (`fit_amount`), from the encoding of the model.

    Raises
    ------
    DataContractError
        If fewer leads convert in the training window than `settings.min_converting_leads`, and no points table is asked
        for (`ship`), which is then all that is trained.
    """
    n_converting = dataset.windows.windows["train"].converting_leads
    is_thin = n_converting < settings.min_converting_leads
    if is_thin and ship != POINTS:
        raise DataContractError(
            f"training window: {n_converting} leads convert",
            expected=f"at least {settings.min_converting_leads} (train.min_converting_leads)",
            fix="give a longer history; until then use the points baseline: set publish.ship: points in "
            "params.yaml and run `dvc repro`; its bundle ranks leads and says why, and shows no chances",
        )
    found = better(settings) if better is not None and not is_thin else None
    settings = settings if found is None else found.settings
    samples = lessons(dataset, dataset.training_windows(), settings.max_rows)
    model = learned(dataset, samples, _trivial(settings) if is_thin else settings)
    with threadpool_limits(1, user_api="blas"):  # as in the model's own fit
        baselines = fit_baselines(samples["train"], later_of(samples), settings, model.logistic_)
    training: dict[str, Any] = {
        "n_trees": model.n_trees_,
        "mode": dataset.windows.mode,
        "snapshots": {name: window.snapshots for name, window in dataset.windows.windows.items()},
        "converting_leads": {name: window.converting_leads for name, window in dataset.windows.windows.items()},
    }
    if found is not None:
        training["search"] = found.record
    scorer = simpler(model.scorer_, baselines, "points") if is_thin else model.scorer_
    predictions = _predictions(dataset, scorer, baselines)
    if is_thin:
        training["only"] = POINTS
        predictions = predictions.drop_columns([*RANKING])  # fitted on next to nothing: no rivals
    candidate = Candidate(scorer, baselines, predictions, training, brings(scorer.encoding) if brings else None)
    with publishing_folder(folder) as draft:
        candidate.scorer.save(draft)
        write_json(draft / BASELINES, baselines.model_dump(mode="json"))
        write_parquet(draft / PREDICTIONS, candidate.predictions)
        write_json(draft / TRAINING, training)
        if candidate.amount is not None:
            candidate.amount.save(draft)
    return candidate


def _trivial(settings: Train) -> Train:
    """Return settings for the half of a bundle that counts nothing beside a points table."""
    return settings.model_copy(update={"max_trees": 1, "linear_share": 1.0})


def reference_window(dataset: Dataset) -> str:
    """Return the window whose leads scores and reasons are measured from: the newest before the untouched one.

    With `train.refit` the final fit has learned from it too; calibrator and promises were settled before that.
    Where the history is too short for a calibration window it is the last one; only its features are used for this,
    never its outcomes.
    """
    return "calibrate" if "calibrate" in dataset.windows.windows else "test"


def _predictions(dataset: Dataset, scorer: Scorer, baselines: Baselines) -> pa.Table:
    table = dataset.table
    wanted = pc.is_in(table["window"], pa.array([reference_window(dataset), "test"]))
    mature = table.filter(pc.equal(table["state"], "mature"))
    last = pc.max(mature["as_of"])
    if last.is_valid:
        wanted = pc.or_(wanted, pc.and_(pc.equal(table["state"], "mature"), pc.equal(table["as_of"], last)))
    rows = table.filter(wanted)
    frame = dataset.frame(rows)
    probabilities = {MODEL: scorer.probability(scorer.raw(frame)), **baselines.probabilities(frame)}
    kept = rows.select(["lead_id", "account_no", "as_of", "age_days", "window", "converted"])
    for name, values in probabilities.items():
        kept = kept.append_column(name, pa.array(np.asarray(values, dtype=np.float64)))
    return kept
