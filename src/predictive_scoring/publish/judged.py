"""A trained and judged model, with all that its bundle will say."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from predictive_scoring.config.params import Params
from predictive_scoring.contract.history import HistoryFacts
from predictive_scoring.evaluate.evidence_fit import fit_evidence
from predictive_scoring.explain.evidence import Evidence
from predictive_scoring.explain.reference import Reference, fit_reference
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.model.amount import Amount
from predictive_scoring.model.candidate import Candidate, reference_window
from predictive_scoring.model.sampling import spread_sample
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.publish.fingerprint import Fingerprint, fingerprint_of
from predictive_scoring.publish.reference_fit import reference_inputs
from predictive_scoring.publish.reference_inputs import ReferenceInputs
from predictive_scoring.publish.terms import Terms

N_REFERENCE_ROWS = 5_000  # means settle long before


@dataclass(frozen=True)
class Judged:
    """Everything that a bundle is made of."""

    scorer: Scorer
    catalogue: Catalogue
    terms: Terms
    evaluation: dict[str, Any]
    reference_frame: pd.DataFrame  # rows of the reference window, the catalogue's columns
    inputs: ReferenceInputs  # what monitoring compares later leads with
    reference: Reference  # what reasons start from
    fingerprint: Fingerprint  # by which a job sees whether it computes features as training did
    evidence: Evidence  # how leads of the past went, by what reasons speak of
    amount: Amount | None = None  # what a conversion brings, where expected value may be told


def judged(
    target: str,
    params: Params,
    facts: HistoryFacts,
    dataset: Dataset,
    candidate: Candidate,
    evaluation: dict[str, Any],
) -> Judged:
    """Return a candidate put together with its terms and the rows that its reasons are measured from."""
    frame = dataset.frame(dataset.rows(reference_window(dataset)))
    learned_until = dataset.windows.learned_until
    terms = Terms(
        target_name=target,
        target=params.targets[target],
        snapshots=params.snapshots,
        source_name=facts.name,
        source_description=facts.description,
        licence=facts.licence,
        simulated=facts.simulated,
        flat=facts.flat,
        trained_until=learned_until.isoformat() if learned_until else None,
        interval_level=params.publish.interval_level,
        grades=evaluation["grades"]["cutoffs"],
        max_quarantine_share=params.extract.max_quarantine_share,
        same_email=params.extract.same_email,
        automatic=params.extract.automatic,
    )
    sample = spread_sample(frame, candidate.scorer.raw(frame), N_REFERENCE_ROWS)
    reference = fit_reference(candidate.scorer, dataset.catalogue, sample)
    return Judged(
        scorer=candidate.scorer,
        catalogue=dataset.catalogue,
        terms=terms,
        evaluation=evaluation,
        reference_frame=sample,
        inputs=reference_inputs(dataset, candidate.scorer, terms.grades),
        reference=reference,
        fingerprint=fingerprint_of(dataset),
        evidence=fit_evidence(dataset, candidate.scorer, reference, params.evaluate.level),
        amount=candidate.amount if evaluation.get("value", {}).get("shown") else None,
    )
