"""The training snapshots: every look at every open lead, and what became of it within the horizon."""

from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.errors import DataContractError
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, instants_of, to_micros
from predictive_scoring.snapshots.openness import END_STAGE, Openness, openness
from predictive_scoring.snapshots.population import OPEN, status_at
from predictive_scoring.storage import read_parquet

MINUTE: Final = 60_000_000
FIRST_MONDAY: Final = 4 * DAY  # 1970-01-05 00:00 UTC: the grid of the calendar clock starts here
SNAPSHOTS: Final = pa.schema(
    [
        ("lead_no", pa.int64()),
        ("account_no", pa.int64()),
        ("lead_id", pa.string()),
        ("as_of", INSTANT),  # null: a flat table without creation
        ("age_days", pa.float64()),
        ("row_number", pa.int64()),  # place of the lead in the source: the order of a flat table
        ("state", pa.string()),  # mature, immature, decided or unjudged
        ("converted", pa.bool_()),
    ]
)


def training_snapshots(history: History, target: Target, policy: Snapshots) -> pa.Table:
    """Return one row for each instant at which a lead was open, with its label.

    A lead is looked at by `policy.clock`, from its creation to `max_age_days`, while `population_at` would call
    it open. The label is *converted*: the target's stage was reached in `[as_of, as_of + horizon)`, whenever the
    record came to know.

    * 'mature': the horizon has passed within the history; converted is true or false.
    * 'immature': it has not. Converted is true if it happened already, else null, never false. Nothing is trained
      or judged on these rows: of a recent week only the early converters would be known, and taking them without
      the rest would bias every rate upwards.
    * 'decided': the stage was reached before `as_of` but not known yet, so the lead would still be scored. There is
      nothing left to predict; converted is null and the rows are counted, not used.
    * 'unjudged': of a target with `only_judged`, the horizon has passed and nobody has said yes or no in it. That is
      not a no: converted is null and the rows are counted, not used.

    A lead of a flat table has one snapshot, a microsecond after its creation (null without it); it is 'immature'
    where its outcome is unknown.

    Returns
    -------
    pyarrow.Table
        Columns of `SNAPSHOTS`, in the order of lead_no, as_of.

    Raises
    ------
    DataContractError
        If there is no lead, or the history does not say until when it was observed and holds no instant.
    ConfigurationError
        If the target has no horizon and the history is not flat.
    """
    held = openness(history, target, policy)
    if len(held.created) == 0:
        raise DataContractError(f"history '{history.facts.name}': no leads", fix="check the path of tables.leads")
    if history.facts.flat:
        return _flat(history, held, policy.max_age_days)
    observed_until = _observed_until(history, held)
    lead, as_of = _looks(held, policy, observed_until)
    reached = held.reached[lead]
    decided = reached < as_of
    horizon = target.horizon // timedelta(microseconds=1)
    mature = as_of + horizon <= observed_until
    converted = ~decided & (reached < as_of + horizon)
    unjudged = mature & ~decided & ~converted & ~_was_judged(target, held.ended[lead], as_of, horizon)
    unknown = decided | unjudged | (~mature & ~converted)
    state = np.select([decided, unjudged, mature], ["decided", "unjudged", "mature"], "immature")
    return _table(history, held, lead, as_of, state, pa.array(converted, mask=unknown))


def _was_judged(target: Target, ended: Micros, as_of: Micros, horizon: int) -> NDArray[np.bool_]:
    """Return of whom a no is on record within the horizon; of a usual target everybody, whose silence is one."""
    if not target.only_judged:
        return np.ones(len(as_of), np.bool_)
    return (ended >= as_of) & (ended < as_of + horizon)


def _looks(held: Openness, policy: Snapshots, observed_until: int) -> tuple[NDArray[np.int64], Micros]:
    """Return the pairs of lead and instant at which it is open, up to the end of the history."""
    step = policy.every_days * DAY
    first_look = max(1, policy.first_look_minutes * MINUTE)  # a microsecond on: the creation itself is known
    origin = held.created + first_look if policy.clock == "creation" else np.full_like(held.created, FIRST_MONDAY)
    # Open means: after it was created and anything is known; not after it closed, grew too old or the history ended.
    after = np.maximum(held.created, held.informed)
    until = np.minimum.reduce([held.converted, held.excluded, held.opted_out, held.created + policy.max_age_days * DAY])
    until = np.minimum(until, observed_until)
    first = (after - origin) // step + 1
    n_looks = np.maximum((until - origin) // step - first + 1, 0)
    n_looks[after >= NEVER] = 0
    lead = np.repeat(np.arange(len(n_looks)), n_looks)
    place = np.arange(len(lead)) - np.repeat(np.cumsum(n_looks) - n_looks, n_looks)
    return lead, origin[lead] + (first[lead] + place) * step


def _observed_until(history: History, held: Openness) -> int:
    if history.facts.observed_until is not None:
        return to_micros(history.facts.observed_until)
    known = np.concatenate([held.created, held.converted, held.exclusions[END_STAGE], held.informed])
    known = known[known < NEVER]
    if len(known) == 0:
        raise DataContractError(
            f"history '{history.facts.name}': no lead has an instant of creation",
            fix="map created_at under tables.leads.columns, or declare the table flat with an `outcome`",
        )
    return int(known.max())


def _flat(history: History, held: Openness, max_age_days: int) -> pa.Table:
    outcome = read_parquet(history.path("leads"), ["converted"])["converted"].combine_chunks()
    as_of = np.where(held.created > -NEVER, held.created + 1, NEVER)
    lead = np.flatnonzero(status_at(held, np.where(as_of < NEVER, as_of, 0), max_age_days) == OPEN)
    outcome = outcome.take(pa.array(lead))
    state = np.where(outcome.is_valid().to_numpy(zero_copy_only=False), "mature", "immature")
    return _table(history, held, lead, as_of[lead], state, outcome)


def _table(
    history: History,
    held: Openness,
    lead: NDArray[np.int64],
    as_of: Micros,
    state: NDArray[np.str_],
    converted: pa.Array,
) -> pa.Table:
    leads = read_parquet(history.path("leads"), ["lead_id", "row_number"]).take(pa.array(lead))
    age = (as_of - held.created[lead]) / DAY
    columns = [
        pa.array(lead, pa.int64()),
        pa.array(held.account_no[lead]),
        leads["lead_id"],
        instants_of(as_of),
        pa.array(age, mask=as_of == NEVER),
        leads["row_number"],
        pa.array(state, pa.string()),
        converted,
    ]
    return pa.table(columns, schema=SNAPSHOTS)
