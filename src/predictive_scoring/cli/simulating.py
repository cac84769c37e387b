"""What `agreement simulate` does and says."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from predictive_scoring.agreement.definition import Agreement, Version, load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.cli.scoring import opened
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.evaluate.findings import percent
from predictive_scoring.handoff.desk import desk_of
from predictive_scoring.handoff.simulation import Question, simulate_agreement
from predictive_scoring.handoff.told_response import response_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.handoff.waits import handed_over
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder

UNDER_THE_OLD_RULES = (
    "what became of people is what came of the hand-over there was: it does not say what an earlier call would have "
    "brought"
)
SELLERS_CHOSE = (
    "who was contacted first was chosen by people: what they saw and the model does not is in the response times too"
)
_KEPT_BACK = {
    "with_sales": "with sales already",
    "no_own_action": "without an action of their own",
    "not_qualified": "in no state that is handed over",
    "outside_profile": "outside of the profile",
    "missing_answers": "with a question open",
    "decided": "decided on by sales",
    "before": "handed over before",
    "beyond_capacity": "beyond the capacity",
    "handed_over": "handed over",
}


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


def simulate_lines(job: SimulateJob) -> Iterator[str]:
    """Yield whom the agreement would have handed over, what became of them, and what the next quarter should bring."""
    rules = newest(load_agreement(job.agreement), job.calls_per_week)
    bundle = opened(job.model)
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", bundle.terms.extract)
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
        **found, "notes": [*_notes(bundle, start)],
    }  # fmt: skip
    if job.as_json:
        yield json.dumps(record, ensure_ascii=False, indent=1)
    else:
        yield from _said(record, rules)


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


def _notes(bundle: Bundle, start: datetime) -> Iterator[str]:
    yield UNDER_THE_OLD_RULES
    yield SELLERS_CHOSE
    learned = bundle.terms.trained_until
    if learned is not None and start < datetime.fromisoformat(learned):
        yield f"the model learned from leads up to {learned[:10]}: weeks before look better than they would have been"


def _said(record: dict[str, Any], rules: Version) -> Iterator[str]:
    weeks, model, days = record["weeks"], record["model"], record["horizon_days"]
    calls = record["calls_per_week"]
    volumes = [week["handed_over"] for week in weeks]
    full = sum(n == calls for n in volumes)
    yield (
        f"agreement of {record['agreement']}, tried on {len(weeks)} weeks from {record['from'][:10]} to "
        f"{record['until'][:10]}"
    )
    yield (
        f"handed over: {sum(volumes):,}, {sum(volumes) / len(weeks):,.1f} a week ({min(volumes):,} to "
        f"{max(volumes):,}); sales could take {calls:,}, which {full} weeks filled"
    )
    groups = [f"{n:,.1f} {_KEPT_BACK[name]}" for name, n in record["above_the_line"].items() if n]
    yield f"people above the line on a Monday, on average: {', '.join(groups) or 'nobody'}"
    yield f"converted within {days} days: {_share(model, 'converted')}, {model['expected_of_mature']:.1f} expected"
    if model["immature"]:
        yield (
            f"  not had the time yet: {model['immature']:,}, of whom {model['converted_so_far']:,} have converted "
            "already; neither conversions nor losses here"
        )
    yield f"accepted by sales within {days} days: {_share(model, 'accepted')}"
    yield _response(model["response"], rules.hand_off.first_contact_hours)
    yield from response_told(record["response_needed"], days, Voice("en", Words()))
    if record["points"] is None:
        yield "points table: too few leads had converted by then to make one"
    else:
        yield f"points table, as many of the same people: {_share(record['points'], 'converted')} converted"
    for name, did in (("given", "were given"), ("contacted", "turned first to"), ("accepted", "accepted")):
        others = record[name]
        if others is not None:
            yield f"in fact sales {did} {others['handed_over']:,} people: {_share(others, 'converted')} converted"
    yield from _ahead(record, rules)
    yield from (f"note: {note}" for note in record["notes"])


def _share(found: dict[str, Any], name: str) -> str:
    rate = found[name]
    if rate["share"] is None:
        return "nobody has had the time yet"
    return (
        f"{rate['n']:,} of {found['mature']:,} ({percent(rate['share'])}; {percent(rate['low'])} to "
        f"{percent(rate['high'])})"
    )


def _response(found: dict[str, Any], promised_hours: int) -> str:
    if found["share"] is None:
        return f"first contact within {promised_hours} hours: nobody has had the time yet"
    half = "" if found["median_hours"] is None else f", half of the contacted within {found['median_hours']:,.0f} hours"
    return (
        f"first contact within {promised_hours} hours of the hand-over, in fact: {found['within_promise']:,} of "
        f"{found['had_time']:,} ({percent(found['share'])}){half}; {found['never']:,} not at all"
    )


def _without_a_line(record: dict[str, Any], rules: Version) -> Iterator[str]:
    """Yield which chance would fill the weeks if grades drew no line, or that none would."""
    found, calls = record["without_a_line"], record["calls_per_week"]
    if found is None:
        yield f"without any line of grade and chance no week fills {calls:,}: what keeps people back is the other rules"
    elif record["proposal"] is None:
        kept = found["kept"]
        yield (
            f"to propose: least_probability {found['least_probability']:.4f} as the only line, with grades A to D, "
            f"fills the capacity (now {rules.hand_off.least_probability:g} with {', '.join(rules.hand_off.grades)}): "
            f"{kept['handed_over']:,} handed over, {_share(kept, 'converted')} converted; the agreement is not changed"
        )


def _ahead(record: dict[str, Any], rules: Version) -> Iterator[str]:
    proposal, ahead = record["proposal"], record["forecast"]
    if proposal is not None:
        kept = proposal["kept"]
        yield (
            f"to propose: least_probability {proposal['least_probability']:.4f} fills the capacity by itself (now "
            f"{rules.hand_off.least_probability:g}): {kept['handed_over']:,} handed over, {_share(kept, 'converted')} "
            "converted; the agreement is not changed"
        )
    yield from _without_a_line(record, rules)
    if ahead is None:
        yield "forecast: too few weeks have a quarter behind them; give an earlier --from"
        return
    yield (
        f"forecast: of those handed over in the 90 days from {record['until'][:10]}, {ahead['expected']:.1f} should "
        f"convert in them, {ahead['low']:,} to {ahead['high']:,} ({percent(ahead['level'])}; {ahead['n_weeks']} weeks "
        f"had as long, their counts vary {ahead['overdispersion']:.1f} times as much as chance alone)"
    )
    if record["happened"] is not None:
        yield f"  the history goes on: there were {record['happened']:,}"
