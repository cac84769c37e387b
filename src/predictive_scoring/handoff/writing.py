"""Everything the agreement makes of one night's scores, as a folder of data."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.agreement.origin import ORIGIN, is_reserved
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.handoff.brief import HandOffList, hand_off
from predictive_scoring.handoff.capacity import without_chances
from predictive_scoring.handoff.desk import desk_in
from predictive_scoring.handoff.funnel_record import as_record
from predictive_scoring.handoff.funnel_report import Asked, FunnelReport, funnel_report
from predictive_scoring.handoff.nurture import next_actions, warming
from predictive_scoring.handoff.outlook import Outlook, outlook, past_weeks
from predictive_scoring.handoff.outlook import as_record as outlook_record
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.segments import segment_names
from predictive_scoring.handoff.situation import Situation, situation
from predictive_scoring.handoff.transitions import transitions
from predictive_scoring.handoff.workbook import write_hand_off
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.about import About
from predictive_scoring.storage import write_json, write_parquet

LIVES = "lives.parquet"
CHANNEL = "channel"  # by which the funnel is told apart, where leads have it


@dataclass(frozen=True)
class Night:
    """What lies there of one night: its scores, the agreement and the model that scored."""

    scores: Path
    agreement: Path
    bundle: Path
    n_past_weeks: int  # on which the agreement is tried
    sales: Path = Path("data/sales")  # what comes back from sales; need not be there


@dataclass(frozen=True)
class Made:
    """What the pages are drawn from."""

    about: About
    hand_offs: dict[Language, HandOffList]
    funnel: FunnelReport
    outlook: Outlook

    @property
    def n_handed_over(self) -> int:
        """How many leads got a brief."""
        return len(self.hand_offs[LANGUAGES[0]].handed_over)


def write_agreement_folder(
    history: History, night: Night, terms: tuple[Target, Snapshots], folder: Path
) -> Made | None:
    """Write hand-off.<language>.json, nurture, funnel and capacity.json and lives.parquet; return what pages need.

    Parameters
    ----------
    terms
        The target that was scored, and who is looked at.

    Returns
    -------
    Made or None
        None if the history is one flat table: it has no life cycle, and states.json says so.

    Raises
    ------
    ConfigurationError
        If the agreement names what the history does not have: of another history it would hand over nobody in silence.
    """
    if history.facts.flat:
        write_json(folder / "states.json", {"flat": True})
        return None
    agreement = load_agreement(night.agreement)
    refuse_unknown_names(history, agreement)
    found = situation(history, night.scores, agreement, terms, desk_in(night.sales, history))
    channel = CHANNEL if CHANNEL in segment_names(history) else None
    by = tuple(name for name in (channel, ORIGIN if is_reserved(history) else None) if name is not None)
    asked = Asked(found.as_of, by=by, given=found.desk.given, said=found.desk.said)
    past = past_weeks(found, Bundle.load(night.bundle), night.n_past_weeks) if night.n_past_weeks else None
    made = Made(
        about=found.finished.about,
        hand_offs={language: hand_off(found, language) for language in LANGUAGES},
        funnel=funnel_report(history, agreement, found.lives, asked),
        outlook=outlook(found, channel, past),
    )
    for language, listed in made.hand_offs.items():
        write_hand_off(listed, folder / f"hand-off.{language}.json")
    write_json(folder / "funnel.json", as_record(made.funnel))
    write_parquet(folder / LIVES, transitions(history, agreement, found.lives, found.hidden, found.as_of))
    reach = outlook_record(made.outlook)
    if not made.about.chances_hold:
        reach |= {name: without_chances(reach[name]) for name in ("agreed", "by_chance_alone", "by")}
    write_json(folder / "capacity.json", reach)
    write_json(folder / "nurture.json", _nurture(found))
    return made


def _nurture(found: Situation) -> dict[str, Any]:
    nexts = next_actions(found.history, found.version, found.as_of)
    return {
        "as_of": found.as_of.isoformat(),
        "rising": [{**asdict(lead), "stage": lead.stage.name.lower()} for lead in warming(found, standings(found))],
        "next_actions": {stage.name.lower(): [asdict(one) for one in these] for stage, these in nexts.items()},
    }
