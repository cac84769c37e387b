"""Ids that give the class away: two lists glued together, one of customers and one of others."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.known_leads import KnownLeads
from predictive_scoring.audit.levels import binned
from predictive_scoring.audit.separation import Floats, separation
from predictive_scoring.snapshots.instants import NEVER

MAX_AUC: Final = 0.80
MIN_LEADS: Final = 30


def id_findings(known: KnownLeads) -> Iterator[Finding]:
    """Yield a finding if the number in the leads' ids, or the way they are spelled, separates the outcome.

    Ids are never features, but such ids say that converting leads and others come from different places, and then
    anything else may differ between them that has nothing to do with converting.
    """
    if known.n_converted < MIN_LEADS or len(known) - known.n_converted < MIN_LEADS:
        return
    ids = known.leads["lead_id"]
    digits = pc.struct_field(pc.extract_regex(ids, r"(?P<n>\d{1,15})\D*$"), "n")
    number = pc.cast(digits, pa.float64()).to_numpy()
    if _are_generated(known, number):
        return
    spelling = pc.replace_substring_regex(pc.replace_substring_regex(ids, r"\d+", "9"), r"[a-z]", "a")
    shapes = spelling.combine_chunks().dictionary_encode()
    levels = {"the number in it": binned(number), "its spelling": shapes.indices.cast(pa.int64()).to_numpy()}
    for which, codes in levels.items():
        found = separation(codes, known.converted, known.block, known.account)
        if found.low >= MAX_AUC:
            yield Finding(
                id="leak.id_range", severity="refuse", n=len(known), table="leads", column="lead_id",
                what=f"column 'lead_id': {which} by itself puts {found.auc:.0%} of pairs of leads in the right order, "
                "so converting leads and others seem to come from different lists",
                fix="export all leads by one query; if the ids are honest, audit: {accept: [lead_id]} in params.yaml",
            )  # fmt: skip
            return


def _are_generated(known: KnownLeads, number: Floats) -> bool:
    """Return whether the ids are hashes or places of rows: they say nothing, or what the order of the rows says."""
    if known.created.min() < NEVER:
        return False
    hashed = pc.all(pc.starts_with(known.leads["lead_id"], "row-")).as_py()
    return bool(hashed) or int(np.nanmax(number, initial=0)) <= known.n_leads
