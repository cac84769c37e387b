"""A list of values that was translated or renamed since the model learned it: scores would decay without a sign."""

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from predictive_scoring.contract.history import History
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.definition import Feature
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.storage import read_json, read_parquet

ENOUGH_LEADS = 50
ENOUGH_ACTIVITIES = 200
USUAL = "reference_inputs.json"  # a bundle of before it was there has none


def refuse_unseen(bundle: Bundle, history: History, as_of: datetime, max_share: float) -> None:
    """Refuse a history in which many more leads than usual have values that the model does not know.

    Looked at are leads young enough to be scored, attribute by attribute, and the kinds of activities of that time.

    Parameters
    ----------
    max_share
        By how much the share of such leads may exceed what it was when the model was made.

    Raises
    ------
    DataContractError
        Naming each attribute and its share, never a value.
    """
    _refuse_unseen_kinds(bundle, history, as_of, max_share)
    usual = _usual_shares(bundle)
    shares = {}
    for feature in filter(_is_read_as_written, bundle.catalogue.features):
        share = _unseen_share(history, feature, bundle.levels[feature.name], _young(bundle, as_of))
        if share > usual.get(feature.name, 0.0) + max_share:
            shares[str(feature.attribute)] = share
    if shares:
        raise DataContractError(
            f"leads: values of {len(shares)} attribute(s) are not those that the model learned",
            found=", ".join(f"{name}: unknown for {share:.0%} of the leads" for name, share in shares.items()),
            expected=f"at most {max_share:.0%} more than when it learned (score.max_unseen_share)",
            fix="export them as before (a list of values may have been translated), or train anew if they are meant",
        )


def _refuse_unseen_kinds(bundle: Bundle, history: History, as_of: datetime, max_share: float) -> None:
    features = bundle.catalogue.features
    first = next((feature.name for feature in features if feature.statistic == "first_kind"), None)
    if first is None:  # a model that learned nothing from activities
        return
    known = {*bundle.levels[first], *(kind for feature in features for kind in feature.kinds or ())}
    start, end = _young(bundle, as_of)
    between = (ds.field("occurred_at") >= start) & (ds.field("occurred_at") < end)
    kinds = ds.dataset(history.path("activities")).to_table(["kind"], filter=between)["kind"].cast(pa.string())
    if len(kinds) < ENOUGH_ACTIVITIES:
        return
    unknown = pc.invert(pc.is_in(kinds, value_set=pa.array(sorted(known), pa.string())))
    share = float(pc.mean(unknown.cast(pa.float64())).as_py())
    if share > max_share:
        raise DataContractError(
            f"activities: kinds of {share:.0%} of the rows are not those that the model learned",
            found=f"{len(pc.unique(kinds.filter(unknown)))} new kinds since {start:%Y-%m-%d}; it knows {len(known)}",
            expected=f"at most {max_share:.0%} of the rows (score.max_unseen_share)",
            fix="export them as before (kinds renamed, or another `encoding`?), or train anew if they are meant",
        )


def _usual_shares(bundle: Bundle) -> dict[str, float]:
    if USUAL not in bundle.manifest.files:
        return {}
    profiles = read_json(bundle.folder / USUAL)["profiles"]
    return {profile["name"]: profile["unknown_share"] for profile in profiles}


def _young(bundle: Bundle, as_of: datetime) -> tuple[datetime, datetime]:
    return as_of - timedelta(days=bundle.terms.snapshots.max_age_days), as_of


def _is_read_as_written(feature: Feature) -> bool:
    """Whether a feature's levels are the values of a column: not made of them, as regions, bands, job levels are."""
    return feature.source == "attribute" and feature.type == "category" and feature.statistic == "value"


def _unseen_share(
    history: History, feature: Feature, known: tuple[str, ...], between: tuple[datetime, datetime]
) -> float:
    path, name = history.folder / "leads.parquet", str(feature.attribute)
    names = pq.read_schema(path).names
    if name not in names:
        return 0.0
    table = read_parquet(path, [name, "created_at"])
    created = table["created_at"]
    young = pc.and_(pc.greater_equal(created, pa.scalar(between[0], created.type)), pc.less(created, between[1]))
    values = table.filter(pc.fill_null(young, True))[name].cast(pa.string()).drop_null()
    if len(values) < ENOUGH_LEADS:
        return 0.0
    return 1.0 - float(pc.mean(pc.is_in(values, value_set=pa.array(known, pa.string())).cast(pa.float64())).as_py())
