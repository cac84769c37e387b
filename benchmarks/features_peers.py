"""The same features by other means: idiomatic pandas here, and Featuretools where a Python with it runs this file.

Nothing of the package is imported at the top: Featuretools' Python does not have it.
"""

import argparse
import json
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SHARED = {
    "count", "days_since_last", "days_active", "distinct_kinds", "distinct_topics", "decayed", "trend",
    "days_since_first", "active_colleagues",
}  # fmt: skip
OF_COLLEAGUES = {"count", "active_colleagues"}
DAY = pd.Timedelta(days=1)


def shared_with_pandas(catalogue: Any) -> Any:
    """Return the part of a catalogue that `by_pandas` computes."""
    kept = [f for f in catalogue.features if f.source in ("activity", "account") and f.statistic in SHARED]
    kept = [f for f in kept if f.source == "activity" or (f.concept == "colleagues" and f.statistic in OF_COLLEAGUES)]
    return catalogue.model_copy(update={"features": tuple(kept)})


def by_pandas(history: Any, looks: Any, catalogue: Any) -> pd.DataFrame:
    """Return the features of one look a lead as a pandas user would: a join with the looks, masks, grouped sums."""
    columns = ["account_no", "lead_no", "occurred_at", "known_at", "kind", "topic", "direction"]
    rows = pd.read_parquet(history.path("activities"), columns=columns)
    rows = rows.astype({"kind": "category", "topic": "category", "direction": "category"})
    asked = looks.select(["lead_no", "account_no", "as_of"]).to_pandas().set_index("lead_no")
    own = rows.dropna(subset="lead_no").astype({"lead_no": np.int64}).join(asked["as_of"], on="lead_no")
    own = own[own["known_at"] < own["as_of"]]
    at_account = rows.merge(
        asked["as_of"].rename_axis("who").reset_index().assign(account_no=asked["account_no"].values)
    )
    at_account = at_account[
        (at_account["known_at"] < at_account["as_of"]) & (at_account["lead_no"] != at_account["who"])
    ]
    made = {feature.name: _column(feature, own, at_account, asked, catalogue) for feature in catalogue.features}
    return pd.DataFrame(made)


def _column(feature: Any, own: pd.DataFrame, others: pd.DataFrame, asked: pd.DataFrame, catalogue: Any) -> Any:
    if feature.source == "account":
        inside = others[others["occurred_at"] >= others["as_of"] - feature.window_days * DAY].groupby("who")
        found = inside.size() if feature.statistic == "count" else inside["lead_no"].nunique()
        return found.reindex(asked.index, fill_value=0)
    rows = own
    if feature.kinds:
        rows = rows[rows["kind"] == feature.kinds[0]]
    if feature.direction:
        rows = rows[rows["direction"] == feature.direction]
    if feature.statistic == "trend":
        windows = sorted({f.window_days for f in catalogue.features if f.window_days and f.statistic == "count"})
        longer = windows[windows.index(feature.window_days) + 1]
        short, long = (_inside(rows, days).groupby("lead_no").size() for days in (feature.window_days, longer))
        rate = short.reindex(asked.index, fill_value=0) / long.reindex(asked.index)
        return rate * (longer / feature.window_days)
    if feature.statistic in ("days_since_last", "days_since_first"):
        part = rows.groupby("lead_no")["occurred_at"]
        when = part.max() if feature.statistic == "days_since_last" else part.min()
        return (asked["as_of"] - when.reindex(asked.index)) / DAY
    if feature.statistic == "decayed":
        weight = np.exp(-((rows["as_of"] - rows["occurred_at"]) / DAY) / feature.window_days)
        return weight.groupby(rows["lead_no"]).sum().reindex(asked.index, fill_value=0.0)
    return _in_window(feature.statistic, _inside(rows, feature.window_days)).reindex(asked.index, fill_value=0)


def _in_window(statistic: str, rows: pd.DataFrame) -> "pd.Series[Any]":
    grouped = rows.groupby("lead_no")
    if statistic == "count":
        return grouped.size()
    if statistic == "days_active":
        return rows["occurred_at"].dt.floor("D").groupby(rows["lead_no"]).nunique()
    return grouped["kind" if statistic == "distinct_kinds" else "topic"].nunique()


def _inside(rows: pd.DataFrame, days: int) -> pd.DataFrame:
    return rows[rows["occurred_at"] >= rows["as_of"] - days * DAY]


def by_featuretools(folder: Path) -> dict[str, Any]:
    """Compute counts, recency and variety by kind in three windows with cut-off times; return its cost."""
    import featuretools as ft

    warnings.simplefilter("ignore")
    leads = pd.read_parquet(folder / "leads.parquet", columns=["lead_no", "account_no", "created_at"])
    rows = pd.read_parquet(folder / "activities.parquet")
    rows = rows.dropna(subset=["lead_no"]).astype({"lead_no": np.int64}).reset_index(drop=True)
    for frame in (leads, rows):
        for name in frame.columns[frame.dtypes.astype(str).str.startswith("datetime")]:
            frame[name] = frame[name].dt.tz_localize(None)
    rows["row"] = np.arange(len(rows))
    for name in ("kind", "topic", "direction"):
        rows[name] = rows[name].astype("category")
    kinds = rows["kind"].cat.categories.tolist()
    as_of = leads["created_at"] + pd.to_timedelta(np.random.default_rng(5).integers(1, 180, len(leads)), unit="D")
    cutoffs = pd.DataFrame({"lead_no": leads["lead_no"], "time": as_of})
    kept = ["row", "lead_no", "occurred_at", "known_at", "kind", "topic", "direction"]
    world = ft.EntitySet("history")
    world.add_dataframe(dataframe=leads, dataframe_name="leads", index="lead_no", time_index="created_at")
    world.add_dataframe(dataframe=rows[kept], dataframe_name="activities", index="row", time_index="known_at")
    world.add_relationship("leads", "lead_no", "activities", "lead_no")
    world.add_interesting_values(dataframe_name="activities", values={"kind": kinds})
    cpu, wall = time.process_time(), time.perf_counter()
    n_features = 0
    for days in (7, 30, 90):
        found, _ = ft.dfs(
            entityset=world,
            target_dataframe_name="leads",
            cutoff_time=cutoffs,
            training_window=ft.Timedelta(days, "d"),
            agg_primitives=["count", "num_unique", "time_since_last"],
            where_primitives=["count", "time_since_last"],
            trans_primitives=[],
        )
        n_features += found.shape[1]
    return {
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "looks": len(leads),
        "features": n_features,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["featuretools"], required=True)
    parser.add_argument("--folder", type=Path, required=True)
    print(json.dumps(by_featuretools(parser.parse_args().folder)))
