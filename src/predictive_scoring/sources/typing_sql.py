"""SQL expressions that read text as a type of the contract; what cannot be read becomes null.

A cell is the SQL of a text column. Blank cells (empty, or spaces alone) are null for every type.
"""

from collections.abc import Iterable
from datetime import datetime

from predictive_scoring.contract.rules import DIRECTIONS, EARLIEST_DATE, EARLIEST_INSTANT, LATEST_INSTANT, NO, YES
from predictive_scoring.contract.source_columns import Read
from predictive_scoring.engine.duck import literal
from predictive_scoring.sources.clock_changes import repeated_hours

CLOCK = r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"
ISO_LOCAL = rf"\d{{4}}-\d\d-\d\d({CLOCK})?"
ISO_UTC = rf"\d{{4}}-\d\d-\d\d{CLOCK}Z"
ISO_OFFSET = rf"\d{{4}}-\d\d-\d\d{CLOCK} ?(Z|UTC|[+-](0\d|1[0-5])(:?[0-5]\d)?)"
REPEATED_MINUTES = (120, 60, 30)  # how far clocks go back; an hour but for Troll station and Lord Howe Island
PLAIN_WORDS = "[!-~]+( [!-~]+)*"
SALESFORCE_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
EXCEL, DAY_MS, MAX_SERIAL = "excel", 86_400_000, 100_000
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}


def filled(cell: str) -> str:
    """Return a cell as it is, or null if it is blank; ids stay as they are written.

    Most cells begin with a printable sign of ASCII, which a comparison tells at a fraction of the cost of trimming.
    """
    return f"case when ({cell} >= '!' and {cell} <= '~') or trim({cell}) <> '' then {cell} end"


def salesforce_id(cell: str) -> str:
    """Return an id of 15 characters as the 18 that mean the same without regard to case; others as they are written.

    The three last characters tell which of each five are capitals, the first of them in the lowest bit.
    """
    text = f"trim({cell})"
    digits = " || ".join(
        f"substr('{SALESFORCE_DIGITS}', 1 + "
        + " + ".join(
            f"{1 << bit} * (substr({text}, {start + bit}, 1) between 'A' and 'Z')::integer" for bit in range(5)
        )
        + ", 1)"
        for start in (1, 6, 11)
    )
    return f"case when regexp_full_match({text}, '[0-9A-Za-z]{{15}}') then {text} || {digits} else {filled(text)} end"


def category(cell: str) -> str:
    """Return the spelling of `contract.attribute_names.clean_text`: composed, no outer spaces, single inner ones.

    Most cells are plain words already; the short test costs a quarter of the cleaning.
    """
    cleaned = rf"nullif(trim(regexp_replace(nfc_normalize({cell}), '[\s\p{{Z}}\x{{FEFF}}]+', ' ', 'g')), '')"
    return f"case when regexp_full_match({cell}, '{PLAIN_WORDS}') then {cell} else {cleaned} end"


def number(cell: str, read: Read) -> str:
    """Return a finite number written with the declared decimal and thousands signs.

    A thousands sign must part groups of three: with `thousands: "."`, 12.5 is no number rather than 125.
    """
    decimal = "[.]" if read.decimal == "." else ","
    whole = r"\d+"
    plain = f"trim({cell})"
    if read.thousands:
        sign = f"[{read.thousands}]"
        whole = rf"(\d+|\d{{1,3}}({sign}\d{{3}})+)"
        plain = f"replace({plain}, {literal(read.thousands)}, '')"
    if read.decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    pattern = literal(rf"[+-]?({whole}({decimal}\d*)?|{decimal}\d+)([eE][+-]?\d+)?")
    value = f"try_cast({plain} as double)"
    return f"case when regexp_full_match(trim({cell}), {pattern}) and isfinite({value}) then {value} end"


def boolean(cell: str) -> str:
    """Return true for a word for yes, false for one for no, in either case."""
    word = f"lower(nfc_normalize(trim({cell})))"
    return f"case when {word} in {_listed(YES)} then true when {word} in {_listed(NO)} then false end"


def direction(cell: str) -> str:
    """Return inbound or outbound, of a word that means it, in either case."""
    word = f"lower(trim({cell}))"
    cases = " ".join(f"when {word} in {_listed(words)} then {literal(name)}" for name, words in DIRECTIONS.items())
    return f"case {cases} end"


