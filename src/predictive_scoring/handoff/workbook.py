"""A hand-off as a workbook and as JSON; no cell is ever run as a formula."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from predictive_scoring.contract.words import Words
from predictive_scoring.handoff.brief import Brief, HandOffList
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.scoring import money
from predictive_scoring.storage import write_file, write_json

COLUMNS: Final = (
    "rank", "lead", "grade", "chance", "action", "contact_by", "stage", "came", "intent", "profile", "person",
    "company", "why_now", "but", "read", "account", "questions", "opening",
)  # fmt: skip
WIDTHS: Final = {
    "rank": 6,
    "lead": 14,
    "grade": 7,
    "chance": 9,
    "value": 12,
    "action": 16,
    "contact_by": 17,
    "stage": 16,
    "came": 24,
    "intent": 8,
}
FORMATS: Final = {"chance": "0.0%", "value": money.SHEET_FORMAT, "contact_by": "yyyy-mm-dd hh:mm"}
_NEVER: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(listed: HandOffList, path: Path) -> None:
    """Write a workbook of two sheets: those handed over, and those of whom an answer is missing."""
    write_file(path, _workbook(listed))


def _workbook(listed: HandOffList) -> Callable[[Path], None]:
    import xlsxwriter  # noqa: PLC0415  (an extra)

    voice = Voice(listed.language, Words())
    columns = _columns(listed)

    def write(draft: Path) -> None:
        with xlsxwriter.Workbook(str(draft), {**_NEVER, "remove_timezone": True}) as book:
            ready = [_cells(brief) for brief in listed.handed_over]
            lacking = [{**_cells(brief), "missing": "\n".join(names)} for brief, names in listed.missing]
            _sheet(book, voice, "handed_over", columns, ready)
            _sheet(book, voice, "missing", (*COLUMNS[:4], "missing", *columns[4:]), lacking)

    return write


def _columns(listed: HandOffList) -> tuple[str, ...]:
    """Return the columns, with expected value beside the chance where the model tells it and chances held."""
    briefs = (*listed.handed_over, *(brief for brief, _ in listed.missing))
    tells = any(brief.expected_value is not None and brief.probability is not None for brief in briefs)
    return (*COLUMNS[:4], "value", *COLUMNS[4:]) if tells else COLUMNS


def _sheet(book: Any, voice: Voice, name: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    sheet = book.add_worksheet(voice.say(f"sheet.{name}"))
    top = {"text_wrap": True, "valign": "top"}
    sheet.write_row(0, 0, [voice.say(f"column.{column}") for column in columns], book.add_format({"bold": True, **top}))
    for place, column in enumerate(columns):
        shown = book.add_format({"num_format": FORMATS.get(column, "General"), **top})
        sheet.set_column(place, place, WIDTHS.get(column, 38), shown)
        sheet.write_column(1, place, [row[column] for row in rows], shown)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)


def _cells(brief: Brief) -> dict[str, Any]:
    return {
        "rank": brief.rank, "lead": brief.lead_id, "grade": brief.grade, "chance": brief.probability,
        "value": None if brief.probability is None else brief.expected_value,
        "action": brief.action, "contact_by": brief.contact_by,
        "stage": brief.stage, "came": brief.came, "intent": brief.intent, "profile": "\n".join(brief.profile),
        "person": "\n".join(f"{name}: {value}" for name, value in brief.person),
        "company": "\n".join(f"{name}: {value}" for name, value in brief.company),
        "why_now": "\n".join(brief.why_now), "but": brief.but, "read": "\n".join(brief.read),
        "account": brief.at_the_account, "questions": "\n".join(brief.open_questions), "opening": brief.opening,
    }  # fmt: skip


def write_hand_off(listed: HandOffList, path: Path) -> None:
    """Write a hand-off as JSON."""
    write_json(path, as_record(listed))


def as_record(listed: HandOffList) -> dict[str, Any]:
    """Return a hand-off as JSON can hold it; instants as ISO text in UTC."""
    return {
        "as_of": listed.as_of.isoformat(),
        "language": listed.language,
        "counts": listed.counts,
        "calls_per_week": listed.calls_per_week,
        "handed_over_this_week": listed.n_this_week,
        "handed_over": [_record(brief) for brief in listed.handed_over],
        "missing_answers": [{**_record(brief), "missing": list(names)} for brief, names in listed.missing],
    }


def _record(brief: Brief) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(brief).items()}
