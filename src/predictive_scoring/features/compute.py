"""Looks in, features out: the one formulation that training and scoring share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.features import account_sweep, sweep, sweep_state
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.grouping import grouped
from predictive_scoring.features.looks import Column, LeadLooks, Reader, Registry
from predictive_scoring.features.plan import Plan, plan_of
from predictive_scoring.features.shards import Shard, shards
from predictive_scoring.features.standing import readers
from predictive_scoring.features.sweep_state import Floats

ARROW_TYPES = {"number": pa.float64(), "boolean": pa.bool_(), "category": pa.dictionary(pa.int32(), pa.string())}
END_KINDS = ("first_kind", "last_kind")
Shards: TypeAlias = Callable[[History, pa.Table, Catalogue], Iterator[pa.Table]]
"""Something that yields the features of snapshots as `compute_shards` does."""


def schema_of(catalogue: Catalogue) -> pa.Schema:
    """Return the columns of a feature table: lead_id, as_of, then every feature in the order of the catalogue."""
    features = [(feature.name, ARROW_TYPES[feature.type]) for feature in catalogue.features]
    return pa.schema([("lead_id", pa.string()), ("as_of", INSTANT), *features])


def compute(history: History, snapshots: pa.Table, catalogue: Catalogue, by: "Shards | None" = None) -> pa.Table:
    """Return the features of each snapshot, in the order of the snapshots.

    A feature at `as_of` uses only rows with `occurred_at < as_of` and `known_at < as_of`. A missing value is null;
    what it means stands in the catalogue.

    Parameters
    ----------
    snapshots
        Columns lead_no, account_no, lead_id and as_of, in any order; n rows.
    by
        What computes them; None: this machine. The features are the same.

    Returns
    -------
    pyarrow.Table
        n rows: lead_id, as_of and the catalogue's features (numbers float64, booleans bool, categories dictionaries).

    Raises
    ------
    DataContractError
        If the history lacks an attribute or a lead that is asked for.
    """
    order = np.lexsort((snapshots["as_of"].cast(pa.int64()).fill_null(0), snapshots["lead_no"]))
    sorted_already = bool((order[1:] > order[:-1]).all())
    looked_at = snapshots if sorted_already else snapshots.take(order)
    pieces = list((by or compute_shards)(history, looked_at, catalogue))
    table = pa.concat_tables(pieces, promote_options="none") if pieces else schema_of(catalogue).empty_table()
    table = table.unify_dictionaries()
    return table if sorted_already else table.take(np.argsort(order))


def compute_shards(history: History, snapshots: pa.Table, catalogue: Catalogue) -> Iterator[pa.Table]:
    """Yield the features of snapshots that lie in the order of lead_no and as_of, some accounts at a time.

    Memory is bounded by the snapshots, the small tables and the largest account, not by the activities or the features.
    """
    looks = LeadLooks.of(snapshots)
    if len(looks) == 0:
        return
    computation = Computation.of(history, catalogue, looks)
    for shard in shards(history, looks.account_no, computation.plan):
        begin, end = np.searchsorted(looks.account_no, [shard.first_account, shard.stop_account])
        yield computation.features(shard, looks.take(slice(begin, end)), snapshots.slice(begin, end - begin))


@dataclass(frozen=True)
class Computation:
    """A catalogue laid on a history: what computes a piece of it, on whatever machine the piece is."""

    catalogue: Catalogue
    registry: Registry
    plan: Plan
    standing: Mapping[str, Reader]

    @classmethod
    def of(cls, history: History, catalogue: Catalogue, looks: LeadLooks) -> "Computation":
        """Return the computation of a catalogue's features.

        Raises
        ------
        DataContractError
            If the history lacks an attribute, or a lead of the looks.
        """
        registry = Registry.of(history, looks)
        return cls(catalogue, registry, plan_of(catalogue), readers(history, registry, catalogue))

    def features(self, shard: Shard, looks: LeadLooks, rows: pa.Table) -> pa.Table:
        """Return the features of the looks at a shard's leads; `rows` has their lead_id and as_of."""
        columns: dict[str, Column] = _swept(shard, looks, self.plan, self.registry)
        columns |= {name: read(looks) for name, read in self.standing.items()}
        arrays = [_arrow(columns[f.name], f.statistic in END_KINDS, self.plan) for f in self.catalogue.features]
        schema = schema_of(self.catalogue)
        named = zip([rows["lead_id"], rows["as_of"], *arrays], schema, strict=True)
        return pa.table([column.cast(field.type) for column, field in named], schema=schema)


