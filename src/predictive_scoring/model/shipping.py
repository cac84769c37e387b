"""Which of a candidate's models goes into the bundle."""

from dataclasses import replace

from predictive_scoring.config.publish import Ships
from predictive_scoring.model.candidate import MODEL, Candidate
from predictive_scoring.model.simpler import simpler

BLEND = "blend"


def as_shipped(candidate: Candidate, ships: Ships) -> Candidate:
    """Return a candidate whose `model` is the one that ships: the blend itself, or a simpler one in its place.

    The blend's chances then stand in the predictions as `blend`.
    """
    if ships == "blend" or candidate.training.get("only") == ships:
        return candidate
    said = candidate.predictions
    blend, place = said[MODEL], said.schema.get_field_index(MODEL)
    said = said.set_column(place, MODEL, said[ships]).append_column(BLEND, blend).drop_columns([ships])
    scorer = simpler(candidate.scorer, candidate.baselines, ships)
    return replace(candidate, scorer=scorer, predictions=said)
