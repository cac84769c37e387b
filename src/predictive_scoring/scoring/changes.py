"""Why a chance is not what it was at the last run: the model changed, time passed, something became known.

The way from then to now is walked in this order, one step at a time:

1. the model: today's model looks at the lead as of the last run, with what was known then;
2. time: it looks again as of now, as if nothing had become known since;
3. news: it looks as of now with all that is known: the lead's and its colleagues' activities, stages, details.

What a step changes is its part, so the three add up to the difference. Another order would give the parts other sizes;
this one needs no copy of the last run's model, and lets time pass before it asks what the lead did with it. Where the
model is the same, the first part is what was corrected in the records of the time before the last run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.changed import Step, change_texts
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.features.compute import compute_shards
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.as_known import as_known
from predictive_scoring.scoring.batches import rechunked
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.snapshots.population import population_at

CHANGES = pa.schema(
    [
        ("lead_id", pa.string()),
        ("previous_as_of", INSTANT),
        ("previous_model", pa.string()),
        ("previous_probability", pa.float64()),
        ("previous_rank", pa.int64()),
        ("previous_grade", pa.string()),
        ("probability", pa.float64()),
        ("by_model", pa.float64()),  # differences in probability: previous + the three parts = probability
        ("by_time", pa.float64()),
        ("by_news", pa.float64()),
        ("concept", pa.string()),  # what news moved most, null where there are none
        ("text_en", pa.string()),
        ("text_es", pa.string()),
    ]
)
PREVIOUS = ("lead_id", "probability", "rank", "grade", "model_version")


@dataclass(frozen=True)
class Previous:
    """The last run, as far as a change is measured from it."""

    as_of: datetime
    model_version: str
    scores: pa.Table  # the columns of `PREVIOUS`
    key: str = ""  # of the run

    @classmethod
    def load(cls, folder: Path, bundle: Bundle, as_of: datetime) -> "Previous":
        """Return the last run in a folder of scores.

        Raises
        ------
        ConfigurationError
            If it is of another target, is not earlier than `as_of`, or the leads have no instants.
        """
        found = FinishedScores.load(folder, list(PREVIOUS))
        problem = None
        if bundle.terms.flat:
            problem = "one row a lead: nothing changes between two runs"
        elif found.manifest["target"] != bundle.terms.target_name:
            problem = f"scores of another target, {found.manifest['target']!r}"
        elif found.as_of >= as_of:
            problem = f"scores as of {found.as_of.isoformat()}, which is not before {as_of.isoformat()}"
        if problem:
            raise ConfigurationError(
                f"--since {folder}: cannot say what changed since then",
                found=problem,
                fix="give an earlier run's folder",
            )
        return cls(
            found.as_of,
            found.model_version,
            found.scores.select(list(PREVIOUS)),
            str(found.manifest.get("run_key", "")),
        )


@dataclass(frozen=True)
class Change:
    """What is compared: one model and history, at two instants."""

    bundle: Bundle
    history: History
    previous: Previous
    as_of: datetime
    scratch: Path  # where the history without the news may lie

    def tables(self, batch_rows: int, only: str | None = None) -> Iterator[pa.Table]:
        """Yield the changes of every lead that is open now and was scored then, some leads at a time.

        Parameters
        ----------
        only
            A lead's id: that lead alone.
        """
        terms = self.bundle.terms
        population = population_at(self.history, terms.target, terms.snapshots, self.as_of)
        scored = pc.is_in(population["lead_id"], self.previous.scores["lead_id"].combine_chunks())
        wanted = pc.and_(pc.equal(population["status"], "open"), scored)
        if only is not None:
            wanted = pc.and_(wanted, pc.equal(population["lead_id"], only))
        now = population.filter(wanted).sort_by("lead_no")
        if now.num_rows == 0:
            return
        instant = pa.repeat(pa.scalar(self.previous.as_of, INSTANT), now.num_rows)
        then = now.set_column(now.schema.get_field_index("as_of"), "as_of", instant)
        silent = as_known(self.history, self.previous.as_of, self.scratch)
        steps = ((self.history, then), (silent, now), (self.history, now))
        looks = [rechunked(self._features(history, snapshots), batch_rows) for history, snapshots in steps]
        for tables in zip(*looks, strict=True):
            yield self._changes(tables)

    def _features(self, history: History, snapshots: pa.Table) -> Iterator[pa.Table]:
        return compute_shards(history, snapshots, self.bundle.catalogue)

    def _changes(self, tables: tuple[pa.Table, ...]) -> pa.Table:
        bundle, before = self.bundle, self._before(tables[0]["lead_id"])
        frames = [to_frame(table, bundle.catalogue) for table in tables]
        then, silent, now = (bundle.explain(frame) for frame in frames)
        was = before["probability"].to_numpy()
        step = Step(
            was=was,
            now=now.probability,
            by_model=then.probability - was,
            by_time=silent.probability - then.probability,
            by_news=now.probability - silent.probability,
            concept=moved_most(silent, now, frames[1], frames[2], bundle),
            is_same_model=self.previous.model_version == bundle.version,
            since=self.previous.as_of,
        )
        texts = change_texts(step, bundle.catalogue, frames[2], bundle.texts, bundle.levels)
        names = np.array([concept.name for concept in bundle.catalogue.concepts], dtype=object)
        n_rows = len(was)
        columns = {
            "lead_id": tables[2]["lead_id"],
            "previous_as_of": pa.repeat(pa.scalar(self.previous.as_of, INSTANT), n_rows),
            "previous_model": before["model_version"],
            "previous_probability": was,
            "previous_rank": before["rank"],
            "previous_grade": before["grade"],
            "probability": now.probability,
            "by_model": step.by_model,
            "by_time": step.by_time,
            "by_news": step.by_news,
            "concept": pa.array([names[place] if place >= 0 else None for place in step.concept], pa.string()),
            **{f"text_{language}": pa.array(told, pa.string()) for language, told in texts.items()},
        }
        return pa.table([_column(columns[field.name], field.type) for field in CHANGES], schema=CHANGES)

    def _before(self, lead_id: pa.ChunkedArray) -> pa.Table:
        """Return the last run's rows of some leads, in their order."""
        scores = self.previous.scores
        return scores.take(pc.index_in(lead_id.combine_chunks(), scores["lead_id"].combine_chunks()))


def moved_most(
    silent: Explanation, now: Explanation, before: pd.DataFrame, after: pd.DataFrame, bundle: Bundle
) -> NDArray[np.intp]:
    """Return which concept moved most by what became known, -1 where no feature of a lead changed."""
    if not len(bundle.catalogue.concepts):
        return np.full(len(before), -1, dtype=np.intp)
    moved = np.abs(now.points - silent.points)
    changed = np.zeros(len(before), dtype=np.bool_)
    for name in before.columns:
        one, other = before[name], after[name]
        differs = one.astype(object) != other.astype(object)
        changed |= (differs & ~(one.isna() & other.isna())).to_numpy()
    return np.where(changed, np.argmax(moved, axis=1), -1)


def _column(values: object, type_: pa.DataType) -> pa.Array:
    column = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
    return column.cast(type_)
