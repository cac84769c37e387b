"""The chance of a day follows from the exported tables and truth.json alone: nothing is hidden."""

import json
import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from small_world import SMALL

from predictive_scoring.config.simulate import FIRST_INSTANT
from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.kernel import to_midnight
from predictive_scoring.sources.simulator.rates import win_chance
from predictive_scoring.sources.simulator.state import new_state

COUNTED_AS = {
    "pricing_page_view": "pricing_page_views",
    "demo_request": "demo_requests",
    "email_reply": "email_replies",
    "webinar_attended": "webinars",
}
INBOUND = ("page_view", "content_download", "email_open", "email_click", "form_submit", "opt_out", *COUNTED_AS)


def readable(folder, name, first):
    frame = pd.read_csv(folder / f"{name}.csv", on_bad_lines="skip", dtype=str).drop_duplicates()
    return frame[frame[first].notna()]


def day_of(text):
    return (datetime.fromisoformat(text.replace(" ", "T")) - FIRST_INSTANT) / timedelta(days=1)


@pytest.fixture(scope="module")
def tables(export):
    leads = readable(export, "leads", "lead_id")
    leads = leads[~leads["lead_id"].str.startswith("L9")].set_index("lead_id")
    accounts = readable(export, "accounts", "account_id").set_index("account_id")
    return {
        "leads": leads,
        "accounts": accounts,
        "activities": readable(export, "activities", "kind"),
        "stages": readable(export, "stages", "stage"),
        "drivers": json.loads((export / "truth.json").read_text(encoding="utf-8"))["drivers"],
        "truth": pq.read_table(export / "truth.parquet").to_pandas(),
    }


def decayed_counts(tables, as_of):
    """Return counts by lead and count, and of each account, decayed by whole days since they became known."""
    tau = tables["drivers"]["decay_days"]
    counts, of_account = defaultdict(float), defaultdict(float)
    account_by_lead = tables["leads"]["account_id"].to_dict()
    won = tables["stages"].loc[tables["stages"]["stage"] == "won"].set_index("lead_id")["occurred_at"].to_dict()
    columns = ["lead_id", "account_id", "kind", "occurred_at", "recorded_at"]
    for lead, account, kind, occurred, recorded in tables["activities"][columns].itertuples(index=False):
        if not str(recorded).startswith("20") or not str(occurred).startswith("20") or "-02-30" in str(occurred):
            continue
        known = math.floor(day_of(recorded))
        if known >= as_of or (isinstance(lead, str) and lead not in account_by_lead) or kind == "opt_out":
            continue
        if isinstance(lead, str) and lead in won and math.floor(day_of(won[lead])) < math.floor(day_of(occurred)):
            continue  # a customer's logins move nobody's chances
        ago = as_of - 1 - known

        def add(name, ago=ago, lead=lead):
            counts[lead, name] += math.exp(-ago / tau[name])

        if kind == "product_login":
            add("product_logins")
        elif kind in INBOUND:
            if kind in COUNTED_AS:
                add(COUNTED_AS[kind])
            if isinstance(lead, str):
                add("browsing")
                add("account_activity")
            of_account[account if not isinstance(lead, str) else account_by_lead[lead]] += math.exp(
                -ago / tau["account_activity"]
            )
    return counts, of_account


def effect_of(table, value):
    return table[value if isinstance(value, str) else ""]


def mail_kind(email):
    if not isinstance(email, str):
        return ""
    domain = email.split("@")[1]
    return "business" if domain.endswith(".example") else "disposable" if domain == "mailinator.com" else "free"


def fit_effect(tables, lead):
    d, row = tables["drivers"], tables["leads"].loc[lead]
    account = tables["accounts"].loc[row["account_id"]] if isinstance(row["account_id"], str) else {}
    size = account.get("employees")
    bands, effects = d["employees"]["band_begins_at"], d["employees"]["effect"]
    by_size = d["employees"]["not_known"]
    if isinstance(size, str):
        by_size = [e for b, e in zip(bands, effects, strict=True) if b <= float(size)][-1]
    return (
        effect_of(d["industry"], account.get("industry"))
        + effect_of(d["country"], account.get("country"))
        + by_size
        + effect_of(d["channel"], row["channel"])
        + effect_of(d["seniority"], row["seniority"])
        + effect_of(d["department"], row["department"])
        + d["email_kind"][mail_kind(row["email"])]
    )


