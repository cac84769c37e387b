"""What `agreement simulate` does and says."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from predictive_scoring.agreement.definition import Agreement, Version, load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.cli.language import language as spoken
from predictive_scoring.cli.scoring import opened
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.desk import desk_of
from predictive_scoring.handoff.question import Question
from predictive_scoring.handoff.simulation import simulate_agreement
from predictive_scoring.handoff.told_simulation import simulation_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.handoff.waits import handed_over
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder


@dataclass(frozen=True)
class SimulateJob:
    """What the command line asks for."""

    model: str
    source: Path
    agreement: Path
    start: str  # "": the end of what the model learned from
    until: str
    calls_per_week: int | None  # None: the agreement's
    as_json: bool
    dispositions: Path | None = None  # what sales said in fact
    record: Path | None = None  # of the hand-offs that there were in fact
    lang: str = "en"


def simulate_lines(job: SimulateJob) -> Iterator[str]:
    """Yield whom the agreement would have handed over, what became of them, and what the next quarter should bring."""
    language = spoken(job.lang)
    rules = newest(load_agreement(job.agreement), job.calls_per_week)
    bundle = opened(job.model)
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", bundle.terms.extract)
        voice = Voice(language, history.facts.words)
        refuse_unknown_names(history, Agreement(versions=(rules,)))
        until = as_of_instant(job.until, history)
        start = _start(job.start, bundle, history, until)
        desk = desk_of(history, job.record, job.dispositions)
        given = None if job.record is None else desk.given
        question = Question(bundle, rules, start, until, desk.said, given=given)
        simulation = simulate_agreement(history, question)
        found = simulation.figures()
        found["response_needed"] = handed_over(simulation.world, question).response(question)
    found["forecast"] = found["forecast"] and asdict(found["forecast"])
    record = {
        "agreement": rules.valid_from, "from": start.isoformat(), "until": until.isoformat(),
        "calls_per_week": rules.hand_off.calls_per_week, "horizon_days": bundle.terms.target.horizon_days,
        **found, "notes": [*_notes(bundle, start, voice)],
    }  # fmt: skip
    if job.as_json:
        yield json.dumps(record, ensure_ascii=False, indent=1)
    else:
        yield from simulation_told(record, rules.hand_off, voice)


def newest(agreement: Agreement, calls_per_week: int | None) -> Version:
    """Return the last version, the one to be signed, with another capacity if one is given."""
    rules = agreement.versions[-1]
    if calls_per_week is None:
        return rules
    hand_off = rules.hand_off.model_copy(update={"calls_per_week": calls_per_week})
    return rules.model_copy(update={"hand_off": hand_off})


def _start(asked: str, bundle: Bundle, history: History, until: datetime) -> datetime:
    learned = bundle.terms.trained_until
    if asked:
        start = as_of_instant(asked, history)
    elif learned is not None:
        start = datetime.fromisoformat(learned)
    else:
        raise ConfigurationError("agreement simulate: --from is missing", fix="say from which day on to simulate")
    if start >= until:
        raise ConfigurationError(
            "agreement simulate: --from must lie before --until",
            found=f"{start:%Y-%m-%d} and {until:%Y-%m-%d}",
            fix="give an earlier --from; by default it is the end of what the model learned from",
        )
    return start


def _notes(bundle: Bundle, start: datetime, voice: Voice) -> Iterator[str]:
    yield voice.say("simulate.note_old_rules")
    yield voice.say("simulate.note_chosen")
    learned = bundle.terms.trained_until
    if learned is not None and start < datetime.fromisoformat(learned):
        yield voice.say("simulate.note_learned", day=learned[:10])
