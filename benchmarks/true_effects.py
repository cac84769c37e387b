"""What each driver of the simulated world truly adds to the log chance of leads, from its coefficients."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.history import History
from predictive_scoring.sources.simulator.coefficients import HALF, WIN, drivers
from predictive_scoring.storage import read_parquet

Floats = np.ndarray
DAY = 86_400_000_000
# Which concepts tell of a driver. Some drivers are told by several columns of the export (a job level is read from the
# title and chosen on the form; revenue goes with size; every visit is browsing) or by several concepts made of the same
# activities (log-ins and use of the product, replies and answers, a colleague's deeds and the company's, days since the
# creation and since the first touch, which is the form that created the lead): their credit is one.
TOLD_BY: dict[str, tuple[str, ...]] = {
    "channel": ("channel",),
    "industry": ("industry",),
    "country": ("country",),
    "size": ("employees", "revenue"),
    "seniority": ("seniority", "job_level"),
    "department": ("department_2", "department"),
    "email_kind": ("email_kind",),
    "stage": ("stage_mql", "stage_sql"),
    "pricing_page_views": ("pricing_page_view",),
    "demo_requests": ("demo_request",),
    "email_replies": ("email_reply", "answers"),
    "product_logins": ("product_login", "usage"),
    "webinars": ("webinar_attended",),
    "browsing": ("engagement", "page_view", "content_download", "form_submit", "email_open", "email_click"),
    "colleagues_activity": ("colleagues", "company"),
    "earlier_win": ("account_history",),
    "budget": ("budget",),
    "age": ("age", "first_touch"),
}
# Drawn without regard to anything: every one must come behind every driver that moves anything to speak of.
NOISE = ("form_language", "newsletter", "founded", "creation_time", "noise_category", "noise_number", "noise_flag")
# Neither: e-mails and calls stir interest only, completeness is made of others.
_OF = {"page_view", "pricing_page_view", "content_download", "webinar_attended", "demo_request", "email_open",
       "email_click", "email_reply", "form_submit", "opt_out"}  # fmt: skip


def true_effects(history: History, rows: pa.Table, frame: pd.DataFrame, horizon_days: int) -> dict[str, Floats]:
    """Return each driver's part of the log of a lead's chance at its look, shape (n,).

    What decays is averaged over the horizon: a visit that is forgotten after two weeks moves the chance of a quarter
    less than that of a day. Only what acts by itself is told, not what it leads to.
    """
    given = drivers()
    decayed = _decayed(history, rows, given["decay_days"])
    sizes = given["employees"]
    band = np.searchsorted(np.array(sizes["band_begins_at"]), frame["account__employees"].to_numpy(), side="right") - 1
    size = np.where(
        np.isnan(frame["account__employees"]), sizes["not_known"], np.array(sizes["effect"])[band.clip(0, 4)]
    )
    mql, sql = (frame[f"stage_{name}__days_since"].notna().to_numpy() for name in ("mql", "sql"))
    decides = frame["lead__seniority"].isin(["c_level", "director"]).to_numpy()
    budget = frame["lead__budget"].to_numpy()
    known = ~np.isnan(budget)
    log_size = np.where(known, np.log(np.where(known, budget, 1.0)), 0.0)
    spread = (log_size - log_size[known].mean()) / log_size[known].std() if known.sum() > 1 else log_size

    def kept(name: str, weight: Any, half: float) -> Floats:
        tau, days = given["decay_days"].get(name, 30.0), np.arange(0, horizon_days, 3.0)
        x = decayed[name][:, None] * np.exp(-days / tau)[None, :]
        return np.asarray(weight * (x / (x + half)).mean(axis=1))

    pricing = WIN.pricing_page_views + decides * WIN.pricing_page_views_of_a_decision_maker
    return {
        **{name: _level(frame[column], given[name]) for name, column in _COLUMNS.items()},
        "size": size,
        "stage": np.where(sql, WIN.stage_sql, np.where(mql, WIN.stage_mql, WIN.stage_none)),
        "pricing_page_views": kept("pricing_page_views", pricing, HALF.pricing_page_views),
        "demo_requests": kept("demo_requests", WIN.demo_requests, HALF.demo_requests),
        "email_replies": kept("email_replies", WIN.email_replies, HALF.email_replies),
        "product_logins": kept("product_logins", WIN.product_logins, HALF.product_logins),
        "webinars": kept("webinars", WIN.webinars, HALF.webinars),
        "browsing": kept("browsing", WIN.browsing, HALF.browsing),
        "colleagues_activity": kept("account_activity", WIN.colleagues_activity, HALF.colleagues_activity),
        "earlier_win": WIN.earlier_win_at_account * (frame["account__conversions"].fillna(0) > 0).to_numpy(),
        "budget": np.where(known, WIN.budget_is_known + WIN.budget_size * spread, 0.0),
        "age": WIN.age_per_100_days * frame["lead__age"].to_numpy() / 100,
    }


_COLUMNS = {
    "channel": "lead__channel",
    "industry": "account__industry",
    "country": "account__country",
    "seniority": "lead__seniority",
    "department": "lead__department_2",
    "email_kind": "lead__email_kind",
}


def _level(values: "pd.Series[Any]", effects: dict[str, float]) -> Floats:
    return np.array([effects.get("" if pd.isna(value) else str(value), effects.get("", 0.0)) for value in values])


def _decayed(history: History, rows: pa.Table, decay_days: dict[str, float]) -> dict[str, Floats]:
    """Return the decayed counts behind the effects, of the lead, and of its account without the lead."""
    leads = read_parquet(history.path("leads"), ["lead_id", "lead_no"])
    number = dict(zip(leads["lead_id"].to_pylist(), leads["lead_no"].to_pylist(), strict=True))
    lead_no = np.array([number[name] for name in rows["lead_id"].to_pylist()])
    account_no, as_of = rows["account_no"].to_numpy(), rows["as_of"].cast(pa.int64()).to_numpy()
    done = read_parquet(history.path("activities"), ["lead_no", "account_no", "occurred_at", "known_at", "kind"])
    done = done.filter(pc.is_valid(done["lead_no"]))
    kind = done["kind"].to_numpy(zero_copy_only=False)
    at = done["occurred_at"].cast(pa.int64()).to_numpy()
    owner, account = done["lead_no"].to_numpy(), done["account_no"].to_numpy()
    wanted = {
        "pricing_page_views": kind == "pricing_page_view",
        "demo_requests": kind == "demo_request",
        "email_replies": kind == "email_reply",
        "product_logins": kind == "product_login",
        "webinars": kind == "webinar_attended",
        "browsing": np.isin(kind, list(_OF)),
        "account_activity": np.isin(kind, list(_OF)),
    }
    found = {}
    for name, rows_of in wanted.items():
        tau = decay_days[name]
        own = _sums(lead_no, as_of, owner[rows_of], at[rows_of], tau)
        if name == "account_activity":
            found[name] = np.maximum(_sums(account_no, as_of, account[rows_of], at[rows_of], tau) - own, 0.0)
        else:
            found[name] = own
    return found


def _sums(group: Floats, as_of: Floats, owner: Floats, at: Floats, tau: float) -> Floats:
    """Return for each look the sum of exp(-age/tau) over its group's activities before it, by a plain search."""
    order = np.lexsort((at, owner))
    owner, at = owner[order], at[order]
    low, high = np.searchsorted(owner, group, "left"), np.searchsorted(owner, group, "right")
    total = np.zeros(len(group))
    for row, (begin, end) in enumerate(zip(low, high, strict=True)):
        age = (as_of[row] - at[begin:end]) / DAY
        age = age[age > 0]
        total[row] = np.exp(-age / tau).sum()
    return total
