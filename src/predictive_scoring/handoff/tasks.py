"""Briefs as tasks of a CRM: one a lead that is to be called, with all that the brief says."""

from collections.abc import Iterator

import pyarrow as pa

from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.contract.words import Words
from predictive_scoring.handoff.brief import Brief, HandOffList
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.scoring.crm_tasks import TASKS


def tasks_of(listed: HandOffList, terms: HandOff) -> pa.Table:
    """Return a task for each lead that is handed over and is to be called, best first: the columns of `TASKS`."""
    voice = Voice(listed.language, Words())
    rows = [
        {
            "lead_id": lead_id,
            "as_of": listed.as_of,
            "subject": voice.say("task.subject", action=brief.action, lead=brief.lead_id, grade=brief.grade),
            "body": "\n\n".join(_paragraphs(brief, voice)),
            "due": brief.contact_by,
            "urgent": terms.actions.get(brief.grade) == "call_today",  # type: ignore[call-overload]
        }
        for lead_id, brief in zip(listed.lead_ids, listed.handed_over, strict=True)
        if brief.contact_by is not None
    ]
    return pa.Table.from_pylist(rows, TASKS)


def _paragraphs(brief: Brief, voice: Voice) -> Iterator[str]:
    yield "\n".join(line for line in (brief.chance(voice), brief.ranks(voice), brief.where(voice)) if line)
    parts = {
        "opening": (brief.opening,),
        "why_now": brief.why_now,
        "but": (brief.but,),
        "read": brief.read,
        "account": (brief.at_the_account,),
        "questions": brief.open_questions,
        "profile": brief.profile,
        "person": [f"{name}: {value}" for name, value in brief.person],
        "company": [f"{name}: {value}" for name, value in brief.company],
    }
    for name, lines in parts.items():
        if told := [line for line in lines if line]:
            yield "\n".join([voice.say(f"column.{name}").upper(), *told])
