"""The check that features mean now what they meant in training: past snapshots are computed anew and compared."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.errors import DataContractError, counted
from predictive_scoring.features.compute import compute
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.fingerprint import (
    DIGITS,
    FINGERPRINT,
    Fingerprint,
    created_of,
    lead_hashes,
    value_hashes,
)
from predictive_scoring.snapshots.instants import instants_of
from predictive_scoring.storage import read_json, read_parquet

NOT_MADE = "the check for skew could not be made: "


@dataclass(frozen=True)
class Skew:
    """What the comparison found.

    Attributes
    ----------
    n_rows
        Past snapshots that were compared.
    shares
        For each feature that differs anywhere, the share of them in which it does; the largest first.
    why_not
        Why nothing was compared, if so.
    """

    n_rows: int
    shares: dict[str, float]
    why_not: str = ""

    @property
    def note(self) -> str:
        """What the job says of it."""
        if self.why_not:
            return NOT_MADE + self.why_not
        if not self.shares:
            return f"{counted(self.n_rows, 'past snapshot')} computed anew: every feature is what it was in training"
        return f"{counted(self.n_rows, 'past snapshot')} computed anew: {_told(self.shares)} differ from training"


def skew_of(bundle: Bundle, history: History) -> Skew:
    """Return how features of past snapshots, computed from this history, differ from those that were learned from."""
    if FINGERPRINT not in bundle.manifest.files:
        return Skew(0, {}, "the model was published by a version that kept no fingerprint")
    kept = Fingerprint.model_validate(read_json(bundle.folder / FINGERPRINT))
    if not kept.rows:
        return Skew(0, {}, "the rows that the model learned from carry no instants")
    snapshots, values = _found_again(kept, history)
    if snapshots.num_rows == 0:
        return Skew(0, {}, "the leads that the model learned from are not in this history")
    table = compute(history, snapshots, bundle.catalogue)
    leads = lead_hashes(snapshots["lead_id"], snapshots["created"].to_numpy(), kept.key)
    differs = (value_hashes(table, bundle.catalogue, kept.key, leads) != values).mean(axis=0)
    order = np.argsort(-differs, kind="stable")
    return Skew(len(leads), {kept.features[place]: float(differs[place]) for place in order if differs[place] > 0})


def refuse_skew(bundle: Bundle, history: History, max_share: float) -> Skew:
    """Return what the check found, to be said; refuse a history, or a computation, other than that of training.

    Parameters
    ----------
    max_share
        Of the compared snapshots in which a feature may differ, since rows are corrected and leads merged.

    Raises
    ------
    DataContractError
        Naming the features and in how many snapshots they differ, never a value or a lead.
    """
    skew = skew_of(bundle, history)
    above = {name: share for name, share in skew.shares.items() if share > max_share}
    if above:
        raise DataContractError(
            f"features: {counted(len(above), 'feature')} of past snapshots are not what the model learned from",
            found=f"{_told(above)}, of {counted(skew.n_rows, 'snapshot')} computed anew",
            expected=f"a difference in at most {max_share:.0%} of the snapshots (score.max_skew_share)",
            fix="the history was changed behind its instants (rows gone, values overwritten, an export cut short), or "
            "this version computes features otherwise: export as before, or train anew",
        )
    return skew


def _told(shares: dict[str, float]) -> str:
    shown = [f"{name} in {share:.0%}" for name, share in list(shares.items())[:5]]
    return ", ".join(shown) + (f" and {len(shares) - 5} more" if len(shares) > 5 else "")


def _found_again(kept: Fingerprint, history: History) -> tuple[pa.Table, NDArray[np.object_]]:
    """Return the snapshots whose leads this history has, and the hashes of their values in training."""
    leads = read_parquet(history.path("leads"), ["lead_no", "account_no", "lead_id", "created_at"])
    created = created_of(leads)
    wanted = {int(row.lead[1:], 16): row for row in kept.rows}
    hashes = lead_hashes(leads["lead_id"], created, kept.key)
    places = np.flatnonzero(np.isin(hashes, np.array(list(wanted), np.uint64)))
    rows = [wanted[int(lead)] for lead in hashes[places]]
    chosen = leads.drop_columns(["created_at"]).take(pa.array(places))
    chosen = chosen.append_column("as_of", instants_of(np.array([row.as_of for row in rows], np.int64)))
    chosen = chosen.append_column("created", pa.array(created[places]))
    begins = range(1, 1 + DIGITS * len(kept.features), DIGITS)
    values = [[row.values[begin : begin + DIGITS] for begin in begins] for row in rows]
    return chosen, np.array(values, dtype=object).reshape(len(rows), len(kept.features))
