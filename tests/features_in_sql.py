"""Every feature once more, as plain DuckDB SQL over the history's files: the oracle that no engine shares code with.

One query a feature, over a join of looks with all rows that were known before each: obvious, and far too slow for use.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import duckdb
import pyarrow as pa

from predictive_scoring.contract.history import History, TableName
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.storage import read_parquet

DAY = 86_400_000_000
KNOWN = "r.occurred_at < l.as_of AND r.known_at < l.as_of"
TABLES: tuple[TableName, ...] = ("leads", "accounts", "activities", "outcomes")
LAST_SUNDAY = "(make_date(year(r.occurred_at), {m}, 31) - isodow(make_date(year(r.occurred_at), {m}, 31))::INT % 7)"
SUMMER = " AND ".join(
    f"r.occurred_at {sign} {LAST_SUNDAY.format(m=month)}::TIMESTAMP + INTERVAL 1 HOUR"
    for sign, month in ((">=", 3), ("<", 10))
)
LOCAL = {  # the European rule for summer time, as it stands since 1996
    "UTC": "r.occurred_at",
    "Europe/Madrid": f"(r.occurred_at + CASE WHEN {SUMMER} THEN INTERVAL 2 HOUR ELSE INTERVAL 1 HOUR END)",
}
NOT_IN_SQL = ("job_level", "department", "region")  # rules in files that SQL cannot read; tested title by title


def features_in_sql(history: History, snapshots: pa.Table, catalogue: Catalogue) -> dict[str, list[Any]]:
    """Return each feature's column, in the order of the snapshots."""
    with duckdb.connect() as db:
        asked = snapshots.select(["lead_no", "account_no", "as_of"])
        tables = {"look": asked.append_column("row", pa.array(range(len(asked))))}
        tables |= {name: read_parquet(history.path(name)) for name in TABLES}
        for name, table in tables.items():
            db.register("given", without_zone(table))
            db.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        joins = {
            "mine": "r.lead_no = l.lead_no",
            "theirs": "r.account_no = l.account_no AND r.lead_no IS DISTINCT FROM l.lead_no",
            "everyone": "r.account_no = l.account_no",
        }
        for name, condition in joins.items():
            db.execute(
                f"CREATE TABLE {name} AS SELECT l.row, l.as_of, r.lead_no AS who, r.* EXCLUDE (lead_no), "
                "epoch_us(l.as_of) - epoch_us(r.occurred_at) AS age FROM look l "
                f"JOIN activities r ON {condition} AND {KNOWN}"
            )
        asker = Asker(db, catalogue)
        return {f.name: asker.column(f) for f in catalogue.features if f.statistic not in NOT_IN_SQL}


def without_zone(table: pa.Table) -> pa.Table:
    """Return instants as clock times in UTC, which SQL reckons with without an extension."""
    instants = [place for place, field in enumerate(table.schema) if pa.types.is_timestamp(field.type)]
    for place in instants:
        table = table.set_column(place, table.schema.names[place], table.column(place).cast(pa.timestamp("us")))
    return table


