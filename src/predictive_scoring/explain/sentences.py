"""Which sentence says which concept; what has no template of its own is said neutrally."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from predictive_scoring.explain import said_account, said_activity, said_attributes, said_behaviour, said_timing
from predictive_scoring.explain.facts import Said, said
from predictive_scoring.explain.speaker import FIRST_KIND, Speaker, capitalised
from predictive_scoring.features.definition import Catalogue, Concept, Feature

Sentence = Callable[[Concept, Sequence[Feature], pd.DataFrame, Speaker], Said]

TEMPLATES: dict[str, Sentence] = {
    "activity": said_activity.activity,
    "engagement": said_activity.engagement,
    "colleagues": said_account.colleagues,
    "account_history": said_account.account_history,
    "stage": said_timing.stage,
    "age": said_timing.age,
    "calendar": said_timing.calendar,
    "category": said_attributes.category,
    "number": said_attributes.number,
    "boolean": said_attributes.boolean,
    "date": said_attributes.date,
    "email_kind": said_attributes.category,
    "job_level": said_attributes.category,
    "department": said_attributes.category,
    "completeness": said_attributes.completeness,
    "answers": said_behaviour.answers,
    "rhythm": said_behaviour.rhythm,
    "sequence": said_behaviour.sequence,
    "company": said_behaviour.company,
    "usage": said_behaviour.usage,
    "topic": said_activity.activity,
    "last_touch": said_behaviour.last_touch,
}


def sentences(catalogue: Catalogue, frame: pd.DataFrame, speaker: Speaker) -> list[Said]:
    """Return what is said of every lead about every concept, in the order of the catalogue's concepts.

    Parameters
    ----------
    frame
        Feature rows with the catalogue's columns, n rows.
    """
    of_concept: dict[str, list[Feature]] = {concept.name: [] for concept in catalogue.concepts}
    for feature in catalogue.features:
        of_concept[feature.concept].append(feature)
    return [_of(concept, of_concept[concept.name], frame, speaker) for concept in catalogue.concepts]


def _of(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    template = said_activity.first_activity if concept.subject == FIRST_KIND else TEMPLATES.get(concept.template)
    if template is None or not features:
        return neutral(concept, frame)
    return template(concept, features, frame, speaker)


def neutral(concept: Concept, frame: pd.DataFrame) -> Said:
    """Name the concept alone."""
    nothing = np.zeros(len(frame), dtype=np.int64)
    return said([nothing], lambda language, _: capitalised(getattr(concept.word, language)), lambda _: None)
