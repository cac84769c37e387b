"""Accounts that leads have because they converted: a CRM makes, or links, the account when a lead is converted."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow.compute as pc

from predictive_scoring.audit.certainty import FILLED, certainty
from predictive_scoring.audit.columns import MIN_LEADS, UNEVEN, WARN_AUC
from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.known_leads import KnownLeads
from predictive_scoring.audit.levels import Column
from predictive_scoring.audit.separation import fill_ratio_low, separation
from predictive_scoring.contract.history import Attribute

COLUMN: Final = "account_id"
MAX_AUC_LINK: Final = 0.8
FIX: Final = (
    "take account_id out of tables.leads.columns, or map a column that is filled when the lead comes in, such as the "
    "company's name on its form; if you know it to be honest, audit: {accept: [account_id]} in params.yaml"
)


def account_link_findings(known: KnownLeads) -> Iterator[Finding]:
    """Yield a finding if leads that convert have an account and others have not.

    The id is no feature, but what is known of the account and of colleagues there is only known where it is filled.
    A link that is merely uneven is warned of and not refused: a CRM that links companies by the domain of an address
    has it for more of those who write from work, and they buy more often. Filled for 95 in 100 of those who convert and
    for 40 of the others, an AUC of 0.78, may be honest; beyond `MAX_AUC_LINK` nothing honest is known.
    """
    filled = pc.is_valid(known.leads[COLUMN]).to_numpy()
    if min(known.n_converted, len(known) - known.n_converted) < MIN_LEADS or filled.all() or not filled.any():
        return
    link = Attribute(table="leads", name=COLUMN, type="text", known="at_creation")
    column = Column(link, filled.astype(np.int64))
    found = separation(column.levels, known.converted, known.block, known.account)
    uneven = fill_ratio_low(filled, known.converted, known.block) >= UNEVEN
    certain = certainty(column, known.converted, known.account)
    refused = (certain is not None and certain.which == FILLED) or (uneven and found.low >= MAX_AUC_LINK)
    if refused or (uneven and found.low >= WARN_AUC):
        won, other = float(filled[known.converted].mean()), float(filled[~known.converted].mean())
        yield Finding(
            id="leak.account_with_outcome", severity="refuse" if refused else "warn", n=len(known), table="leads",
            column=COLUMN, fix=FIX,
            what=f"column 'account_id' is filled for {won:.0%} of the leads that convert and {other:.0%} of the "
            "others: " + ("a lead gets its account by converting" if refused else
                          "see whether a lead gets its account by converting, or by writing from work"),
        )  # fmt: skip