class Asker:
    """Turns features into queries."""

    def __init__(self, db: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
        self.db, self.catalogue = db, catalogue
        own = [f for f in catalogue.features if f.source == "activity"]
        kinds = {kind for f in own for kind in (*(f.kinds or ()), f.after)} - {None}
        self.kinds = texts(sorted(map(str, kinds)))
        self.windows = sorted({f.window_days for f in own if f.statistic == "count" and f.window_days})

    def column(self, feature: Feature) -> list[Any]:
        """Return one value a look."""
        query = self.query(feature)
        return [value for (value,) in self.db.execute(f"SELECT v FROM ({query}) ORDER BY row").fetchall()]

    def query(self, feature: Feature) -> str:  # noqa: PLR0911 (a way each)
        """Return a query of `row` and `v`."""
        if feature.statistic == "completeness":
            return self.completeness()
        if feature.statistic == "pair":
            return self.pair(feature)
        if feature.attribute and feature.source in ("attribute", "account"):
            return self.attribute(feature)
        if feature.source in ("lead", "calendar"):
            return self.of_lead(feature)
        if feature.source == "stage" or feature.statistic in ("earlier_conversions", "days_since_conversion"):
            return self.of_outcomes(feature)
        if feature.statistic in ("colleagues", "new_colleagues"):
            since = f"AND o.created_at >= {begin(feature)}" if feature.window_days else ""
            return (
                "SELECT l.row, count(o.lead_no) AS v FROM look l LEFT JOIN leads o ON o.account_no = l.account_no "
                f"AND o.lead_no <> l.lead_no AND o.created_at < l.as_of {since} GROUP BY l.row"
            )
        return self.of_activities(feature)

    def of_activities(self, feature: Feature) -> str:
        """Return a query over the rows of the lead, of its colleagues, or of all of them."""
        whole = {"count_of_all": "count", "active_people": "active_colleagues", "decayed_of_all": "decayed"}
        table = "mine" if feature.source == "activity" else "everyone" if feature.statistic in whole else "theirs"
        statistic = whole.get(feature.statistic, feature.statistic)
        if statistic in ("busiest_day", "busiest_hour"):
            part = statistic.removeprefix("busiest_")
            inner = (
                f"SELECT row, count(*) AS n FROM {table} r WHERE {inside(feature)} "
                f"GROUP BY row, date_trunc('{part}', occurred_at)"
            )
            return f"SELECT l.row, coalesce(max(n), 0) AS v FROM look l LEFT JOIN ({inner}) USING (row) GROUP BY l.row"
        if statistic in ("answered_share", "answer_days", "unanswered"):
            return of_answers(feature, statistic)
        value = EXPRESSIONS[statistic](feature, self)
        return f"SELECT l.row, {value} AS v FROM look l LEFT JOIN {table} r USING (row) GROUP BY l.row, l.as_of"

    def of_lead(self, feature: Feature) -> str:
        """Return a query over the leads alone."""
        month = "2 * pi() * month(l.as_of) / 12"
        value = {
            "age": f"(epoch_us(l.as_of) - epoch_us(o.created_at)) / {DAY}",
            "weekday": "isodow(o.created_at) - 1",
            "hour": "hour(o.created_at)",
            "month_sin": f"sin({month})",
            "month_cos": f"cos({month})",
            "email_kind": "o.email_kind",
        }[feature.statistic]
        return f"SELECT l.row, {value} AS v FROM look l JOIN leads o USING (lead_no)"

    def of_outcomes(self, feature: Feature) -> str:
        """Return a query over stages that the lead, or others of its account, reached."""
        stages = texts(feature.kinds or ())
        if feature.source == "stage":
            last = f"(epoch_us(l.as_of) - max(epoch_us(r.occurred_at))) / {DAY}"
            return (
                f"SELECT l.row, {last} AS v FROM look l LEFT JOIN outcomes r ON r.lead_no = l.lead_no "
                f"AND r.stage IN {stages} AND {KNOWN} GROUP BY l.row, l.as_of"
            )
        firsts = (
            "SELECT l.row, l.as_of, r.lead_no, arg_min(r.occurred_at, (r.known_at, r.occurred_at)) AS won_at "
            "FROM look l JOIN leads o ON o.account_no = l.account_no AND o.lead_no <> l.lead_no "
            f"JOIN outcomes r ON r.lead_no = o.lead_no AND r.stage IN {stages} AND {KNOWN} GROUP BY ALL"
        )
        counts = feature.statistic == "earlier_conversions"
        value = "count(won_at)" if counts else f"(epoch_us(l.as_of) - max(epoch_us(won_at))) / {DAY}"
        return f"SELECT l.row, {value} AS v FROM look l LEFT JOIN ({firsts}) USING (row) GROUP BY l.row, l.as_of"

    def attribute(self, feature: Feature) -> str:
        """Return a query of an attribute's value, or of what is made of it."""
        table = "leads" if feature.source == "attribute" else "accounts"
        value = self.level(table, str(feature.attribute), feature)
        if feature.statistic == "days_since":
            value = f"(epoch_us(l.as_of) - epoch_us({value})) / {DAY}"
        return f"SELECT l.row, {value} AS v FROM {self.everybody()}"

    def pair(self, feature: Feature) -> str:
        """Return a query of two attributes as one."""
        table, other = str(feature.other_attribute).split(".")
        own = "leads" if feature.source == "attribute" else "accounts"
        one, two = self.level(own, str(feature.attribute), feature), self.level(table, other, feature)
        return f"SELECT l.row, {one} || ' × ' || {two} AS v FROM {self.everybody()}"

    def completeness(self) -> str:
        """Return a query of how many attributes are known."""
        parts = [f for f in self.catalogue.features if f.attribute and f.statistic in ("value", "days_since")]
        tables = {"attribute": "leads", "account": "accounts"}
        known = [f"({self.level(tables[f.source], str(f.attribute), f)} IS NOT NULL)::INT" for f in parts]
        return f"SELECT l.row, ({' + '.join(known)}) / {len(parts)} AS v FROM {self.everybody()}"

    def everybody(self) -> str:
        """Return looks with their lead and its account."""
        return "look l JOIN leads USING (lead_no) LEFT JOIN accounts ON accounts.account_no = l.account_no"

    def level(self, table: str, name: str, feature: Feature) -> str:
        """Return an expression of an attribute: null before it was known, a number in its band if that is asked."""
        column, columns = f'{table}."{name}"', self.db.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
        value = column
        is_number = any(name == each[0] and str(each[1]) in ("DOUBLE", "NUMBER") for each in columns)
        if feature.cuts and is_number:
            rising = sorted(feature.cuts)
            cases = [f"WHEN {column} < {rising[0]} THEN '<{rising[0]:g}'"]
            cases += [f"WHEN {column} < {high} THEN '{low:g}-<{high:g}'" for low, high in pairwise(rising)]
            value = f"CASE {' '.join(cases)} WHEN {column} IS NOT NULL THEN '{rising[-1]:g}+' END"
        if any(each[0] == f"{name}__known_at" for each in columns):
            value = f'CASE WHEN {table}."{name}__known_at" < l.as_of THEN {value} END'
        return value


def of_answers(feature: Feature, statistic: str) -> str:
    """Return a query over what was sent and the first answer after each."""
    is_answer = f"a.kind IN {texts(feature.kinds)}" if feature.kinds else "a.direction = 'inbound'"
    touch = inside(feature.model_copy(update={"kinds": None, "direction": "outbound"}))
    waits = (
        "SELECT row, min(epoch_us(a.occurred_at)) - epoch_us(r.occurred_at) AS wait FROM "
        f"(SELECT *, row_number() OVER () AS touch FROM mine r WHERE {touch}) r "
        f"LEFT JOIN mine a ON a.row = r.row AND {is_answer} AND a.occurred_at > r.occurred_at "
        "GROUP BY r.row, touch, r.occurred_at"
    ).replace("SELECT row, min", "SELECT r.row, min")
    in_time = f"FILTER (wait <= {(feature.within_days or 0) * DAY})"
    value = {
        "answered_share": f"count(*) {in_time} / nullif(count(w.row), 0)",
        "answer_days": f"avg(wait / {DAY}) {in_time}",
        "unanswered": "count(*) FILTER (w.row IS NOT NULL AND wait IS NULL)",
    }[statistic]
    return f"SELECT l.row, {value} AS v FROM look l LEFT JOIN ({waits}) w ON w.row = l.row GROUP BY l.row"


def texts(values: Any) -> str:
    """Return a list of texts in SQL; one that nothing equals if there are none."""
    quoted = [f"'{str(value).replace(chr(39), chr(39) * 2)}'" for value in values]
    return f"({', '.join(quoted) or 'NULL'})"


def begin(feature: Feature) -> str:
    """Return where the feature's window begins."""
    return f"l.as_of - INTERVAL {feature.window_days} DAY"


def inside(feature: Feature, table: str = "r") -> str:
    """Return the condition that an activity lies in the feature's window and is of its kinds."""
    conditions = [f"{table}.row IS NOT NULL"]
    if feature.window_days and feature.statistic not in ("decayed", "decayed_of_all"):
        conditions.append(f"{table}.age <= {feature.window_days * DAY}")
    if feature.kinds:
        conditions.append(f"{table}.kind IN {texts(feature.kinds)}")
    if feature.direction:
        conditions.append(f"{table}.direction = '{feature.direction}'")
    if feature.topics:
        conditions.append(f"{table}.topic IN {texts(feature.topics)}")
    return " AND ".join(conditions)


def n(feature: Feature, more: str = "TRUE", **changed: Any) -> str:
    """Return how many activities there are."""
    return f"count(*) FILTER ({inside(feature.model_copy(update=changed))} AND {more})"


def clock(feature: Feature, condition: str) -> str:
    """Return a share of what the lead itself did by a condition on local time `t`."""
    local = LOCAL[feature.zone or "UTC"]
    own = "r.direction IS DISTINCT FROM 'outbound'"
    return f"{n(feature, f'{own} AND {condition.format(t=local)}')} / nullif({n(feature, own)}, 0)"


def acceleration(feature: Feature, asker: Asker) -> str:
    """Return the change of the change of the daily rate."""
    a, b, c = asker.windows[asker.windows.index(feature.window_days) :][:3]
    short, middle, long = (n(feature, window_days=days) for days in (a, b, c))
    before = f"({middle} - {short}) / {b - a}"
    return f"({short} / {a} - {before}) - ({before} - ({long} - {middle}) / {c - b})"


def trend(feature: Feature, asker: Asker) -> str:
    """Return the rate as a multiple of the rate in the next longer window."""
    short, longer = asker.windows[asker.windows.index(feature.window_days) :][:2]
    return f"{n(feature)} / nullif({n(feature, window_days=longer)}, 0) * {longer} / {short}"


def end_kind(asker: Asker, order: str) -> str:
    """Return the kind of the first row in an order, 'other' if it has no features."""
    is_known = f"r.kind IN {asker.kinds}"
    first = f"arg_min(CASE WHEN {is_known} THEN r.kind ELSE 'other' END, ({order}, NOT {is_known}, r.kind))"
    return f"{first} FILTER (r.row IS NOT NULL)"


EXPRESSIONS: dict[str, Callable[[Feature, Asker], str]] = {
    "count": lambda f, _: n(f),
    "days_since_last": lambda f, _: f"min(r.age) FILTER ({inside(f)}) / {DAY}",
    "days_since_first": lambda f, _: f"max(r.age) FILTER ({inside(f)}) / {DAY}",
    "decayed": lambda f, _: f"coalesce(sum(exp(-r.age / {(f.window_days or 0) * DAY}.0)) FILTER ({inside(f)}), 0)",
    "active_colleagues": lambda f, _: f"count(DISTINCT r.who) FILTER ({inside(f)})",
    "days_active": lambda f, _: f"count(DISTINCT r.occurred_at::DATE) FILTER ({inside(f)})",
    "distinct_kinds": lambda f, a: f"count(DISTINCT r.kind) FILTER ({inside(f)} AND r.kind IN {a.kinds})",
    "distinct_topics": lambda f, _: f"count(DISTINCT r.topic) FILTER ({inside(f)})",
    "share_inbound": lambda f, _: f"{n(f, direction='inbound')} / nullif({n(f, 'r.direction IS NOT NULL')}, 0)",
    "share_working_hours": lambda f, _: clock(f, "isodow({t}) <= 5 AND hour({t}) >= 9 AND hour({t}) < 18"),
    "share_weekend": lambda f, _: clock(f, "isodow({t}) >= 6"),
    "trend": trend,
    "acceleration": acceleration,
    "first_kind": lambda _, a: end_kind(a, "r.occurred_at"),
    "last_kind": lambda _, a: end_kind(a, "r.age"),
    "days_until_first": lambda f, _: f"(max(r.age) - max(r.age) FILTER ({inside(f)})) / {DAY}",
    "happened_after": lambda f, _: (
        f"coalesce(min(r.age) FILTER ({inside(f)}) < max(r.age) FILTER (r.kind IN {texts((f.after,))}), FALSE)"
    ),
}
