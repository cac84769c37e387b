"""Whether there is anything to learn: the target's stage occurs, labels can be mature, enough leads convert."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pyarrow.compute as pc

from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.known_leads import KnownLeads
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.errors import counted
from predictive_scoring.snapshots.instants import NEVER
from predictive_scoring.snapshots.labels import MINUTE
from predictive_scoring.storage import read_parquet

MIN_LEADS: Final = 30
MAX_STAGES: Final = 20  # that are listed


def label_findings(history: History, target: Target, n_enough: int, known: KnownLeads) -> Iterator[Finding]:
    """Yield what keeps a target from being learned, or makes it hard; `n_enough` converting leads make no warning."""
    if known.n_leads == 0:
        yield _refused(
            "label.no_leads", 0, "no lead was kept", "check the path of tables.leads, and what `only` selects"
        )
        return
    if not history.facts.flat:
        yield from _stages(history, target)
    if len(known) == 0:
        yield _immature(history, target, known.n_leads)
        return
    yield from _at_creation(known)
    n_other = len(known) - known.n_converted
    if min(known.n_converted, n_other) == 0:
        which = "no lead converts" if known.n_converted == 0 else "every lead converts"
        yield _refused(
            "label.one_class", len(known), f"{which}, of {len(known):,} whose outcome is known", _what_to_map(history)
        )
    elif known.n_converted < n_enough:
        yield Finding(
            id="label.few_conversions", severity="warn", n=known.n_converted, table="outcomes",
            what=f"{counted(known.n_converted, 'converting lead')}; with fewer than {n_enough} a model is rough and "
            "little can be said of how good it is",
            fix="give a longer history, or predict an earlier stage",
        )  # fmt: skip


def _at_creation(known: KnownLeads) -> Iterator[Finding]:
    """Find leads that the CRM seems to create when they convert."""
    apart = (known.reached - known.created)[known.reached < NEVER]
    n_at_once = int((apart < MINUTE).sum())
    if len(apart) >= MIN_LEADS and n_at_once * 2 > len(apart):
        yield Finding(
            id="label.outcome_at_creation", severity="warn", n=n_at_once, table="leads", column="created_at",
            what=f"{n_at_once:,} of {len(apart):,} converting leads convert within a minute of their creation: the CRM "
            "seems to create them when they convert",
            fix="map when the lead first came in, not when it became a deal",
        )  # fmt: skip


def _stages(history: History, target: Target) -> Iterator[Finding]:
    found = set(read_parquet(history.path("outcomes"), ["stage"])["stage"].unique().to_pylist())
    if target.stage not in found:
        yield _refused(
            "label.stage_never_occurs", 0, f"stage {target.stage!r} of the target never occurs in the outcomes",
            f"name one that does ({_some(found)}) as `stage` in params.yaml, or map it under tables.outcomes.stages",
        )  # fmt: skip
    for stage in sorted(set(target.end_stages) - found):
        yield Finding(
            id="label.end_stage_never_occurs", severity="warn", n=0, table="outcomes", column=stage,
            what=f"end stage {stage!r} never occurs in the outcomes, so no lead is closed by it",
            fix="correct `end_stages` in params.yaml, or map it under tables.outcomes.stages",
        )  # fmt: skip


def _some(stages: set[str]) -> str:
    """Return the stages, or the first of them: a column that holds no stages at all may hold a value for every row."""
    first = ", ".join(sorted(stages)[:MAX_STAGES]) or "there are none"
    return first if len(stages) <= MAX_STAGES else f"{first} and {len(stages) - MAX_STAGES:,} more"


def _immature(history: History, target: Target, n_leads: int) -> Finding:
    if history.facts.flat:
        return _refused(
            "label.unknown",
            n_leads,
            f"the outcome is blank everywhere ({counted(n_leads, 'lead')})",
            "check `outcome` under tables.leads",
        )
    first = pc.min(read_parquet(history.path("leads"), ["created_at"])["created_at"]).as_py()
    until = history.facts.observed_until
    span = (until - first) // timedelta(days=1) if first and until else 0
    return _refused(
        "label.immature", n_leads,
        f"no label can be mature: the history spans {span:,} days, the horizon is {target.horizon.days:,}",
        "give a longer history, or a shorter horizon_days in params.yaml",
    )  # fmt: skip


def _what_to_map(history: History) -> str:
    if history.facts.flat:
        return "check `converted` under tables.leads.outcome: the values that mean yes"
    return "check the target's stage in params.yaml, and tables.outcomes"


def _refused(identity: str, n: int, what: str, fix: str) -> Finding:
    return Finding(id=identity, severity="refuse", n=n, table="outcomes", what=what, fix=fix)
