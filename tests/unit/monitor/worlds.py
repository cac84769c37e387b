"""The small company again, in worlds where something has changed since its model was made."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from predictive_scoring.contract.history import LEADS, OUTCOMES, History, RowAccount
from predictive_scoring.monitor.runs import PastRun
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.write import write_scores
from predictive_scoring.storage import read_parquet, write_parquet
from small_company import CHANNEL, END, small_history

BUSY = END - timedelta(days=60)  # new leads come in until 40 days before the end


def world(folder: Path, seed: int, n_leads: int = 2000) -> History:
    """Return another history by the same law."""
    return counted(small_history(folder, seed=seed, n_leads=n_leads))


def counted(history: History) -> History:
    """Return a history that knows how many rows its leads have, as extract would say."""
    n_leads = len(read_parquet(history.path("leads"), ["lead_no"]))
    rows = {"leads": RowAccount(read=n_leads, kept=n_leads)}
    return History(history.folder, history.facts.model_copy(update={"rows": rows}))


def with_leads(history: History, change: Callable[[pd.DataFrame], pd.DataFrame]) -> History:
    """Change the table of leads in place."""
    schema = LEADS.append(pa.field(CHANNEL.name, pa.string()))
    frame = change(read_parquet(history.path("leads")).to_pandas())
    write_parquet(history.path("leads"), pa.Table.from_pandas(frame, schema, preserve_index=False))
    return history


def with_activities(history: History, change: Callable[[pd.DataFrame], pd.DataFrame]) -> History:
    """Change the table of activities in place; it is sorted again."""
    table = read_parquet(history.path("activities"))
    frame = change(table.to_pandas()).sort_values(["account_no", "known_at", "lead_no", "occurred_at", "kind"])
    write_parquet(history.path("activities"), pa.Table.from_pandas(frame, table.schema, preserve_index=False))
    return history


def with_conversions(history: History, keen: float, others: float, seed: int = 1) -> History:
    """Draw anew who buys: leads with many activities with the chance `keen`, the rest with `others`."""
    rng = np.random.default_rng(seed)
    leads = read_parquet(history.path("leads")).to_pandas()
    acts = read_parquet(history.path("activities"), ["lead_no"]).to_pandas()["lead_no"].value_counts()
    many = leads["lead_no"].map(acts).fillna(0) >= 6
    buys = rng.random(len(leads)) < np.where(many, keen, others)
    at = leads["created_at"] + pd.to_timedelta(10 + 35 * rng.random(len(leads)), unit="D").floor("us")
    rows = leads[buys & (at < END)][["lead_no", "lead_id"]].assign(
        occurred_at=at, known_at=at, stage="won", amount=np.nan, reason=None
    )
    write_parquet(history.path("outcomes"), pa.Table.from_pandas(rows, OUTCOMES, preserve_index=False))
    return history


def scored_run(bundle: Bundle, history: History, as_of: datetime, folder: Path) -> PastRun:
    """Score a history into a folder and return it as a past run."""
    write_scores(bundle, history, as_of, folder)
    return PastRun.load(folder)
