"""How many leads and activities came in lately, by channel and kind, against the periods before."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.findings import percent
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.monitor.findings import Finding, alarm, note
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.instants import DAY, micros_of, to_micros
from predictive_scoring.storage import read_parquet

MAX_GROUPS = 40
# Standard errors. A Poisson count is so far off once in 16,000 quiet weeks; one whose spread is judged from eight
# periods alone, once in 190: so a count must be off by `volume_factor` as well.
_Z = 4.0
NO_LEAD = "without a lead"


@dataclass(frozen=True)
class Volume:
    """Rows of one group in the last period, and per period before it."""

    of: str  # leads; leads by channel; activities by kind …
    group: str
    latest: int
    usual: float
    z: float
    unusual: bool

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class Periods:
    """Half-open periods of equal length up to an instant, the latest last."""

    end: int  # microseconds
    days: int
    n_before: int

    def place(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the period of each instant, -1 outside all of them."""
        back = (self.end - 1 - instants) // (self.days * DAY)
        return np.where((back >= 0) & (back <= self.n_before), self.n_before - back, -1)

    def counts(self, instants: NDArray[np.int64], groups: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
        """Return rows by group and period, shape (n_groups, n_before + 1)."""
        place = self.place(instants)
        inside = place >= 0
        flat = groups[inside] * (self.n_before + 1) + place[inside]
        counted = np.bincount(flat, minlength=n_groups * (self.n_before + 1))
        return np.asarray(counted.reshape(n_groups, self.n_before + 1), dtype=np.int64)


def volumes(history: History, catalogue: Catalogue, as_of: datetime, settings: Monitor) -> list[Volume]:
    """Return the volume of leads, of leads by each attribute that names their source, and of activities by kind.

    Leads count when they were created, activities when they became known. Nothing is returned for a history that
    does not reach back far enough, or has no time.
    """
    end = min(as_of, history.facts.observed_until or as_of)
    periods = Periods(to_micros(end), settings.period_days, settings.n_periods)
    leads = read_parquet(history.path("leads"))
    created = micros_of(leads["created_at"])
    start = periods.end - (settings.n_periods + 1) * settings.period_days * DAY
    if history.facts.flat or not len(created) or int(created.min()) > start:
        return []
    found = _judged("leads", ["all"], periods.counts(created, np.zeros(len(created), np.int64), 1), settings)
    for attribute in source_attributes(catalogue, leads.column_names):
        groups, names = _groups(leads[attribute])
        found += _judged(f"leads by {attribute}", names, periods.counts(created, groups, len(names)), settings)
    kinds, counts = _activities(history, periods)
    return found + _judged("activities by kind", kinds, counts, settings)


def source_attributes(catalogue: Catalogue, columns: list[str]) -> list[str]:
    """Return the categories of leads that say where they come from, as the catalogue groups them."""
    groups = {concept.name: concept.group for concept in catalogue.concepts}
    chosen = [
        feature.attribute
        for feature in catalogue.features
        if feature.source == "attribute" and feature.type == "category" and groups[feature.concept] == "source"
    ]
    return [name for name in chosen if name in columns]


def _groups(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return each row's group and the groups' names: the commonest values, then 'other'."""
    counted = pc.value_counts(column.drop_null())
    ranked = sorted(counted.to_pylist(), key=lambda row: (-row["counts"], str(row["values"])))[:MAX_GROUPS]
    names = [str(row["values"]) for row in ranked]
    places = pc.fill_null(pc.index_in(column, pa.array(names, column.type)), len(names))
    return places.to_numpy().astype(np.int64), [*names, "other or missing"]


def _activities(history: History, periods: Periods) -> tuple[list[str], NDArray[np.int64]]:
    found: dict[str, NDArray[np.int64]] = {}
    zero = np.zeros(periods.n_before + 1, np.int64)
    for batch in ActivityStream(history, ["known_at", "kind", "lead_no"]).batches():
        known, kinds = micros_of(batch["known_at"]), batch["kind"].cast(pa.string()).dictionary_encode()
        names = kinds.dictionary.to_pylist()
        codes = kinds.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        for name, row in zip(names, periods.counts(known, codes, len(names)), strict=True):
            found[name] = found.get(name, zero) + row
        alone = batch["lead_no"].is_null().to_numpy(zero_copy_only=False)
        row = periods.counts(known[alone], np.zeros(int(alone.sum()), np.int64), 1)[0]
        found[NO_LEAD] = found.get(NO_LEAD, zero) + row
    names = sorted(found)
    return names, np.array([found[name] for name in names]).reshape(len(names), periods.n_before + 1)


def _judged(of: str, names: list[str], counts: NDArray[np.int64], settings: Monitor) -> list[Volume]:
    """Return which groups came more or less often than they vary by themselves (a Poisson count, overdispersed)."""
    before, latest = counts[:, :-1], counts[:, -1]
    usual = before.mean(axis=1)
    spread = np.maximum(before.var(axis=1, ddof=1), np.maximum(usual, 1.0)) * (1 + 1 / settings.n_periods)
    z = (latest - usual) / np.sqrt(spread)
    far = (latest >= settings.volume_factor * usual) | (latest <= usual / settings.volume_factor)
    unusual = far & (np.abs(z) >= _Z) & (np.abs(latest - usual) >= settings.min_volume)
    return [
        Volume(of, name, int(latest[row]), float(usual[row]), float(z[row]), bool(unusual[row]))
        for row, name in enumerate(names)
    ]


def volume_findings(found: list[Volume], settings: Monitor) -> Iterator[Finding]:
    """Yield an alarm for each group that flooded, dried up or vanished, and for activities that lost their leads."""
    if not found:
        text = f"volumes are not compared: fewer than {settings.n_periods + 1} periods of history before the instant"
        yield note("volume", "input", text)
    for volume in found:
        if volume.unusual and volume.group != NO_LEAD:
            word = "flooded" if volume.latest > volume.usual else "dried up" if volume.latest else "vanished"
            counts = f"{volume.latest:,} in the last {settings.period_days} days, {volume.usual:,.0f} usually"
            yield alarm("volume", "input", f"{volume.of}, {volume.group!r} {word}: {counts}")
    yield from _join_findings(found, settings)


def unjoined(found: list[Volume]) -> tuple[float, float] | None:
    """Return the share of activities that found no lead: in the last period, and usually."""
    kinds = [volume for volume in found if volume.of == "activities by kind" and volume.group != NO_LEAD]
    lost = [volume for volume in found if volume.group == NO_LEAD]
    latest, usual = sum(volume.latest for volume in kinds), sum(volume.usual for volume in kinds)
    if not lost or not latest or not usual:
        return None
    return lost[0].latest / latest, lost[0].usual / usual


def _join_findings(found: list[Volume], settings: Monitor) -> Iterator[Finding]:
    shares = unjoined(found)
    lost = [volume for volume in found if volume.group == NO_LEAD]
    if shares is None or shares[0] - shares[1] <= settings.max_join_loss or lost[0].latest < settings.min_volume:
        return
    text = f"{percent(shares[0])} of the latest activities belong to no lead, {percent(shares[1])} usually"
    yield alarm("identity_join", "input", f"{text}: has the form of an id changed?")
