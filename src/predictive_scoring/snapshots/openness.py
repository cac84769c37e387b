"""When each lead is open: the one rule that training snapshots and the scored population share.

Every limit is the earliest instant at which the record says something. Comparing it with `as_of` by `<` uses only
what was known before `as_of`: a row known later cannot make a minimum fall below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.exclusions import CUSTOMER, customers_from, exclusions, known_from
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of
from predictive_scoring.storage import read_parquet

END_STAGE: Final = "end_stage"


@dataclass(frozen=True)
class Openness:
    """One entry a lead, in the order of `lead_no`; instants in microseconds, `NEVER` where it never happens.

    Attributes
    ----------
    created
        When the lead was created.
    informed
        From when on anything is known of it: an attribute, its e-mail's kind, an activity of it or its account.
    converted
        When it became known that it reached the target's stage.
    reached
        When it first reached the target's stage, whenever that became known.
    ended
        When it first reached an end stage, whenever that became known.
    opted_out
        When it became known that it does not want to be contacted.
    exclusions
        By rule, the first that holds is told: when it became known that the rule keeps the lead out. An end stage is
        such a rule.
    """

    account_no: NDArray[np.int64]
    created: Micros
    informed: Micros
    converted: Micros
    reached: Micros
    ended: Micros
    opted_out: Micros
    exclusions: Mapping[str, Micros]

    @property
    def excluded(self) -> Micros:
        """From when on any rule keeps each lead out."""
        first: Micros = np.minimum.reduce(list(self.exclusions.values()))
        return first


def openness(history: History, target: Target, policy: Snapshots) -> Openness:
    """Return from when and until when each lead is open."""
    leads = read_parquet(history.path("leads"))
    of_lead = _accounts_of(history, leads)
    outcomes = read_parquet(history.path("outcomes"), ["lead_no", "occurred_at", "known_at", "stage"])
    account_no = leads["account_no"].to_numpy()
    created = _created(leads, flat=history.facts.flat)
    reached = pc.equal(outcomes["stage"], target.stage)
    ended = pc.is_in(outcomes["stage"], pa.array(target.end_stages, pa.string()))
    opted_by_activity, first_activity = _from_activities(history, account_no, policy.opt_out_kinds)
    converted = _earliest(outcomes.filter(reached), "known_at", len(leads))
    rules = {END_STAGE: _earliest(outcomes.filter(ended), "known_at", len(leads))}
    rules.update(exclusions(history, leads, of_lead, created, policy.exclude))
    if policy.exclude.existing_customers:
        rules[CUSTOMER] = customers_from(converted, account_no)
    return Openness(
        account_no=account_no,
        created=created,
        informed=np.minimum(_attributes_from(history, leads, of_lead, created), first_activity),
        converted=converted,
        reached=_earliest(outcomes.filter(reached), "occurred_at", len(leads)),
        ended=_earliest(outcomes.filter(ended), "occurred_at", len(leads)),
        opted_out=np.minimum(opted_by_activity, _opted_by_attribute(history, leads, created, policy)),
        exclusions=rules,
    )


def _created(leads: pa.Table, *, flat: bool) -> Micros:
    """Return creation; a flat table without it holds leads that were always there."""
    return micros_of(leads["created_at"], missing=-NEVER if flat else NEVER)


def _earliest(rows: pa.Table, column: str, n_leads: int) -> Micros:
    first = np.full(n_leads, NEVER, np.int64)
    np.minimum.at(first, rows["lead_no"].to_numpy(), micros_of(rows[column]))
    return first


def _from_activities(history: History, account_no: NDArray[np.int64], kinds: tuple[str, ...]) -> tuple[Micros, Micros]:
    """Return when each lead opted out and when its account was first active, by the record's clock."""
    opted = np.full(len(account_no), NEVER, np.int64)
    first = np.full(int(account_no.max(initial=-1)) + 1, NEVER, np.int64)
    wanted = pa.array(kinds, pa.string())
    for batch in ActivityStream(history, ["account_no", "lead_no", "known_at", "kind"]).batches():
        known = micros_of(batch["known_at"])
        numbers, starts = np.unique(batch["account_no"].to_numpy(), return_index=True)
        seen = numbers < len(first)  # an account without leads is of no interest here
        earliest = known[starts[seen]]  # an account's rows lie in the order of known_at
        first[numbers[seen]] = np.minimum(first[numbers[seen]], earliest)
        says_so = pc.and_(pc.is_in(batch["kind"].cast(pa.string()), wanted), pc.is_valid(batch["lead_no"]))
        chosen = np.flatnonzero(says_so.to_numpy(zero_copy_only=False))
        np.minimum.at(opted, batch["lead_no"].take(pa.array(chosen)).to_numpy(), known[chosen])
    return opted, first[account_no]


def rows_of_accounts(accounts: pa.Table, account_no: NDArray[np.int64]) -> pa.Array:
    """Return for each account number its row in the accounts table, null where it has none."""
    held = accounts["account_no"].to_numpy()
    top = max(int(account_no.max(initial=-1)), int(held.max(initial=-1)))
    row = np.full(top + 1, -1, np.int64)
    row[held] = np.arange(len(held))
    found = row[account_no]
    return pa.array(found, mask=found < 0)


def _accounts_of(history: History, leads: pa.Table) -> pa.Table:
    """Return the account of each lead, nulls where it has none."""
    accounts = read_parquet(history.path("accounts"))
    return accounts.take(rows_of_accounts(accounts, leads["account_no"].to_numpy()))


def _attributes_from(history: History, leads: pa.Table, of_lead: pa.Table, created: Micros) -> Micros:
    first = known_from(leads, "email_kind", "at_creation", created)
    for attribute in history.facts.attributes:
        if attribute.may_be_a_feature:
            table = leads if attribute.table == "leads" else of_lead
            first = np.minimum(first, known_from(table, attribute.name, attribute.known, created))
    return first


def _opted_by_attribute(history: History, leads: pa.Table, created: Micros, policy: Snapshots) -> Micros:
    opted = np.full(len(leads), NEVER, np.int64)
    flags = [item for item in history.facts.attributes if item.table == "leads" and item.type == "boolean"]
    declared = {item.name: item for item in flags}
    unknown = [name for name in policy.opt_out_attributes if name not in declared]
    if unknown:
        raise ConfigurationError(
            f"params.yaml: snapshots.opt_out_attributes names {unknown}",
            found=f"boolean attributes of leads: {sorted(declared)}",
            fix="name a boolean attribute that the source file declares under tables.leads.attributes",
        )
    for name in policy.opt_out_attributes:
        # One that is only known at export still counts from creation on: who objects is never called.
        known = "at_instant" if declared[name].known == "at_instant" else "at_creation"
        since = known_from(leads, name, known, created)
        says_so = pc.fill_null(leads[name], False).to_numpy()
        opted = np.minimum(opted, np.where(says_so, since, NEVER))
    return opted
