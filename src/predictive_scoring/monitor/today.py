"""What can be said of today's leads before anything has become of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.contract.history import History
from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.features.compute import compute
from predictive_scoring.features.frame import to_frame
from predictive_scoring.monitor.drift import Drift, drift_findings, input_drift
from predictive_scoring.monitor.estimate import Estimate, estimate_findings, estimated_quality
from predictive_scoring.monitor.findings import Finding, note, warning
from predictive_scoring.monitor.runs import PastRun
from predictive_scoring.monitor.unseen import collapse_findings, grade_shares, unseen_findings, unseen_shares
from predictive_scoring.monitor.volume import Volume, unjoined, volume_findings, volumes
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.reference_inputs import CHANCE, INPUTS, ReferenceInputs
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.storage import read_json

_SAME = 1e-9


@dataclass(frozen=True)
class Today:
    """The leads open at an instant against those that the model was made with; None where no lead is open."""

    as_of: datetime
    n_open: int
    n_leads: int  # looked at
    drifts: list[Drift]
    unseen: dict[str, float]
    grades: dict[str, float]
    estimate: Estimate | None
    volumes: list[Volume]
    rewritten: int | None  # leads that score otherwise now than in the scores of the same instant
    findings: list[Finding]

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        joins = unjoined(self.volumes)
        return {
            "as_of": self.as_of.isoformat(),
            "open_leads": self.n_open,
            "leads": self.n_leads,
            "inputs": [drift.as_json() for drift in self.drifts],
            "unseen_shares": self.unseen,
            "grades": self.grades,
            "estimate": self.estimate.as_json() if self.estimate else None,
            "volumes": [volume.as_json() for volume in self.volumes],
            "activities_without_a_lead": {"latest": joins[0], "usual": joins[1]} if joins else None,
            "rewritten": self.rewritten,
        }


def reference_of(bundle: Bundle) -> ReferenceInputs:
    """Return what a bundle's inputs looked like when it was made.

    Raises
    ------
    BundleRefusedError
        If the bundle is from a version that did not keep it.
    """
    if INPUTS not in bundle.manifest.files:
        raise BundleRefusedError(
            f"bundle {bundle.version}: it does not say what its inputs looked like, so nothing can be compared with it",
            expected=f"a file {INPUTS}",
            fix="publish the model anew with this version: dvc repro --force publish",
        )
    return ReferenceInputs.model_validate(read_json(bundle.folder / INPUTS))


def today(bundle: Bundle, history: History, as_of: datetime, settings: Monitor, run: PastRun | None = None) -> Today:
    """Return the comparison of the leads open at `as_of` with the bundle's reference.

    Parameters
    ----------
    run
        The scores that were made as of the same instant, if there are any: are they still what the history says?

    Raises
    ------
    BundleRefusedError
        If the bundle holds no reference.
    """
    reference = reference_of(bundle)
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    is_open = population.filter(pc.equal(population["status"], "open"))
    leads = drawn(is_open, settings.max_leads)
    found = volumes(history, bundle.catalogue, as_of, settings)
    findings = list(volume_findings(found, settings))
    if not leads.num_rows:
        findings.append(warning("no_leads", "input", f"no lead is open as of {as_of:%Y-%m-%d %H:%M} UTC"))
        return Today(as_of, 0, 0, [], {}, {}, None, found, None, findings)
    frame = to_frame(compute(history, leads, bundle.catalogue), bundle.catalogue)
    chance = bundle.chances(frame)[1]
    columns = {**{name: frame[name] for name in frame.columns}, CHANCE: pd.Series(chance)}
    clusters = np.unique(leads["account_no"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    drifts = input_drift(reference, columns, clusters, settings)
    unseen = unseen_shares(columns, bundle.levels)
    grades = grade_shares(bundle.grade(chance))
    estimate = estimated_quality(chance, clusters, reference, settings)
    rewritten = None if run is None else n_rewritten(run, leads["lead_id"].to_numpy(zero_copy_only=False), chance)
    findings = [
        *drift_findings(drifts),
        *unseen_findings(unseen, len(chance), reference, settings),
        *collapse_findings(grades, len(chance), settings),
        *findings,
        *estimate_findings(estimate, settings),
        *_rewritten_findings(rewritten),
    ]
    return Today(as_of, is_open.num_rows, len(chance), drifts, unseen, grades, estimate, found, rewritten, findings)


def drawn(leads: pa.Table, at_most: int) -> pa.Table:
    """Return at most so many leads, the same ones whatever their order: a sample says enough of a distribution."""
    if leads.num_rows <= at_most:
        return leads
    ids = leads["lead_id"].to_numpy(zero_copy_only=False).astype(object)
    chosen = np.argpartition(pd.util.hash_array(ids, categorize=False), at_most)[:at_most]
    return leads.take(pa.array(np.sort(chosen)))


def n_rewritten(run: PastRun, lead_id: NDArray[Any], chance: NDArray[np.float64]) -> int:
    """Return how many leads of a run score otherwise now: what was known then has been changed.

    Only leads that are open in both are compared: one may have been left out of the sample, or erased on request.
    """
    now = pd.Series(chance, index=lead_id.astype(str))
    then = pd.Series(run.chance, index=run.lead_id.astype(str))
    both = then.index.intersection(now.index)
    return int((np.abs(now[both] - then[both]) > _SAME).sum())


def _rewritten_findings(rewritten: int | None) -> Iterator[Finding]:
    if rewritten:
        text = f"{rewritten:,} leads score otherwise now than when they were scored, as of the same instant"
        yield warning("rewritten_history", "input", f"{text}: rows were changed without a note of when")
    elif rewritten == 0:
        yield note("rewritten_history", "input", "the scores of the day come out the same from the history of now")
