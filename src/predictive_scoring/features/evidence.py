"""What was known of the history before an instant: the only thing that decides which features there are."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.config.features import Features
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.exclusions import known_from
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, micros_of, to_micros
from predictive_scoring.snapshots.openness import rows_of_accounts
from predictive_scoring.storage import read_parquet

ENOUGH_TOPICS = 2  # the number that is asked for: whether there is more than one


_NUMBERS = {"leads": "lead_no", "accounts": "account_no"}


@dataclass(frozen=True)
class Evidence:
    """Counts and values that were known before `until`.

    Attributes
    ----------
    kinds, directions, stages
        Number of rows of leads by value; stages are those that neither reach the target nor end it.
    n_topics
        Rows of leads that carry a topic.
    topics
        Number of rows of leads by topic; empty if no feature asks.
    n_usage_topics
        Different topics of use of the product, counted up to two or some more.
    n_shared
        Leads that had another lead of the same account beside them.
    n_account_wins
        Outcomes with the target's stage.
    span_days
        Time from the first creation or activity to `until`, 0 if nothing has an instant.
    n_leads
        Leads created before `until`.
    values
        For each attribute that may be a feature, the values that were known (nulls left out).
    carriers
        By table and name of an attribute, how many leads or accounts have a value.
    created
        Whether leads carry an instant of creation.
    email_kinds
        Known kinds of e-mail addresses.
    """

    kinds: dict[str, int]
    directions: dict[str, int]
    n_topics: int
    topics: dict[str, int]
    n_usage_topics: int
    stages: dict[str, int]
    n_shared: int
    n_account_wins: int
    span_days: float
    n_leads: int
    values: list[tuple[Attribute, pa.ChunkedArray]]
    carriers: dict[tuple[str, str], int]
    created: bool
    email_kinds: pa.ChunkedArray


def gather(history: History, target: Target, until: datetime | None, settings: Features) -> Evidence:
    """Return what was known before `until`; None: everything, for histories without time."""
    limit = to_micros(until) if until else NEVER
    leads = read_parquet(history.path("leads"))
    created = micros_of(leads["created_at"], missing=-NEVER if history.facts.flat else NEVER)
    existing = created < limit
    counted = _count_activities(history, limit, settings)
    stages, n_wins = _count_outcomes(history, target, limit)
    dated = created[existing & (created > -NEVER)]
    first = min(int(dated.min(initial=NEVER)), counted.first)
    last = min(limit, int(dated.max(initial=0)))
    _, shared = np.unique(leads["account_no"].to_numpy()[existing], return_counts=True)
    values, carriers = _known_values(history, leads, created, limit)
    return Evidence(
        kinds=counted.kinds,
        directions=counted.directions,
        n_topics=counted.n_topics,
        topics=counted.topics,
        n_usage_topics=len(counted.usage_topics),
        stages=stages,
        n_shared=int(shared[shared > 1].sum()),
        n_account_wins=n_wins,
        span_days=max(last - first, 0) / DAY if first < NEVER else 0.0,
        n_leads=int(existing.sum()),
        values=values,
        carriers=carriers,
        created=bool((created[existing] > -NEVER).any()),
        email_kinds=leads["email_kind"].filter(pa.array(existing)).drop_null(),
    )


@dataclass
class _Counted:
    """What the activities amount to, batch by batch."""

    kinds: dict[str, int] = field(default_factory=dict)
    directions: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    usage_topics: dict[str, int] = field(default_factory=dict)
    n_topics: int = 0
    first: int = NEVER


def _count_activities(history: History, limit: int, settings: Features) -> _Counted:
    counted, usage = _Counted(), pa.array(settings.usage_kinds, pa.string())
    columns = ["lead_no", "known_at", "occurred_at", "kind", "topic", "direction"]
    for batch in ActivityStream(history, columns).batches():
        known = pa.array(micros_of(batch["known_at"]) < limit)
        rows = batch.filter(pc.and_(known, pc.is_valid(batch["lead_no"])))
        _add_counts(counted.kinds, rows["kind"])
        _add_counts(counted.directions, rows["direction"])
        if settings.topics or settings.frequent_topics:
            _add_counts(counted.topics, rows["topic"])
        if len(counted.usage_topics) < ENOUGH_TOPICS:
            _add_counts(counted.usage_topics, rows["topic"].filter(pc.is_in(rows["kind"].cast(pa.string()), usage)))
        counted.n_topics += len(rows) - rows["topic"].null_count
        counted.first = min(counted.first, int(micros_of(rows["occurred_at"]).min(initial=NEVER)))
    return counted


def _add_counts(counts: dict[str, int], column: pa.Array | pa.ChunkedArray) -> None:
    for row in column.value_counts().to_pylist():
        if row["values"] is not None:
            counts[row["values"]] = counts.get(row["values"], 0) + row["counts"]


def _count_outcomes(history: History, target: Target, limit: int) -> tuple[dict[str, int], int]:
    outcomes = read_parquet(history.path("outcomes"), ["known_at", "stage"])
    known = outcomes["stage"].filter(pa.array(micros_of(outcomes["known_at"]) < limit))
    stages: dict[str, int] = {}
    _add_counts(stages, known)
    n_wins = stages.pop(target.stage, 0)
    return {stage: n for stage, n in stages.items() if stage not in target.end_stages}, n_wins


def _known_values(
    history: History, leads: pa.Table, created: Micros, limit: int
) -> tuple[list[tuple[Attribute, pa.ChunkedArray]], dict[tuple[str, str], int]]:
    """Return each attribute's values as leads would have had them before the limit, one a lead, and whose they are.

    By table and name, how many leads, or how many accounts, have a value: six colleagues of one firm have its value six
    times over, and it is one.
    """
    accounts = read_parquet(history.path("accounts"))
    of_lead = accounts.take(rows_of_accounts(accounts, leads["account_no"].to_numpy()))
    found: list[tuple[Attribute, pa.ChunkedArray]] = []
    carriers: dict[tuple[str, str], int] = {}
    for attribute in history.facts.attributes:
        if attribute.may_be_a_feature:
            table = leads if attribute.table == "leads" else of_lead
            since = np.maximum(known_from(table, attribute.name, attribute.known, created), created)
            there = pa.array(since < limit)
            values, numbers = table[attribute.name].filter(there), leads[_NUMBERS[attribute.table]].filter(there)
            found.append((attribute, values))
            whose = numbers.filter(pc.is_valid(values))
            carriers[attribute.table, attribute.name] = int(pc.count_distinct(whose).as_py())
    return found, carriers
