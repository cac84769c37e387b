"""From the kernel's numbers to the four tables of a CRM export."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from predictive_scoring.sources.simulator import codes, vocabulary
from predictive_scoring.sources.simulator.accounts import Accounts
from predictive_scoring.sources.simulator.instants import occurrences, recordings
from predictive_scoring.sources.simulator.people import job_titles, mail_addresses

INSTANT = pa.timestamp("us", tz="UTC")
Ints = npt.NDArray[np.int64]
STAGES = {codes.MQL: "mql", codes.SQL: "sql", codes.WON: "won", codes.LOST: "lost"}
N_ACTIVITY_KINDS = codes.OPT_OUT + 1


class World(NamedTuple):
    """What was drawn: accounts, and the events and leads of `paths.walk`, with the instants of the events."""

    accounts: Accounts
    events: Ints
    leads: npt.NDArray[np.float64]
    lead_numbers: Ints  # of each event: the row in `leads`, -1 for the account alone
    ids: Ints  # of each row in `leads`: the number in its id, by creation
    occurred: Ints
    recorded: Ints
    n_days: int


def world_of(
    accounts: Accounts,
    events: npt.NDArray[np.int32],
    leads: npt.NDArray[np.float64],
    n_days: int,
    rng: np.random.Generator,
) -> World:
    """Return the drawn world with instants and with ids in the order of creation."""
    wide = events.astype(np.int64)
    occurred = occurrences(wide, rng)
    recorded = recordings(wide, occurred, rng)
    created = np.flatnonzero(wide[:, 3] == codes.CREATED)
    # Rows of one account lie together in the events and in the leads, both in the order of arrival.
    per_account = np.bincount(wide[created, 0], minlength=int(wide[:, 0].max()) + 1)
    first = np.concatenate([[0], np.cumsum(per_account)[:-1]])
    numbers = np.where(wide[:, 1] < 0, -1, first[wide[:, 0]] + wide[:, 1])
    ids = np.empty(len(leads), dtype=np.int64)
    ids[numbers[created][np.argsort(occurred[created], kind="stable")]] = np.arange(1, len(leads) + 1)
    return World(accounts, wide, leads, numbers, ids, occurred, recorded, n_days)


def lead_ids(numbers: Ints) -> pa.Array:
    """Return ids such as L000123."""
    return pa.array([f"L{number:06d}" for number in numbers.tolist()])


def account_ids(n: int) -> pa.Array:
    """Return the ids of `n` accounts, such as A00456."""
    return pa.array([f"A{number:05d}" for number in range(1, n + 1)])


def named(names: tuple[str, ...], at: Ints) -> pa.Array:
    """Return the names at the given codes; an empty name is null."""
    return pa.array([name or None for name in names]).take(pa.array(at))


def instants(values: Ints, known: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Return microseconds since 1970 as instants, null where they are not known."""
    return pa.array(values, mask=None if known is None else ~known).cast(INSTANT)


def accounts_table(world: World, rng: np.random.Generator) -> pa.Table:
    """Return accounts: id and firmographics, null where not known."""
    a, n = world.accounts, len(world.accounts.industry)
    months, days = rng.integers(1, 13, n), rng.integers(1, 29, n)
    founded = [f"{y}-{m:02d}-{d:02d}" for y, m, d in zip(a.founded_year.tolist(), months, days, strict=True)]
    return pa.table(
        {
            "account_id": account_ids(n),
            "industry": named(vocabulary.INDUSTRIES, a.industry),
            "country": named(vocabulary.COUNTRIES, a.country),
            "employees": pa.array(a.employees, from_pandas=True).cast(pa.int64()),
            "revenue": pa.array(a.revenue, from_pandas=True).cast(pa.int64()),
            "founded": pa.array(founded),
        }
    )


def leads_table(world: World, rng: np.random.Generator) -> pa.Table:
    """Return leads in the order of creation."""
    order = np.argsort(world.ids)
    leads = world.leads[order]
    at = np.flatnonzero(world.events[:, 3] == codes.CREATED)
    rows = at[np.argsort(world.ids[world.lead_numbers[at]])]
    owner = world.events[rows, 0]
    known = owner < len(world.accounts.industry)
    code = leads.astype(np.int64)
    budget, dated = _budgets(world)
    return pa.table(
        {
            "lead_id": lead_ids(world.ids[order]),
            "created_at": instants(world.occurred[rows]),
            "account_id": account_ids(len(known) + len(world.accounts.industry)).take(pa.array(owner, mask=~known)),
            "email": mail_addresses(world.ids[order], code[:, codes.EMAIL], owner, rng),
            "channel": named(vocabulary.CHANNELS, code[:, codes.CHANNEL]),
            "job_title": job_titles(code, _speaks_spanish(world.accounts, owner, rng), rng),
            "seniority": named(vocabulary.SENIORITIES, code[:, codes.SENIORITY]),
            "department": named(vocabulary.DEPARTMENTS, code[:, codes.DEPARTMENT]),
            "form_language": named(vocabulary.FORM_LANGUAGES, code[:, codes.LANGUAGE]),
            "newsletter": pa.array(rng.random(len(order)) < 0.4),
            "budget": pa.array(budget[order], from_pandas=True).cast(pa.int64()),
            "budget_date": instants(dated[order], dated[order] > 0),
            "lead_rating": named(vocabulary.RATINGS, _ratings(code, rng)),
        }
    )


