"""Which inputs of today's leads differ from those that the model was made with, by how much, and whether by chance."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.evaluate.divergence import chance_of, design_effect, false_discovery, psi
from predictive_scoring.evaluate.findings import percent
from predictive_scoring.monitor.findings import Finding, alarm
from predictive_scoring.publish.reference_inputs import Profile, ReferenceInputs

_OTHER_UNIT = 8.0  # medians this many times apart are rather another unit than other leads


@dataclass(frozen=True)
class Drift:
    """How one input stands to its reference.

    Attributes
    ----------
    psi : float
        As found; `noise` is what chance alone gives on average for so few leads, `usual` the largest that one of the
        reference's own dates had.
    q_value : float
        Share of false alarms, were this one and all stronger ones raised.
    """

    name: str
    n: int
    psi: float
    noise: float
    usual: float
    p_value: float
    q_value: float
    drifts: bool
    shift: str

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return asdict(self)


def input_drift(
    reference: ReferenceInputs, columns: dict[str, "pd.Series[Any]"], clusters: NDArray[np.int64], settings: Monitor
) -> list[Drift]:
    """Return every input's drift, the largest first.

    An input drifts if three things hold: chance is ruled out (chi square over the bins, leads of one account counted as
    the few that they are, false discoveries among all inputs controlled); the PSI exceeds `settings.min_psi` by more
    than chance gives; and it exceeds what the reference's own dates showed among themselves.

    Parameters
    ----------
    columns
        Values of today's leads by the name of the input; each of length n.
    clusters : (n,) array
        0-based number of each lead's account.
    """
    profiles = [*reference.profiles, reference.chance]
    found = [_measured(profile, columns[profile.name], clusters, reference) for profile in profiles]
    q_values = false_discovery(np.array([each.p_value for each in found]))
    drifts = [
        Drift(
            **{
                **asdict(each),
                "q_value": float(q),
                "drifts": bool(
                    q <= settings.false_discovery_rate and each.psi - each.noise > max(settings.min_psi, each.usual)
                ),
            }
        )
        for each, q in zip(found, q_values, strict=True)
    ]
    return sorted(drifts, key=lambda drift: (-(drift.psi - drift.noise), drift.name))


def _measured(
    profile: Profile, values: "pd.Series[Any]", clusters: NDArray[np.int64], reference: ReferenceInputs
) -> Drift:
    codes, n = profile.codes(values), len(values)
    shares, counts = np.array(profile.shares), np.bincount(codes, minlength=profile.n_bins).astype(np.float64)
    variance = design_effect(codes, clusters, profile.n_bins) / n + 1 / reference.n_leads
    n_bins = int(((shares > 0) | (counts > 0)).sum())
    return Drift(
        name=profile.name,
        n=n,
        psi=psi(shares * reference.n_leads, counts),
        noise=(n_bins - 1) * variance,
        usual=profile.usual_psi,
        p_value=chance_of(shares, counts / n, variance),
        q_value=1.0,
        drifts=False,
        shift=_shift(profile, values, counts / n),
    )


def _shift(profile: Profile, values: "pd.Series[Any]", found: NDArray[np.float64]) -> str:
    if profile.kind == "number" and profile.median and values.notna().any():
        median = float(values.median())
        ratio = median / profile.median
        if ratio >= _OTHER_UNIT or 0 < ratio <= 1 / _OTHER_UNIT:
            power = round(np.log10(ratio))
            return f"median {profile.median:g}, now {median:g}: about 10^{power:d} times as large, as in another unit"
    place = int(np.abs(found - np.array(profile.shares)).argmax())
    was = percent(profile.shares[place])
    return f"{profile.bin_names[place]!r}: {was} of the leads when the model was made, {percent(found[place])} now"


def drift_findings(drifts: list[Drift]) -> Iterator[Finding]:
    """Yield an alarm for each input that drifts."""
    for drift in drifts:
        if drift.drifts:
            size = f"PSI {drift.psi:.2f} over {drift.n:,} leads; chance alone gives {drift.noise:.2f}"
            yield alarm("input_drift", "input", f"{drift.name} drifts ({size}): {drift.shift}")