def instant(cell: str, form: str | None, timezone: str | None, *, is_date: bool = False) -> str:
    """Return an instant in UTC, to the microsecond.

    Parameters
    ----------
    form
        A strptime format, `excel` (days of a workbook), `epoch_s`, `epoch_ms` or `epoch_us`; None reads ISO 8601.
    timezone
        Where an instant without an offset was written down; None means UTC. One that a clock change skips is
        moved forward by the change; one that happens twice is the first.
    is_date
        Whether years before 1971 are believed.
    """
    earliest = EARLIEST_DATE if is_date else EARLIEST_INSTANT
    if form is None:
        return _iso_instant(cell, timezone, earliest.year)
    text = f"trim({cell})"
    if form == EXCEL:
        value = _in_zone(_of_serial(text), timezone)
    elif form in EPOCHS:
        count, unit = f"try_cast({text} as bigint)", EPOCHS[form]
        largest = 10**16 // unit  # a product beyond it would be an error
        value = f"case when {count} between -{largest} and {largest} then make_timestamptz({count} * {unit}) end"
    elif "%z" in form.lower():
        value = f"try_strptime({text}, {literal(form)})"
    else:
        value = _in_zone(f"try_strptime({text}, {literal(form)})", timezone)
    return f"case when {value} >= {stamp(earliest)} and {value} < {stamp(LATEST_INSTANT)} then {value} end"


def _iso_instant(cell: str, timezone: str | None, earliest_year: int) -> str:
    """Return an ISO 8601 instant; the cell is read as it is, and once more without outer spaces if that gave nothing.

    Patterns are most of the cost of typing a large table, so the commonest forms meet one each, and bounds are
    tested on the text: years in four digits sort like numbers.
    """
    return (
        f"coalesce({_iso_text(cell, timezone, earliest_year)}, {_iso_text(f'trim({cell})', timezone, earliest_year)})"
    )


def _iso_text(text: str, timezone: str | None, earliest_year: int) -> str:
    joined = f"replace(replace(replace({text}, ' UTC', 'Z'), ' +', '+'), ' -', '-')"
    return (
        f"case when {text} < '{earliest_year}' or {text} >= '{LATEST_INSTANT.year}' then null "
        f"when {text} like '%Z' and regexp_full_match({text}, {literal(ISO_UTC)}) then try_cast({text} as timestamptz) "
        f"when regexp_full_match({text}, {literal(ISO_LOCAL)}) "
        f"then {_in_zone(f'try_cast({text} as timestamp)', timezone)} "
        f"when regexp_full_match({text}, {literal(ISO_OFFSET)}) then try_cast({joined} as timestamptz) end"
    )


def _of_serial(text: str) -> str:
    """Return the local time of a workbook's day number, to the millisecond: 1 is 1900-01-01, counted as Excel does."""
    days = f"try_cast({text} as double)"
    micros = f"cast(round({days} * {DAY_MS}) * 1000 as bigint)"
    return f"case when {days} between 0 and {MAX_SERIAL} then timestamp '1899-12-30' + to_microseconds({micros}) end"


def lacks_offset(cell: str, form: str | None) -> str:
    """Return whether a cell's instant needs a time zone from elsewhere."""
    if form is not None:
        return "false" if form in EPOCHS or "%z" in form.lower() else f"trim({cell}) <> ''"
    return f"regexp_full_match(trim({cell}), {literal(ISO_LOCAL)})"


def stamp(at: datetime) -> str:
    """Return an instant as an SQL constant."""
    return f"timestamptz '{at.isoformat()}'"


def known_at(has_recorded_at: bool, days_end_in: str | None = None) -> str:
    """Return when a typed row `t` became known: when it occurred, or was recorded if that is later.

    Parameters
    ----------
    days_end_in
        The time zone in which an instant at midnight is a date, known at the end of its day, a microsecond before the
        next; None takes it as it is.
    """
    names = ("occurred_at", "recorded_at") if has_recorded_at else ("occurred_at",)
    instants = [end_of_day(f"t.{name}", days_end_in) if days_end_in else f"t.{name}" for name in names]
    return f"greatest({', '.join(instants)})" if has_recorded_at else instants[0]


def end_of_day(at: str, timezone: str) -> str:
    """Return an instant, or the last microsecond of its day if it is a date: at midnight in a time zone."""
    local = f"timezone({literal(timezone)}, {at})"
    end = f"timezone({literal(timezone)}, {local} + interval 1 day) - interval 1 microsecond"
    return f"case when date_trunc('day', {local}) = {local} then {end} else {at} end"


def _in_zone(local: str, timezone: str | None) -> str:
    if timezone in (None, "UTC", "Etc/UTC"):
        return f"cast({local} as timestamptz)"
    zone = literal(str(timezone))
    at = f"timezone({zone}, {local})"  # of a local time that happens twice this is the second
    months, hours = repeated_hours(str(timezone))
    if not hours:
        return at
    may_repeat = f"month({local}) in {_numbers(months)} and hour({local}) in {_numbers(hours)}"
    first = " ".join(
        f"when timezone({zone}, {at} - interval {minutes} minute) = {local} then {at} - interval {minutes} minute"
        for minutes in REPEATED_MINUTES
    )
    return f"case when {may_repeat} then case {first} else {at} end else {at} end"


def _numbers(values: Iterable[int]) -> str:
    return "(" + ", ".join(str(value) for value in values) + ")"


def _listed(words: Iterable[str]) -> str:
    return "(" + ", ".join(literal(word) for word in words) + ")"
