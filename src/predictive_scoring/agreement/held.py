"""Who is no lead of this company and stays a contact whatever they do: staff, suppliers, bots, as the project says."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.states import Mark
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.snapshots.exclusions import MERGED, exclusions
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of
from predictive_scoring.snapshots.openness import rows_of_accounts
from predictive_scoring.storage import read_parquet


def held_from(history: History, rules: Exclude) -> Micros:
    """Return from when on each lead is known to be somebody whom the rules keep out, `NEVER` where it is not.

    The same rules keep them out of training and scoring. A record that was merged into another is not looked at: its
    deeds are the other's. Nor are colleagues of customers: they are people who may buy.

    Returns
    -------
    array
        Shape (n_leads,), microseconds, in the order of lead_no.
    """
    leads = read_parquet(history.path("leads"))
    accounts = read_parquet(history.path("accounts"))
    of_lead = accounts.take(rows_of_accounts(accounts, leads["account_no"].to_numpy()))
    created = micros_of(leads["created_at"])
    found = [np.full(len(leads), NEVER, np.int64)]
    found += [since for rule, since in exclusions(history, leads, of_lead, created, rules) if rule != MERGED]
    first: Micros = np.minimum.reduce(found)
    return np.where(first < NEVER, np.maximum(first, created), NEVER)


def as_told(lives: pa.Table, as_of: "pa.TimestampScalar | object") -> pa.Table:
    """Return the lives up to an instant as that instant tells them.

    Whoever is known by then to be no lead was never one: a supplier that was taken for a lead for a week is in no
    count of leads afterwards. What was told before that is another matter: `states_at` of an earlier instant knows it
    as it was known then.

    Parameters
    ----------
    lives
        What `agreement.life.lives` returned.
    as_of
        A datetime.
    """
    before = lives.filter(pc.less(lives["since"], pa.scalar(as_of, INSTANT)))
    held = before.filter(pc.equal(before["mark"], pa.scalar(int(Mark.HELD), pa.int8())))["lead_no"]
    is_creation = pc.is_null(before["mark"])
    return before.filter(pc.or_(is_creation, pc.invert(pc.is_in(before["lead_no"], held.combine_chunks()))))