def _budgets(world: World) -> tuple[npt.NDArray[np.float64], Ints]:
    """Return each lead's stated budget (NaN: none) and when it was stated (0: never)."""
    stated = world.events[:, 3] == codes.BUDGET
    dated = np.zeros(len(world.leads), dtype=np.int64)
    dated[world.lead_numbers[stated]] = world.occurred[stated]
    amount = np.round(np.exp(9.6 + 0.8 * world.leads[:, codes.BUDGET_SIZE]), -2)
    return np.where(dated > 0, amount, np.nan), dated


def _speaks_spanish(accounts: Accounts, owner: Ints, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    spanish = np.array([country in vocabulary.SPANISH_SPEAKING for country in vocabulary.COUNTRIES])
    country = np.append(accounts.country, len(spanish) - 1)[np.minimum(owner, len(accounts.country))]
    speaks: npt.NDArray[np.bool_] = spanish[country] | (rng.random(len(owner)) < 0.08)
    return speaks


def _ratings(code: Ints, rng: np.random.Generator) -> Ints:
    """Return what sales wrote after the fact: it gives the outcome away, and is exported as of unknown date."""
    by_outcome = np.where(code[:, codes.CLOSED] == codes.IS_WON, 0, np.where(code[:, codes.STAGE] > 0, 1, 2))
    by_chance = rng.integers(0, 3, len(code))
    written = np.where(rng.random(len(code)) < 0.85, by_outcome, by_chance)
    return np.where(rng.random(len(code)) < 0.1, len(vocabulary.RATINGS) - 1, written)


def activities_table(world: World, rng: np.random.Generator) -> pa.Table:
    """Return activities in the order in which they were recorded."""
    kinds = np.where(world.events[:, 3] == codes.ANONYMOUS, codes.PAGE_VIEW, world.events[:, 3])
    rows = np.flatnonzero(kinds < N_ACTIVITY_KINDS)
    rows = rows[np.argsort(world.recorded[rows], kind="stable")]
    kind, number = kinds[rows], world.lead_numbers[rows]
    names = lead_ids(world.ids)
    topics, offsets = _topics()
    n_topics = np.diff(np.append(offsets, len(topics)))
    topic = offsets[kind] + np.floor(rng.random(len(rows)) ** 1.6 * n_topics[kind]).astype(np.int64)
    lasts = np.isin(kind, (codes.CALL, codes.WEBINAR))
    minutes = np.round(rng.gamma(2.0, np.where(kind == codes.CALL, 4.0, 20.0)), 1)
    return pa.table(
        {
            "lead_id": names.take(pa.array(number, mask=number < 0)),
            "account_id": account_ids(int(world.events[:, 0].max()) + 1).take(
                pa.array(world.events[rows, 0], mask=number >= 0)
            ),
            "kind": pa.array([kind.name for kind in vocabulary.KINDS]).take(pa.array(kind)),
            "direction": pa.array([kind.direction for kind in vocabulary.KINDS]).take(pa.array(kind)),
            "topic": pa.array(topics).take(pa.array(topic)),
            "occurred_at": instants(world.occurred[rows]),
            "recorded_at": instants(world.recorded[rows]),
            "minutes": pa.array(minutes, mask=~lasts),
        }
    )


def _topics() -> tuple[list[str], Ints]:
    """Return every topic, kind after kind, and where those of each kind begin."""
    topics = [topic for kind in vocabulary.KINDS for topic in kind.topics]
    return topics, np.cumsum([0, *(len(kind.topics) for kind in vocabulary.KINDS[:-1])])


def stages_table(world: World, rng: np.random.Generator) -> pa.Table:
    """Return stage changes in the order in which they were recorded, with the amount won or the reason lost."""
    kinds = world.events[:, 3]
    rows = np.flatnonzero(np.isin(kinds, tuple(STAGES)))
    rows = rows[np.argsort(world.recorded[rows], kind="stable")]
    kind = kinds[rows]
    owner = np.minimum(world.events[rows, 0], len(world.accounts.employees))
    employees = np.append(world.accounts.employees, np.nan)[owner]
    amount = np.exp(
        8.9 + 0.35 * np.log(np.nan_to_num(employees, nan=40.0) / 70.0) + 0.5 * rng.standard_normal(len(rows))
    )
    reason = pa.array(vocabulary.LOST_REASONS).take(pa.array(rng.integers(0, 5, len(rows)), mask=kind != codes.LOST))
    return pa.table(
        {
            "lead_id": lead_ids(world.ids).take(pa.array(world.lead_numbers[rows])),
            "stage": pa.array([STAGES[code] for code in kind.tolist()]),
            "occurred_at": instants(world.occurred[rows]),
            "recorded_at": instants(world.recorded[rows]),
            "amount": pa.array(np.round(amount, 2), mask=kind != codes.WON),
            "reason": reason,
        }
    )