def _swept(shard: Shard, looks: LeadLooks, plan: Plan, registry: Registry) -> dict[str, Column]:
    """Return the columns that the two kernels make."""
    if len(plan.lead_ops) + len(plan.account_ops) == 0:
        return {}
    first_lead, stop_lead = np.searchsorted(registry.account_no, [shard.first_account, shard.stop_account])
    n_leads, n_accounts = int(stop_lead - first_lead), shard.stop_account - shard.first_account
    lead = np.where(shard.lead_no >= 0, shard.lead_no - first_lead, -1).astype(np.int32)
    look_lead = (looks.lead_no - first_lead).astype(np.int32)
    of_leads, own = np.empty((len(plan.lead_ops), len(looks))), _own(plan, len(looks))
    rows = np.arange(len(looks))
    starts, order = grouped(lead, n_leads)
    by_lead = sweep_state.Looks(_starts(look_lead, n_leads), looks.as_of, look_lead, rows)
    steps = plan.steps(plan.lead_ops, shard.n_topics)
    sweep.lead_sweep(_events(shard, starts, lead, order), by_lead, steps, of_leads, own)
    of_accounts: Floats = np.empty((len(plan.account_ops), len(looks)))
    if len(plan.account_ops):
        account = looks.account_no - shard.first_account
        order = np.lexsort((looks.as_of, account))
        by_account = sweep_state.Looks(_starts(account, n_accounts), looks.as_of[order], look_lead[order], rows[order])
        events = _events(shard, _starts(shard.account_no - shard.first_account, n_accounts), lead, None)
        steps = plan.steps(plan.account_ops, shard.n_topics)
        steps, own = account_sweep.with_decays_in_use(steps, own)
        account_sweep.account_sweep(events, by_account, n_leads, steps, own, of_accounts)
    return dict(zip((*plan.lead_columns, *plan.account_columns), (*of_leads, *of_accounts), strict=True))


def _own(plan: Plan, n_looks: int) -> sweep_state.Own:
    counts = np.zeros((2, len(plan.windows), n_looks), np.int64)
    return sweep_state.Own(counts, np.zeros((len(plan.decays), n_looks)))


def _starts(group: sweep_state.Ints | sweep_state.Codes, n_groups: int) -> sweep_state.Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(group, minlength=n_groups))]).astype(np.int64)


def _events(
    shard: Shard, starts: sweep_state.Ints, lead: sweep_state.Codes, order: sweep_state.Ints | None
) -> sweep_state.Events:
    columns = (
        shard.occurred, shard.known, shard.kind, shard.direction, shard.topic, shard.theme, shard.clock, lead,
    )  # fmt: skip
    return sweep_state.Events(starts, *(columns if order is None else (column.take(order) for column in columns)))


def _arrow(column: Column, is_kind: bool, plan: Plan) -> pa.Array:
    """Return a column as Arrow, NaN as null; the first and last activity's kind by its name, 'other' for rare ones."""
    if not isinstance(column, np.ndarray):
        return column
    if not is_kind:
        return _with_gaps(column)
    codes = pa.array(np.nan_to_num(column).astype(np.int32), mask=np.isnan(column))
    return pa.DictionaryArray.from_arrays(codes, pa.array([*plan.kinds, "other"]))


def _with_gaps(column: Floats) -> pa.Array:
    """Return numbers as Arrow, NaN as null, without a copy: a tenth of what `from_pandas` takes."""
    is_known = ~np.isnan(column)
    if is_known.all():
        return pa.array(column)
    bits = pa.py_buffer(np.packbits(is_known, bitorder="little"))
    return pa.Array.from_buffers(pa.float64(), len(column), [bits, pa.py_buffer(np.ascontiguousarray(column))])
