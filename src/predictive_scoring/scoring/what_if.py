"""What the model would say of a lead if one thing more had happened: for what a team can bring about.

The thing is added to the lead's history as one more activity, just before the instant of scoring, and every feature is
computed again by the sweep that scoring uses: counts, recency, days active and what colleagues see stay consistent.
What comes out is what went together in the past. It does not say that making the thing happen makes the lead convert.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from predictive_scoring.contract.history import ACTIVITIES, History
from predictive_scoring.explain.possible import possible_texts
from predictive_scoring.features.compute import compute
from predictive_scoring.features.definition import Concept
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.storage import write_parquet

# Of the kinds that the package knows by name, those that a team does or can ask for.
ACTIONABLE: Final = ("call_made", "demo_request", "event_attended", "meeting_held", "webinar_attended")
JUST_BEFORE: Final = timedelta(hours=1)
POSSIBLE: Final = pa.schema(
    [
        ("lead_id", pa.string()),
        ("concept", pa.string()),
        ("kind", pa.string()),
        ("probability", pa.float64()),
        ("probability_if", pa.float64()),  # as the model sees the lead with one more activity of the kind
        ("points", pa.float64()),  # the difference of the two
        ("text_en", pa.string()),
        ("text_es", pa.string()),
    ]
)  # a lead's greatest difference first; leads in the order in which they were given


def actionable_concepts(bundle: Bundle, kinds: tuple[str, ...] | None) -> list[Concept]:
    """Return the concepts of kinds of activity that a team can bring about; by default those of `ACTIONABLE`."""
    wanted = set(ACTIONABLE if kinds is None else kinds)
    return [c for c in bundle.catalogue.concepts if c.template == "activity" and c.subject in wanted]


def looks_at(bundle: Bundle, history: History, as_of: datetime, lead_ids: pa.ChunkedArray) -> pa.Table:
    """Return a look at each of some leads that are open at an instant, in their order."""
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    rows = pc.index_in(lead_ids.combine_chunks(), population["lead_id"].combine_chunks())
    return population.take(rows)


def what_if(
    bundle: Bundle, history: History, snapshots: pa.Table, kinds: tuple[str, ...] | None, scratch: Path
) -> pa.Table:
    """Return what one more activity of each kind would change, a row for a lead and kind; the schema is `POSSIBLE`.

    Parameters
    ----------
    snapshots
        Looks at some leads at one instant: lead_no, account_no, lead_id, as_of. A few hundred: each is computed
        once a kind.
    kinds
        What the team can bring about, None: the usual (`ACTIONABLE`).
    scratch
        Where small histories may lie.
    """
    concepts = actionable_concepts(bundle, kinds)
    if not concepts or snapshots.num_rows == 0 or history.facts.flat:
        return POSSIBLE.empty_table()
    small = _Small.of(history, snapshots, scratch)
    now = _chances(bundle, history, snapshots)
    pieces = []
    for concept in concepts:
        then = np.empty(len(now))
        for rows in _one_an_account(snapshots):
            looks = snapshots.take(pa.array(rows))
            then[rows] = _chances(bundle, small.with_one_more(str(concept.subject), looks), looks)
        pieces.append(_table(bundle, concept, snapshots["lead_id"], now, then))
    whole = pa.concat_tables(pieces).append_column("place", pa.array(np.tile(np.arange(len(now)), len(concepts))))
    order = [("place", "ascending"), ("points", "descending"), ("concept", "ascending")]
    return whole.sort_by(order).drop_columns(["place"])


def _table(bundle: Bundle, concept: Concept, lead_id: pa.ChunkedArray, now: Any, then: Any) -> pa.Table:
    texts = possible_texts(concept, now, then, bundle.texts, bundle.catalogue.words)
    columns = {
        "lead_id": lead_id,
        "concept": pa.repeat(concept.name, len(now)),
        "kind": pa.repeat(concept.subject, len(now)),
        "probability": now,
        "probability_if": then,
        "points": then - now,
        **{f"text_{language}": told for language, told in texts.items()},
    }
    return pa.table(columns, schema=POSSIBLE)


def _chances(bundle: Bundle, history: History, snapshots: pa.Table) -> Any:
    frame = to_frame(compute(history, snapshots, bundle.catalogue), bundle.catalogue)
    return bundle.explain(frame).probability


def _one_an_account(snapshots: pa.Table) -> Iterator[Any]:
    """Yield places of leads, no two of one account at a time: what one did must not be what a colleague sees."""
    _, account = np.unique(snapshots["account_no"].to_numpy(), return_inverse=True)
    order = np.argsort(account, kind="stable")
    nth = np.empty(len(account), dtype=np.int64)
    starts = np.searchsorted(account[order], account[order])
    nth[order] = np.arange(len(account)) - starts
    for turn in range(int(nth.max(initial=-1)) + 1):
        yield np.flatnonzero(nth == turn)


class _Small:
    """The activities of a few accounts, to which one more is added; the small tables are those of the history."""

    def __init__(self, history: History, activities: pa.Table, folder: Path) -> None:
        self._history, self._activities, self._folder = history, activities, folder

    @classmethod
    def of(cls, history: History, snapshots: pa.Table, folder: Path) -> "_Small":
        accounts = snapshots["account_no"].unique()
        activities = ds.dataset(history.path("activities")).to_table(filter=ds.field("account_no").isin(accounts))
        folder.mkdir(parents=True, exist_ok=True)
        small = History(folder, history.facts)
        for table in ("leads", "accounts", "outcomes"):
            small.path(table).symlink_to(history.path(table).resolve())
        small.save_facts()
        return cls(small, activities, folder)

    def with_one_more(self, kind: str, looks: pa.Table) -> History:
        """Return the history in which each look's lead did one thing more, an hour before."""
        at = pc.subtract(looks["as_of"], pa.scalar(JUST_BEFORE))
        same = self._activities.filter(pc.equal(self._activities["kind"], kind))
        told = sorted(pc.value_counts(same["direction"].drop_null()).to_pylist(), key=lambda each: -each["counts"])
        columns = {
            "account_no": looks["account_no"],
            "lead_no": looks["lead_no"],
            "occurred_at": at,
            "known_at": at,
            "kind": pa.repeat(kind, looks.num_rows),
            "direction": pa.repeat(pa.scalar(told[0]["values"] if told else None, pa.string()), looks.num_rows),
        }
        empty = pa.nulls(looks.num_rows)
        added = pa.table([columns.get(f.name, empty).cast(f.type) for f in ACTIVITIES], schema=ACTIVITIES)
        order = [(name, "ascending") for name in ("account_no", "known_at", "occurred_at", "lead_no", "kind")]
        whole = pa.concat_tables([self._activities.select(ACTIVITIES.names).cast(ACTIVITIES), added])
        write_parquet(self._history.path("activities"), whole.sort_by(order))
        return self._history
