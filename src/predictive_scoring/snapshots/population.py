"""Who can be scored at an instant, and why the others cannot."""

from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, instants_of, to_micros
from predictive_scoring.snapshots.openness import Openness, openness
from predictive_scoring.storage import read_parquet

OPEN: Final = "open"
EXCLUDED: Final = "excluded"
REASONS: Final = ("not_yet_created", "already_converted", EXCLUDED, "opt_out", "too_old", "no_data")
POPULATION: Final = pa.schema(
    [
        ("lead_no", pa.int64()),
        ("account_no", pa.int64()),
        ("lead_id", pa.string()),
        ("as_of", INSTANT),
        ("status", pa.string()),  # 'open' or one of REASONS
        ("detail", pa.string()),  # of an excluded lead: the rule
    ]
)


def population_at(history: History, target: Target, policy: Snapshots, as_of: datetime) -> pa.Table:
    """Return every lead of the history with its status at `as_of`.

    Only rows known before `as_of` decide; a lead must have been created before it. Where several reasons hold,
    the first of `REASONS` is given. A lead in an end stage, one that was merged into another and one that a rule of
    `policy.exclude` keeps out are 'excluded', and `detail` says which; 'no_data' means that nothing is known of the
    lead or its account but that it exists.

    A lead of a flat table has one instant, just after its creation (see `training_snapshots`): if it was created
    before `as_of` it is looked at there. Its outcome carries no instant, so it decides nothing here.

    Returns
    -------
    pyarrow.Table
        One row a lead, in the order of lead_no: lead_no, account_no, lead_id, as_of, status, detail.
    """
    held = openness(history, target, policy)
    instant = to_micros(as_of)
    looked_at = np.full(len(held.created), instant, np.int64)
    if history.facts.flat:
        looked_at = np.where((held.created < instant) & (held.created > -NEVER), held.created + 1, instant)
    leads = read_parquet(history.path("leads"), ["lead_no", "account_no", "lead_id"])
    status = status_at(held, looked_at, policy.max_age_days)
    detail = pa.array(_rules_at(held, looked_at), mask=status != EXCLUDED)
    return pa.table([*leads.columns, instants_of(looked_at), pa.array(status), detail], schema=POPULATION)


def status_at(held: Openness, as_of: Micros | int, max_age_days: int) -> NDArray[np.str_]:
    """Return the status of each lead at one instant, or each at its own, in microseconds."""
    conditions = [
        held.created >= as_of,
        held.converted < as_of,
        held.excluded < as_of,
        held.opted_out < as_of,
        (as_of - held.created > max_age_days * DAY) & (held.created > -NEVER),
        held.informed >= as_of,
    ]
    return np.select(conditions, REASONS, OPEN)


def _rules_at(held: Openness, as_of: Micros) -> NDArray[np.str_]:
    """Return the first rule that keeps each lead out at its instant, '' where none does."""
    return np.select([since < as_of for since in held.exclusions.values()], list(held.exclusions), "")
