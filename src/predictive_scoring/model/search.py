"""Looking for better settings on held-out leads: seeded, pruned, resumed where it stopped, and seldom believed."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.cross_fit import cross_fit, fold_of_each, usable_folds
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.fitting import Sample, encoding_of, ordered, without_bends
from predictive_scoring.model.held_out import evidence_of
from predictive_scoring.model.lessons import as_few, lessons
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.prepared import Prepared
from predictive_scoring.model.row_order import row_hashes
from predictive_scoring.storage import canonical_json

if TYPE_CHECKING:
    from optuna import Study, Trial

# name: (least, most, whether by its logarithm); whole numbers where both ends are
SPACE: Mapping[str, tuple[float, float, bool]] = {
    "num_leaves": (3, 24, True),
    "learning_rate": (0.02, 0.15, True),
    "min_leaf_rows": (50, 2000, True),
    "feature_share": (0.1, 1.0, False),
    "l2": (2.0, 400.0, True),
    "linear_l2": (1.0, 400.0, True),
    "lead_weight_power": (0.0, 1.0, False),
}
RECIPE = 6  # of training with given settings; raised when it changes, for older trials say nothing of the new one
Told = Callable[[int, Mapping[str, Any], float | None, str], None]


def journal_of(target: str) -> Path:
    """Return where the trials of a target are noted: no output of the pipeline, which DVC would remove beforehand."""
    return Path("models/search") / f"{target}.log"


@dataclass(frozen=True)
class Found:
    """What a search ends with: the settings to train with, and a record of how they were found."""

    settings: Train
    record: dict[str, Any]


def search(dataset: Dataset, settings: Train, journal: Path, tell: Told) -> Found:
    """Return the settings that the search ends with.

    The first trial is the settings as they are. Each trial is judged by the log loss of the blend on leads that it has
    not seen, each look alike, fold by fold; what is worse than the median trial after a fold is given up. The best
    trial's settings are kept only if they are better than the first's on *every* fold: the best of many trials is
    partly luck. The calibration window and the last one are never looked at.

    Parameters
    ----------
    journal
        Where trials are noted. A search that was stopped goes on from there, as long as data and settings are the same.
    tell
        Called after each trial with its number, its settings, its loss (None if given up) and how it ended.
    """
    import optuna  # noqa: PLC0415  (only those who search pay for it)
    from optuna.storages import JournalStorage  # noqa: PLC0415
    from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415

    optuna.logging.set_verbosity(logging.WARNING)
    sample, encoding, given = _material(dataset, settings)
    as_fitted = without_bends if dataset.windows.mode == "full" else lambda chosen: chosen
    journal.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))),
        study_name=_name(sample, encoding, settings),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
        load_if_exists=True,
    )
    # a sampler begins where its seed does: with one seed for all, a search that goes on would repeat its trials
    study.sampler = optuna.samplers.TPESampler(seed=settings.seed + len(study.trials))
    if _first(study, settings) is None:
        study.enqueue_trial(_own(settings))

    def judged(trial: "Trial") -> float:
        chosen = as_few(as_fitted(settings.model_copy(update=_drawn(trial, settings))), given)
        rows = ordered(sample, encoding, chosen.lead_weight_power)
        folds = usable_folds(rows, fold_of_each(rows, settings.n_folds, settings.seed))
        prepared = Prepared(rows, encoding, chosen)
        return _mean_loss(trial, (_loss(prepared, held, chosen) for held in folds))

    _go_on(study, judged, settings, tell)
    return _best(study, settings)


def _material(dataset: Dataset, settings: Train) -> tuple[Sample, Encoding, float]:
    """Return the rows of training, their encoding, and which share of all looks they are."""
    known = {"train": dataset.training_windows()["train"]}
    sample = lessons(dataset, known, settings.search.max_rows)["train"]
    encoding = encoding_of(sample, settings, dataset.catalogue.directions)
    return sample, encoding, len(sample.y) / float(sample.importance.sum())


def _drawn(trial: "Trial", settings: Train) -> dict[str, float]:
    """Return the settings of a trial; the space always holds the settings as they are."""
    drawn: dict[str, float] = {}
    for name, (least, most, by_log) in SPACE.items():
        own = getattr(settings, name)
        low, high = min(least, own), max(most, own)
        if isinstance(least, int) and isinstance(most, int):
            drawn[name] = trial.suggest_int(name, int(low), int(high), log=by_log)
        else:
            drawn[name] = trial.suggest_float(name, low, high, log=by_log and low > 0)
    return drawn


def _loss(prepared: Prepared, held: NDArray[np.bool_], settings: Train) -> float:
    """Return the log loss of a blend fitted to some leads on others, at its best level, each look alike.

    The others also say where the trees stop, which shape the regression has and how the halves are weighed, for every
    trial alike.
    """
    told = cross_fit(prepared, settings, [held])
    unseen, raw = prepared.rows.take(held), told.unseen(told.linear_share)
    weight = evidence_of(unseen)
    raw = raw + offset_to_mean(raw, unseen.y, weight)
    return float(np.average(np.logaddexp(0.0, raw) - unseen.y * raw, weights=weight))


def _mean_loss(trial: "Trial", losses: Iterator[float]) -> float:
    import optuna  # noqa: PLC0415

    told: list[float] = []
    for loss in losses:
        told.append(loss)
        trial.set_user_attr("losses", told)
        trial.report(float(np.mean(told)), len(told))
        if trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(told))


def _go_on(study: "Study", judged: Callable[["Trial"], float], settings: Train, tell: Told) -> None:
    import optuna  # noqa: PLC0415

    ended = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    left = settings.search.trials - len(study.get_trials(deepcopy=False, states=ended))
    until = time.monotonic() + 60 * settings.search.minutes

    def told(study: "Study", trial: Any) -> None:
        tell(trial.number, trial.params, trial.value if trial.state == ended[0] else None, trial.state.name.lower())
        if time.monotonic() > until:
            study.stop()

    if left > 0:
        study.optimize(judged, n_trials=left, callbacks=[told])


def _own(settings: Train) -> dict[str, float]:
    return {name: getattr(settings, name) for name in SPACE}


def _first(study: "Study", settings: Train) -> Any:
    """Return the finished trial of the settings as they are; None if it was stopped or has not been made."""
    import optuna  # noqa: PLC0415

    whole = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    return next((trial for trial in whole if trial.params == _own(settings)), None)


def _best(study: "Study", settings: Train) -> Found:
    import optuna  # noqa: PLC0415

    whole = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    first, best = _first(study, settings), min(whole, key=lambda trial: (trial.value, trial.number))
    if first is None:
        raise AssertionError("the settings as they are were tried first")
    better = all(
        mine < theirs for mine, theirs in zip(best.user_attrs["losses"], first.user_attrs["losses"], strict=True)
    )
    kept = best if better else first
    record = {
        "trials": len(study.trials),
        "given_up": len(study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.PRUNED,))),
        "default_loss": first.value,
        "best_loss": best.value,
        "kept": better,
        "settings": best.params if better else first.params,
        "tried": [_told(trial, is_kept=trial.number == kept.number) for trial in study.trials],
    }
    return Found(settings.model_copy(update=best.params) if better else settings, record)


def _told(trial: Any, *, is_kept: bool) -> dict[str, Any]:
    """Return a trial as the record has it; one that was given up has the losses that it came to."""
    return {
        "number": trial.number,
        "ended": trial.state.name.lower(),
        "loss": trial.value if trial.state.name == "COMPLETE" else None,
        "losses": list(trial.user_attrs.get("losses", ())),
        "settings": dict(trial.params),
        "kept": is_kept,
    }


def _name(sample: Sample, encoding: Encoding, settings: Train) -> str:
    """Return a name that data and settings decide: trials on others say nothing of these."""
    fixed = settings.model_dump(mode="json", exclude={"search": {"minutes", "trials"}}) | {"recipe": RECIPE}
    hashes = row_hashes(encoding.encode(sample.frame), sample.y, sample.importance, sample.looks.astype(np.float64))
    return sha256(canonical_json(fixed).encode() + np.sort(hashes).tobytes()).hexdigest()[:16]