def chance_by_hand(tables, lead, as_of, counts, of_account):
    """Return the chance to be won on day `as_of`, a Monday, from exported rows and stated effects."""
    d, row = tables["drivers"], tables["leads"].loc[lead]
    w, half_at = d["effects"], d["half_at"]
    stages = tables["stages"].loc[tables["stages"]["lead_id"] == lead, ["stage", "recorded_at"]]
    reached = {stage for stage, at in stages.itertuples(index=False) if day_of(at) < as_of}
    z = w["stage_sql" if "sql" in reached else "stage_mql" if "mql" in reached else "stage_none"]
    z += fit_effect(tables, lead)
    decides = row["seniority"] in ("c_level", "director")
    for name in (*COUNTED_AS.values(), "product_logins", "browsing"):
        effect = w[name] + (w["pricing_page_views_of_a_decision_maker"] if decides and name.startswith("pric") else 0)
        z += effect * counts[lead, name] / (counts[lead, name] + half_at[name])
    if isinstance(row["account_id"], str):
        others = of_account[row["account_id"]] - counts[lead, "account_activity"]
        z += w["colleagues_activity"] * others / (others + half_at["colleagues_activity"])
        colleagues = tables["leads"].index[tables["leads"]["account_id"] == row["account_id"]]
        wins = tables["stages"][(tables["stages"]["stage"] == "won") & tables["stages"]["lead_id"].isin(colleagues)]
        z += w["earlier_win_at_account"] * any(day_of(at) < as_of for at in wins["occurred_at"])
    if isinstance(row["budget"], str) and day_of(row["budget_date"]) < as_of:
        z += w["budget_is_known"] + w["budget_size"] * (math.log(float(row["budget"])) - 9.6) / 0.8
    z += w["age_per_100_days"] * (as_of - math.floor(day_of(row["created_at"]))) / 100
    z += w["season"] * math.cos(2 * math.pi * (as_of - 50) / 365.25)
    return math.exp(z)


def test_the_chance_of_the_next_day_can_be_worked_out_from_the_export(tables):
    truth, end = tables["truth"], SMALL.n_days
    at_end = truth[truth["as_of"] == pd.Timestamp(SMALL.ends_at)]
    counts, of_account = decayed_counts(tables, end)
    assert len(at_end) > 40
    by_hand = [chance_by_hand(tables, lead, end, counts, of_account) for lead in at_end["lead_id"]]
    # A budget is exported in whole hundreds, hence the tolerance.
    np.testing.assert_allclose(by_hand, at_end["probability"], rtol=0.004)
    assert at_end["standard_error"].max() < 1e-12


def test_a_row_that_the_export_hides_would_be_noticed(tables):
    truth = tables["truth"]
    at_end = truth[truth["as_of"] == pd.Timestamp(SMALL.ends_at)]
    shortened = {**tables, "activities": tables["activities"].iloc[:-30]}
    counts, of_account = decayed_counts(shortened, SMALL.n_days)
    by_hand = [chance_by_hand(shortened, lead, SMALL.n_days, counts, of_account) for lead in at_end["lead_id"]]
    assert np.abs(np.array(by_hand) / at_end["probability"].to_numpy() - 1).max() > 0.02


def test_a_webinar_counts_only_from_the_day_on_which_it_is_recorded():
    group = new_state()
    group[codes.ACCOUNT, codes.N_LEADS] = 1
    group[0, codes.PENDING + 2] = 1  # attended on this day, recorded two days later
    attended = []
    for day in range(3):
        to_midnight(group, day)
        attended.append(group[0, codes.ATTENDED])
    assert attended == [0, 0, 1]


@pytest.mark.parametrize("count", [codes.PRICED, codes.DEMOED, codes.REPLIED, codes.LOGGED_IN, codes.ATTENDED])
def test_engagement_raises_the_chance(count):
    quiet, active = new_state(), new_state()
    active[0, count] = 2
    assert win_chance(active, 0, 0) > 1.2 * win_chance(quiet, 0, 0)


def test_the_first_instant_is_a_monday():
    assert FIRST_INSTANT.weekday() == 0
    assert FIRST_INSTANT.tzinfo is UTC
