"""How good a candidate's reasons are on the last window, beside how good its chances are."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.evidence_fit import fit_evidence
from predictive_scoring.evaluate.judgement import labelled_window
from predictive_scoring.evaluate.reasons import coverage, deletion, signs
from predictive_scoring.explain.explanation import explain
from predictive_scoring.explain.reference import fit_reference
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate, reference_window
from predictive_scoring.model.sampling import spread_sample

N_REFERENCE: Final = 5_000
N_LOOKED_AT: Final = 4_000
N_FORGOTTEN: Final = 500


def reasons_of(dataset: Dataset, candidate: Candidate, level: float, seed: int) -> dict[str, Any]:
    """Return what can be said of the reasons without training anew.

    `benchmarks/reasons.py` measures what needs that, or a world whose truth is known.

    Returns
    -------
    dict
        leads; `adds_up`, the largest gap between base plus points and the chance; `coverage`; `signs` against the
        history of the leads that the trees were not fitted to; `deletion`; `families` of concepts that say the same.
    """
    scorer, catalogue, rng = candidate.scorer, dataset.catalogue, np.random.default_rng(seed)
    among = dataset.frame(dataset.rows(reference_window(dataset)))
    reference = fit_reference(scorer, catalogue, spread_sample(among, scorer.raw(among), N_REFERENCE))
    evidence = fit_evidence(dataset, scorer, reference, level)
    rows = labelled_window(dataset.table, "test")
    chosen = np.sort(rng.permutation(rows.num_rows)[:N_LOOKED_AT])
    frame = dataset.frame(rows.take(chosen))
    found = explain(scorer, reference, catalogue, frame)
    few = _drawn(len(frame), N_FORGOTTEN, rng)
    return {
        "leads": len(np.unique(rows["lead_id"].take(chosen).to_numpy(zero_copy_only=False))),
        "adds_up": float(np.abs(found.base + found.points.sum(axis=1) - found.probability).max(initial=0.0)),
        "past": evidence.rows,
        "coverage": coverage(found.points),
        "signs": signs(found.points, frame, evidence),
        "deletion": deletion(scorer.raw, catalogue, frame.iloc[few].reset_index(drop=True), found.points[few], rng),
        "families": [list(family) for family in evidence.families],
    }


def _drawn(n: int, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return np.asarray(rng.permutation(n)[:most])
