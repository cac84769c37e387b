"""Features that are read from the small tables: attributes, stages, age, calendar, the account's past."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.features.derived import bands, pair_of
from predictive_scoring.features.looks import Column, Facts, LeadLooks, Reader, Registry
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.features.regions import read_regions
from predictive_scoring.features.sweep_state import Floats, Ints
from predictive_scoring.features.titles import read_titles
from predictive_scoring.snapshots.exclusions import known_from
from predictive_scoring.snapshots.instants import DAY, NEVER, micros_of

HOUR: Final = DAY // 24
FIRST_MONDAY: Final = 4 * DAY


def readers(history: History, registry: Registry, catalogue: Catalogue) -> dict[str, Reader]:
    """Return for each feature that is not computed by the sweep a function from looks to its column.

    Raises
    ------
    DataContractError
        If the history lacks attributes that the catalogue reads.
    """
    declared = {(item.table, item.name): item for item in history.facts.attributes}
    lacking = [
        f"{_table(feature)}.{feature.attribute}"
        for feature in catalogue.features
        if _reads_attribute(feature) and (_table(feature), str(feature.attribute)) not in declared
    ]
    if lacking:
        raise DataContractError(
            f"history '{history.facts.name}': {len(lacking)} attributes of the model are not in the source: {lacking}",
            found=sorted(f"{table}.{name}" for table, name in declared),
            fix="declare them in the source file under the names that the model was trained with",
        )
    made: dict[str, Reader] = {}
    for feature in catalogue.features:
        if feature.statistic == "pair":
            made[feature.name] = pair_of(feature, declared, registry)
        elif _reads_attribute(feature):
            made[feature.name] = _attribute(feature, declared[_table(feature), str(feature.attribute)], registry)
        elif feature.source in ("lead", "calendar", "stage") or feature.statistic in ACCOUNT:
            made[feature.name] = _other(feature, registry)
    parts = [f for f in catalogue.features if _reads_attribute(f) and f.statistic in ("value", "days_since")]
    for feature in catalogue.features:
        if feature.statistic == "completeness":
            made[feature.name] = _completeness([made[part.name] for part in parts])
    return made


def _reads_attribute(feature: Feature) -> bool:
    return feature.source in ("attribute", "account") and feature.attribute is not None


def _table(feature: Feature) -> Any:
    return "leads" if feature.source == "attribute" else "accounts"


def _attribute(feature: Feature, declared: Attribute, registry: Registry) -> Reader:
    """Return a reader of an attribute: missing before it was known."""
    table = registry.leads if declared.table == "leads" else registry.account_of_lead
    since = known_from(table, declared.name, declared.known, np.full(len(table), -NEVER, np.int64))
    if feature.statistic in ("job_level", "department"):
        column: pa.Array = read_titles(table[declared.name], feature.statistic)  # type: ignore[arg-type]
    elif feature.statistic == "region":
        column = read_regions(table[declared.name])
    elif feature.cuts is not None:
        column = bands(table[declared.name], feature.cuts)
    elif feature.type == "category":
        column = _one(pc.dictionary_encode(table[declared.name].cast(pa.string())))
    else:
        column = _one(table[declared.name])
    if declared.type == "date":
        dates = micros_of(table[declared.name])
        return lambda looks: _days_since(dates[looks.lead_no], looks, since[looks.lead_no])
    if declared.type == "number" and feature.cuts is None:
        values = np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False))
        return lambda looks: np.where(since[looks.lead_no] < looks.as_of, values[looks.lead_no], np.nan)
    return lambda looks: column.take(pa.array(looks.lead_no, mask=~(since[looks.lead_no] < looks.as_of)))


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return (column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column).combine_chunks()


def _days_since(instant: Ints, looks: LeadLooks, since: Ints) -> Floats:
    told = (since < looks.as_of) & (looks.as_of < NEVER)
    return np.where(told, (looks.as_of - instant) / DAY, np.nan)


def _other(feature: Feature, registry: Registry) -> Reader:
    if feature.statistic == "email_kind":
        kinds = _one(pc.dictionary_encode(registry.leads["email_kind"]))
        return lambda looks: kinds.take(pa.array(looks.lead_no))
    if feature.source == "stage":
        return _stage(registry.reached((feature.kinds or ("",))[0], by_account=False))
    if feature.statistic in ACCOUNT:
        return ACCOUNT[feature.statistic](feature, registry)
    created = registry.created
    return {
        "age": lambda looks: (looks.as_of - created[looks.lead_no]) / DAY,
        "weekday": lambda looks: _of_creation(created[looks.lead_no], FIRST_MONDAY, DAY, 7),
        "hour": lambda looks: _of_creation(created[looks.lead_no], 0, HOUR, 24),
        "month_sin": lambda looks: np.sin(_month_angle(looks.as_of)),
        "month_cos": lambda looks: np.cos(_month_angle(looks.as_of)),
        "completeness": lambda looks: np.full(len(looks), np.nan),  # replaced once its parts are there
    }[feature.statistic]


def _of_creation(created: Ints, origin: int, step: int, period: int) -> Floats:
    """Return the whole steps since the origin modulo the period: the weekday (Monday 0) or the hour, in UTC."""
    part = ((created - origin) // step % period).astype(np.float64)
    return np.where(np.abs(created) < NEVER, part, np.nan)


def _month_angle(as_of: Ints) -> Floats:
    """Return the month (January 1) as an angle: a twelfth of a turn each."""
    month = as_of.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    return 2 * np.pi * month / 12


def _stage(facts: Facts) -> Reader:
    def read(looks: LeadLooks) -> Floats:
        latest = facts.latest(looks.lead_no, looks.as_of)
        return np.where(latest > LONG_AGO, (looks.as_of - latest) / DAY, np.nan)

    return read


def _known_colleagues(_: Feature, registry: Registry) -> Reader:
    creations = registry.creations()

    def read(looks: LeadLooks) -> Floats:
        own = registry.created[looks.lead_no] < looks.as_of
        return (creations.count(looks.account_no, looks.as_of) - own).astype(np.float64)

    return read


def _earlier_conversions(feature: Feature, registry: Registry) -> Reader:
    stage = (feature.kinds or ("",))[0]
    conversions = registry.reached(stage, by_account=True)
    own = registry.reached(stage, by_account=False)

    def read(looks: LeadLooks) -> Floats:
        itself = own.count(looks.lead_no, looks.as_of) > 0
        return (conversions.count(looks.account_no, looks.as_of) - itself).astype(np.float64)

    return read


def _new_colleagues(feature: Feature, registry: Registry) -> Reader:
    creations, window = registry.creations(), (feature.window_days or 0) * DAY

    def read(looks: LeadLooks) -> Floats:
        created, begin = registry.created[looks.lead_no], looks.as_of - window
        n_before = creations.count(looks.account_no, begin)
        own = (created < looks.as_of) & (created >= begin)
        return (creations.count(looks.account_no, looks.as_of) - n_before - own).astype(np.float64)

    return read


def _days_since_conversion(feature: Feature, registry: Registry) -> Reader:
    conversions = registry.reached((feature.kinds or ("",))[0], by_account=True)

    def read(looks: LeadLooks) -> Floats:
        latest = conversions.latest(looks.account_no, looks.as_of)
        return np.where(latest > LONG_AGO, (looks.as_of - latest) / DAY, np.nan)

    return read


ACCOUNT: Final[dict[str, Callable[[Feature, Registry], Reader]]] = {
    "colleagues": _known_colleagues,
    "new_colleagues": _new_colleagues,
    "earlier_conversions": _earlier_conversions,
    "days_since_conversion": _days_since_conversion,
}


def _completeness(parts: list[Reader]) -> Reader:
    def read(looks: LeadLooks) -> Floats:
        known = np.zeros(len(looks), np.float64)
        for part in parts:
            known += _is_known(part(looks))
        return known / len(parts)

    return read


def _is_known(column: Column) -> NDArray[np.bool_]:
    known = ~np.isnan(column) if isinstance(column, np.ndarray) else column.is_valid().to_numpy(zero_copy_only=False)
    return np.asarray(known)
