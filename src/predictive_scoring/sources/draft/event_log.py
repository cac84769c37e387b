"""A log of events that also holds the outcomes: which kinds are ends, and which come with an end or a beginning."""

from dataclasses import dataclass, field

from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.draft.outcome import ours
from predictive_scoring.sources.draft.profile import Column, Look

N_KINDS = 60
NEARLY_ALL = 0.98
SOON_SECONDS = 60.0
ENDED = 0.9  # of the leads with an end have nothing more than a day later
LIFECYCLE = {"schedule", "start", "complete", "suspend", "resume", "withdraw", "assign"}


@dataclass
class LogKinds:
    """The kinds of a log: `ends` by our name for each, `kept` as activities, and why the others are left out."""

    ends: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def has_outcomes(self) -> bool:
        """Whether leads that convert can be told from the log."""
        return "won" in self.ends.values()


@dataclass(frozen=True)
class Log:
    """Where a log of events has its leads, instants (in a format) and kinds, and SQL for the rows that count."""

    look: Look
    lead: Column
    instant: Column
    kind: Column
    form: str | None
    rows_that_count: str = "true"


def log_kinds(engine: Engine, log: Log) -> LogKinds:
    """Return what the kinds of a log are, from their words and from when each happens.

    A kind is an end if its words say so and the lead seldom does anything later; of kinds that come within a minute of
    each other in nearly every lead that has them, one says it all.
    """
    found = LogKinds()
    if not log.kind.levels or len(log.kind.levels) > N_KINDS:
        return found
    _first_of_each_kind(engine, log)
    kinds = {row["kind"]: row for row in engine.sql(_KINDS).to_pylist()}
    pairs = {(row["one"], row["other"]): row for row in engine.sql(_PAIRS).to_pylist()}
    engine.execute("drop table first_of_kind")
    ends = [name for name, row in kinds.items() if ours(name) and row["share_ended"] >= ENDED]
    ends.sort(key=lambda name: (-kinds[name]["n_leads"], name))
    for name in ends:
        if not any(_comes_with(pairs, name, end) for end in found.ends):
            found.ends[name] = ours(name) or ""
    for name, row in sorted(kinds.items(), key=_busiest_and_latest):
        if name in found.ends:
            continue
        end = next((end for end in found.ends if _comes_with(pairs, name, end)), None)
        if end is not None:
            found.left_out[name] = f"it comes within a minute of {end!r}: a look between the two would read the answer"
        elif row["share_at_start"] >= NEARLY_ALL:
            found.left_out[name] = "every lead has it when it begins, so it tells nothing"
        else:
            same = next((kept for kept in found.kept if _are_the_same(pairs, name, kept)), None)
            if same is not None:
                found.left_out[name] = f"it comes with {same!r}, at the same moment and as often"
            else:
                found.kept.append(name)
    return found


def _busiest_and_latest(item: tuple[str, dict[str, float]]) -> tuple[float, float, str]:
    name, row = item
    return -row["n_rows"], -row["seconds_after_start"], name


def _comes_with(pairs: dict[tuple[str, str], dict[str, float]], name: str, end: str) -> bool:
    row = pairs.get((name, end))
    return row is not None and row["share_with_other"] >= NEARLY_ALL and row["seconds_apart"] <= SOON_SECONDS


def _are_the_same(pairs: dict[tuple[str, str], dict[str, float]], name: str, kept: str) -> bool:
    return _comes_with(pairs, name, kept) and _comes_with(pairs, kept, name)


def lifecycle_of(look: Look) -> Column | None:
    """Return the column that says whether a step was scheduled, started or completed, as logs of processes have it."""
    for column in look.columns:
        words = {value.strip().lower() for value, _ in column.levels}
        if len(words) > 1 and "complete" in words and words <= LIFECYCLE:
            return column
    return None


def _first_of_each_kind(engine: Engine, log: Log) -> None:
    lead, kind = log.lead.cell, log.kind.cell
    instant = typing_sql.instant(log.instant.cell, log.form, "UTC")
    engine.execute(
        "create table first_of_kind as with events as ("
        f"select {lead} as lead, {kind} as kind, {instant} as moment from {log.look.rows} where {log.rows_that_count}) "
        "select lead, kind, min(moment) as first_at, max(moment) as last_at, count(*) as n, "
        "min(min(moment)) over (partition by lead) as began_at, max(max(moment)) over (partition by lead) as ended_at "
        "from events where lead is not null and moment is not null and kind is not null group by lead, kind"
    )


_KINDS = f"""
select kind, cast(sum(n) as bigint) as n_rows, count(*) as n_leads,
    avg(cast(ended_at - last_at <= interval 1 day as integer)) as share_ended,
    avg(epoch(last_at) - epoch(began_at)) as seconds_after_start,
    sum(cast(epoch(first_at) - epoch(began_at) <= {SOON_SECONDS} as integer))
        / (select count(distinct lead) from first_of_kind) as share_at_start
from first_of_kind group by kind
"""

_PAIRS = """
select a.kind as one, b.kind as other, median(abs(epoch(a.last_at) - epoch(b.last_at))) as seconds_apart,
    count(*) / any_value(t.n_leads) as share_with_other
from first_of_kind a join first_of_kind b on a.lead = b.lead and a.kind <> b.kind
join (select kind, count(*) as n_leads from first_of_kind group by kind) t on t.kind = a.kind
group by all
"""
