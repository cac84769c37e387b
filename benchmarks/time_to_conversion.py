"""Whether a model tells when a lead converts better than the median for everybody does, on leads it has not seen.

    python benchmarks/time_to_conversion.py NAME=FEATURES:HISTORY:STAGE … [--json FILE]

For each history: the folder of the pipeline's stage `features`, the one of `extract` and the target's stage. Among the
looks at leads that converted within the horizon, days from the look to the conversion are told four ways: the median of
training for everybody; a regression of their logs on the few columns that unseen leads ask for; one on every column,
ridge penalty by folds of accounts; and weekly hazards, a logistic regression on week and columns. Each is judged on the
looks of the untouched window, errors in days, differences over accounts. FILE gets what was found, history by history.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from predictive_scoring.contract.history import History
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.amount import told_by
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.few_columns import Lessons, fit_few_columns, folds_of, mean_and_error
from predictive_scoring.model.linear_fit import terms_of
from predictive_scoring.snapshots.instants import DAY, micros_of
from predictive_scoring.storage import read_parquet, write_json

Vector = NDArray[np.float64]
PENALTIES = (10.0, 100.0, 1000.0, 10_000.0, 100_000.0)
WEEK = 7.0
NORMAL_95 = 1.96


def converting(dataset: Dataset, windows: list[pa.Table], reached: dict[str, int]) -> tuple[pa.Table, Vector]:
    """Return the looks at leads that converted within the horizon, and the days until they did."""
    rows = pa.concat_tables(windows).filter(pc.field("converted") == pa.scalar(True))
    rows = rows.sort_by([("lead_id", "ascending"), ("as_of", "ascending")])
    at = np.array([reached[lead] for lead in rows["lead_id"].to_pylist()])
    return rows, (at - micros_of(rows["as_of"])) / DAY


def first_reached(history: History, stage: str) -> dict[str, int]:
    """Return when each lead first reached a stage, in microseconds."""
    outcomes = read_parquet(history.path("outcomes"), ["lead_no", "occurred_at", "stage"])
    outcomes = outcomes.filter(pc.equal(outcomes["stage"], stage))
    lead_id = read_parquet(history.path("leads"), ["lead_id"])["lead_id"].take(outcomes["lead_no"]).to_pylist()
    found: dict[str, int] = {}
    for lead, at in zip(lead_id, micros_of(outcomes["occurred_at"]).tolist(), strict=True):
        found[lead] = min(at, found.get(lead, at))
    return found


def design(given: Lessons, encoding: Encoding, encoded: NDArray[np.float64]) -> tuple[Vector, Vector]:
    """Return every column's terms as learned from the lessons, of the lessons and of other rows."""
    terms = [term for place in range(len(encoding.columns)) for term in terms_of(given.encoded, encoding, place, 0)]
    learned, other = (
        np.column_stack([t.values(each[:, t.column]) for t in terms]) for each in (given.encoded, encoded)
    )
    return learned, other


def by_every_column(given: Lessons, encoding: Encoding, encoded: NDArray[np.float64]) -> Vector:
    """Return the logs of days by a ridge regression whose penalty folds of accounts chose."""
    learned, other = design(given, encoding, encoded)
    fold = folds_of(given.groups)

    def unseen_loss(penalty: float) -> float:
        loss = 0.0
        for f in range(5):
            fit = Ridge(penalty).fit(learned[fold != f], given.y[fold != f])
            loss += float(((fit.predict(learned[fold == f]) - given.y[fold == f]) ** 2).sum())
        return loss

    return np.asarray(Ridge(min(PENALTIES, key=unseen_loss)).fit(learned, given.y).predict(other))


