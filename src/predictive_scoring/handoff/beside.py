"""What the agreement says of leads beside the model's score: intent, stage of buying, profile, and how they came."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.agreement.journey import BuyingStage, journeys_at
from predictive_scoring.agreement.origin import Origins
from predictive_scoring.agreement.profile import NO, UNKNOWN, YES, Match, match_profile
from predictive_scoring.handoff.context import who_did
from predictive_scoring.handoff.intent import intent_scores
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.snapshots.instants import to_micros

VERDICTS: Final = {YES: "yes", NO: "no", UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Beside:
    """One entry a lead, in the order of `Situation.people`.

    Attributes
    ----------
    intent
        1 to 100 among all of them.
    stage
        The furthest stage of buying that it touched, a `BuyingStage`; `since` when it first did.
    came
        How it first came, one of `CameBy`.
    """

    intent: NDArray[np.int64]
    stage: NDArray[np.int8]
    since: pa.ChunkedArray
    came: NDArray[np.object_]
    match: Match

    @classmethod
    def of(cls, found: Situation) -> "Beside":
        """Return what is known of each lead as of the scores."""
        people, version = found.people, found.version
        lead_no = people["lead_no"].to_numpy()
        journeys = journeys_at(found.history, version.journey, found.as_of)
        place = np.searchsorted(journeys["lead_no"].to_numpy(), lead_no)
        return cls(
            intent=intent_scores(people, version.intent, who_did(found, lead_no, version.intent)),
            stage=journeys["stage"].to_numpy()[place],
            since=journeys["since"].take(pa.array(place)),
            came=Origins(found.agreement, found.as_of).of(found.history)[lead_no],
            match=match_profile(found.history, version.profile, lead_no, to_micros(found.as_of)),
        )

    def fits(self, place: int, voice: Voice) -> tuple[str, ...]:
        """Return how one lead fits each criterion of the profile: 'industry: yes'."""
        return tuple(
            voice.say(f"agreement.match.{VERDICTS[int(verdict)]}", attribute=voice.attribute(criterion.attribute))
            for criterion, verdict in zip(self.match.criteria, self.match.verdicts[place], strict=True)
        )

    def stage_of(self, place: int) -> BuyingStage:
        """Return one lead's stage of buying."""
        return BuyingStage(int(self.stage[place]))
