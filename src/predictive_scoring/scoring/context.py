"""What stands behind the best leads: where they came from, their account, what they did lately. No address, no name.

Free text and whatever looks like an address or a telephone number stay where they are: a page is mailed around.
"""

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.history import INSTANT, Attribute
from predictive_scoring.engine.duck import open_engine, path_literal
from predictive_scoring.scoring.background import Scored
from predictive_scoring.snapshots.attributes import known_attributes, looks_like_an_address, values_at
from predictive_scoring.storage import read_parquet

CONTEXT: Final = "context.parquet"
N_ENTRIES: Final = 12  # of a lead's timeline, newest first
N_KNOWN: Final = 12  # attributes a lead
KNOWN: Final = pa.struct([("name", pa.string()), ("type", pa.string()), ("value", pa.string())])
ENTRY: Final = pa.struct([("day", pa.date32()), ("kind", pa.string()), ("direction", pa.string()), ("n", pa.int64())])
SCHEMA: Final = pa.schema(
    [
        ("lead_id", pa.string()),
        ("created_at", INSTANT),
        ("channel", pa.string()),
        ("segment", pa.string()),
        ("stage", pa.string()),  # the last that was known, null: none yet
        ("account_id", pa.string()),
        ("n_account_leads", pa.int64()),  # leads of this account so far, this one among them
        ("known", pa.list_(KNOWN)),
        ("n_activities", pa.int64()),
        ("last_at", INSTANT),
        ("timeline", pa.list_(ENTRY)),
    ]
)  # in the order of rank


def context(scored: Scored, top: int) -> pa.Table:
    """Return what is known of the first `top` leads by rank, as of the instant of the scores."""
    history, instant = scored.history, scored.instant
    scores = read_parquet(scored.scores, ["lead_id", "rank"]).sort_by("rank").slice(0, top)
    leads = read_parquet(history.path("leads"), ["lead_no", "account_no", "lead_id", "account_id", "created_at"])
    chosen = leads.take(pc.index_in(scores["lead_id"], leads["lead_id"].combine_chunks()))
    shown = [item for item in known_attributes(history) if item.type in {"category", "number", "boolean"}]
    values = values_at(history, chosen, shown, scored.as_of)
    wanted = chosen.select(["lead_no", "account_id"])
    with open_engine(spill=scored.scores.parent) as engine:
        did = engine.sql(_activities(path_literal(history.path("activities")), instant), wanted=wanted)
        stages = engine.sql(_stages(path_literal(history.path("outcomes")), instant), wanted=wanted)
        accounts = engine.sql(_accounts(path_literal(history.path("leads")), instant), wanted=wanted)
    named = scored.dimensions.named()
    columns = {
        **{name: chosen[name] for name in ("lead_id", "created_at", "account_id")},
        **{name: _text(values[item.name]) for name, item in named.items()},
        "stage": _beside(chosen, "lead_no", stages, "stage"),
        "n_account_leads": _beside(chosen, "account_id", accounts, "n"),
        "known": _known(values, chosen.num_rows, [item for item in shown if item not in named.values()]),
        **{name: _beside(chosen, "lead_no", did, name) for name in ("n_activities", "last_at", "timeline")},
    }
    empty = pa.nulls(chosen.num_rows)
    return pa.table([columns.get(field.name, empty).cast(field.type) for field in SCHEMA], schema=SCHEMA)


def _activities(path: str, instant: str) -> str:
    return (
        f"with own as (select lead_no, occurred_at, kind, direction from read_parquet({path}) "
        f"join wanted using (lead_no) where known_at < {instant} and occurred_at < {instant}), "
        "days as (select lead_no, occurred_at::date as day, kind, direction, count(*) as n from own group by all), "
        "newest as (select * from days qualify row_number() over "
        f"(partition by lead_no order by day desc, kind, direction) <= {N_ENTRIES}), "
        "lines as (select lead_no, list({'day': day, 'kind': kind, 'direction': direction, 'n': n} "
        "order by day desc, kind, direction) as timeline from newest group by lead_no) "
        "select lead_no, n_activities, last_at, timeline from lines join "
        "(select lead_no, count(*) as n_activities, max(occurred_at) as last_at from own group by lead_no) "
        "using (lead_no) order by lead_no"
    )


def _stages(path: str, instant: str) -> str:
    return (
        f"select lead_no, arg_max(stage, (occurred_at, stage)) as stage from read_parquet({path}) join wanted "
        f"using (lead_no) where known_at < {instant} and occurred_at < {instant} group by lead_no order by lead_no"
    )


def _accounts(path: str, instant: str) -> str:
    return (
        f"select account_id, count(*) as n from read_parquet({path}) "
        "where account_id in (select account_id from wanted where account_id is not null) "
        f"and (created_at is null or created_at < {instant}) group by account_id order by account_id"
    )


def _beside(chosen: pa.Table, key: str, found: pa.Table, column: str) -> Any:
    keys = found[key].combine_chunks().cast(chosen.schema.field(key).type)
    return found[column].take(pc.index_in(chosen[key], keys, skip_nulls=True))


def _text(values: Any) -> Any:
    return values.cast(pa.string())


def _known(values: pa.Table, n_rows: int, shown: list[Attribute]) -> pa.Array:
    """Return the attributes of each lead, typed texts, without what may lead to a person."""
    kept = shown[:N_KNOWN]
    rows = values.select([item.name for item in kept]).to_pylist() if kept else [{}] * n_rows
    return pa.array([[*_pairs(row, kept)] for row in rows], pa.list_(KNOWN))


def _pairs(row: dict[str, Any], kept: list[Attribute]) -> Iterator[dict[str, str]]:
    for item in kept:
        value = row[item.name]
        if value is not None and not looks_like_an_address(value):
            yield {"name": item.name, "type": item.type, "value": _written(value)}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