def by_hazards(given: Lessons, encoding: Encoding, encoded: NDArray[np.float64]) -> Vector:
    """Return the logs of the median days by weekly hazards: one row a week until the conversion."""
    learned, other = design(given, encoding, encoded)
    week = (np.exp(given.y) // WEEK).astype(int)
    n_weeks = int(week.max()) + 1
    row = np.repeat(np.arange(len(week)), week + 1)
    at = np.concatenate([np.arange(last + 1) for last in week])
    happened = at == week[row]
    fit = LogisticRegression(C=0.01, max_iter=300).fit(np.hstack([learned[row], 3.0 * np.eye(n_weeks)[at]]), happened)
    effect = other @ fit.coef_[0, : learned.shape[1]]
    baseline = 3.0 * fit.coef_[0, learned.shape[1] :] + fit.intercept_[0]
    hazards = 1 / (1 + np.exp(-(effect[:, None] + baseline[None, :])))
    left = np.cumprod(1 - hazards, axis=1)
    before = np.hstack([np.ones((len(left), 1)), left[:, :-1]])
    last = np.minimum((left > 0.5).sum(axis=1), n_weeks - 1)  # the week in which half have converted
    places = np.arange(len(left))
    part = np.clip((before[places, last] - 0.5) / np.maximum(before[places, last] - left[places, last], 1e-9), 0, 1)
    return np.asarray(np.log(np.maximum(WEEK * (last + part), 0.1)))


def concordance(days: Vector, told: Vector, rng: np.random.Generator) -> float:
    """Return the share of pairs of looks whose order in time is told rightly, ties counting half."""
    one, other = rng.integers(0, len(days), (2, 200_000))
    apart = days[one] != days[other]
    right = np.sign(days[one] - days[other]) * np.sign(told[one] - told[other])
    return float((0.5 + 0.5 * right[apart]).mean())


def judged(name: str, features: Path, interim: Path, stage: str) -> dict[str, Any]:
    """Return what is told of one history's times, and how much better than by the median."""
    dataset, reached = Dataset.load(features), first_reached(History.load(interim), stage)
    rows, days = converting(dataset, [*dataset.training_windows().values()], reached)
    test, real = converting(dataset, [dataset.rows("test")], reached)
    encoding = Encoding.fit(dataset.frame(rows), rows["lead_id"].to_numpy(zero_copy_only=False))
    weight, groups = np.ones(len(days)), rows["account_no"].to_numpy()
    given = Lessons(encoding.encode(dataset.frame(rows)), np.log(np.maximum(days, 0.1)), weight, groups)
    encoded = encoding.encode(dataset.frame(test))
    few = fit_few_columns(given, encoding)
    told = {
        "the median": np.full(len(real), np.median(given.y)),
        "few columns": told_by(few, encoded),
        "every column": by_every_column(given, encoding, encoded),
        "weekly hazards": by_hazards(given, encoding, encoded),
    }
    errors = {way: np.abs(np.exp(logs) - real) for way, logs in told.items()}
    rng = np.random.default_rng(0)
    return {
        "history": name,
        "looks": {"learned from": len(days), "judged on": len(real)},
        "leads": {"learned from": len(np.unique(rows["lead_id"])), "judged on": len(np.unique(test["lead_id"]))},
        "columns": [encoding.names[place] for place in dict.fromkeys(term.column for term in few.terms)],
        "days": {"median": float(np.median(real)), "spread": float(np.subtract(*np.quantile(real, [0.75, 0.25])))},
        "ways": {
            way: {
                "mean_error_days": float(error.mean()),
                "within_a_week": float((error <= WEEK).mean()),
                "concordance": concordance(real, told[way], rng),
                "gain_days": _interval(errors["the median"] - error, test["account_no"].to_numpy()),
            }
            for way, error in errors.items()
        },
    }


def _interval(gain: Vector, groups: NDArray[np.int64]) -> dict[str, float]:
    value, error = mean_and_error(gain, np.ones(len(gain)), groups)
    return {"value": value, "low": value - NORMAL_95 * error, "high": value + NORMAL_95 * error}


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield a history's figures in words."""
    yield f"{found['history']}: {found['looks']}, few columns: {', '.join(found['columns']) or 'none'}"
    for way, figures in found["ways"].items():
        gain = figures["gain_days"]
        yield (
            f"  {way:15} {figures['mean_error_days']:5.1f} days off, {figures['within_a_week']:.0%} within a week, "
            f"concordance {figures['concordance']:.3f}, {gain['value']:+.1f} ({gain['low']:+.1f} … {gain['high']:+.1f})"
        )


def main() -> None:
    """Judge each history that is named and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("histories", nargs="+", metavar="NAME=FEATURES:HISTORY:STAGE")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    for each in asked.histories:
        name, _, rest = each.partition("=")
        features, interim, stage = rest.split(":")
        found.append(judged(name, Path(features), Path(interim), stage))
        print("\n".join(lines(found[-1])), flush=True)
        if asked.json is not None:
            write_json(asked.json, json.loads(json.dumps(found)))


if __name__ == "__main__":
    main()
