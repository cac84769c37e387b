"""A trained and judged model, with all that its bundle will say."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from predictive_scoring.config.params import Params
from predictive_scoring.contract.history import HistoryFacts
from predictive_scoring.evaluate.evidence_fit import fit_evidence
from predictive_scoring.explain.evidence import Evidence
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.explain.percentiles import percentile_table
from predictive_scoring.explain.reference import Reference, fit_reference
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.model.amount import Amount
from predictive_scoring.model.candidate import Candidate, OwnModel, reference_window
from predictive_scoring.model.own import segment_rows
from predictive_scoring.model.sampling import spread_sample
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.publish.fingerprint import Fingerprint, fingerprint_of
from predictive_scoring.publish.own_parts import OwnPart, chances_of, explain_each
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
    own: tuple[OwnPart, ...] = ()  # models that speak of a part of the leads in place of the shared one

    def explain(self, frame: pd.DataFrame) -> Explanation:
        """Return what the bundle will say of feature rows."""
        return explain_each((self.scorer, self.reference), self.catalogue, self.own, frame)


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
    evidence = fit_evidence(dataset, candidate.scorer, reference, params.evaluate.level)
    own = tuple(_own_part(each, dataset, evidence) for each in candidate.own)
    if own:  # a score is the rank among all the reference leads, whichever model speaks
        ranks = {"probability_table": percentile_table(chances_of(candidate.scorer, own, sample), np.ones(len(sample)))}
        reference = reference.model_copy(update=ranks)
        own = tuple(replace(each, reference=each.reference.model_copy(update=ranks)) for each in own)
    return Judged(
        scorer=candidate.scorer,
        catalogue=dataset.catalogue,
        terms=terms,
        evaluation=evaluation,
        reference_frame=sample,
        inputs=reference_inputs(dataset, candidate.scorer, terms.grades, own),
        reference=reference,
        fingerprint=fingerprint_of(dataset),
        evidence=evidence,
        amount=candidate.amount if evaluation.get("value", {}).get("shown") else None,
        own=own,
    )


def _own_part(own: OwnModel, dataset: Dataset, shared: Evidence) -> OwnPart:
    """Return a segment's own model with what its reasons start from: its own average lead, and how its leads went."""
    if own.candidate is None:
        raise ValueError(f"segment {own.name}: no model was trained")
    part, scorer = segment_rows(dataset, own.where), own.candidate.scorer
    rows = part.rows(reference_window(part))
    frame = part.frame(rows if rows.num_rows else part.rows("test"))
    sample = spread_sample(frame, scorer.raw(frame), N_REFERENCE_ROWS)
    reference = fit_reference(scorer, dataset.catalogue, sample)
    evidence = fit_evidence(part, scorer, reference, shared.level)
    evidence = evidence.model_copy(update={"families": shared.families})  # one list has one way of grouping reasons
    return OwnPart(own.name, own.where, scorer, reference, evidence)
