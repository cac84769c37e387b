"""Which column of a file is which column of the contract: joins speak before names, and types must fit."""

from collections.abc import Sequence

from predictive_scoring.contract.rules import DIRECTIONS
from predictive_scoring.sources.draft.entry import Confidence, Guess
from predictive_scoring.sources.draft.evidence import Evidence, FileEvidence
from predictive_scoring.sources.draft.joins import Join, key_columns
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.roles import called
from predictive_scoring.sources.draft.table import Mapped
from predictive_scoring.sources.draft.vocabulary import LOST, WON, likeness

ALWAYS = 0.9  # share of rows in which an instant must be filled to be the one of the row
WAYS = {word for words in DIRECTIONS.values() for word in words}


def leads_columns(evidence: Evidence, leads: FileEvidence, accounts: FileEvidence | None) -> Mapped:
    """Return the columns of the leads table."""
    mapped = Mapped()
    possible = {key.header for key in key_columns(leads.look, leads.types)}
    keys = [
        column for column in leads.look.columns
        if column.header in possible and (likeness(column.header, "lead_id") or _is_used(evidence, leads, column))
    ]  # fmt: skip
    if keys:
        key = max(keys, key=lambda key: (_is_used(evidence, leads, key), likeness(key.header, "lead_id") >= 0.7))
        mapped.put("lead_id", key, _key_guess(key, len(keys)))
    put_instant(mapped, leads, "created_at")
    put_account(evidence, mapped, leads, accounts)
    emails = [c for c in leads.look.columns if "e-mail" in leads.personal.get(c.header, "")]
    put_called(mapped, emails, "email", 0.0, "its cells are e-mail addresses; only the kind of domain is kept")
    dates = [c for c in leads.of_type("date") if c.header not in mapped.headers]
    put_called(mapped, dates, "updated_at", 0.7, "of rows with one id the latest is kept")
    return mapped


def _is_used(evidence: Evidence, file: FileEvidence, key: Column) -> bool:
    return any((join.to_file, join.to_header) == (file.number, key.header) and join.is_match for join in evidence.joins)


def _key_guess(key: Column, n_keys: int) -> Guess:
    because = "every row has a value of its own"
    if not key.is_key:
        because = f"{key.n_distinct:,} values in {key.n_rows:,} rows; rows with the same one are judged by `check`"
    if n_keys > 1:
        because += f"; the first of {n_keys} columns that could be the id"
    return Guess(f"{key.header!r} is the id", because, "sure" if key.is_key and n_keys == 1 else "likely")


def put_account(evidence: Evidence, mapped: Mapped, file: FileEvidence, accounts: FileEvidence | None) -> None:
    """Map the column of account ids: by its join with the table of accounts, or by its name where there is none."""
    if accounts is not None:
        put_reference(evidence, mapped, file, accounts, "account_id")
        return
    free = [
        c for c in file.of_type("category", "text", "number") if c.header not in mapped.headers and not _holds_signs(c)
    ]
    put_called(
        mapped,
        [c for c in free if c.header not in file.personal],
        "account_id",
        0.7,
        "it sounds like one; there is no table of accounts",
    )


def _holds_signs(column: Column) -> bool:
    return any("." in shape or "," in shape for shape, _ in column.shapes[:3])


def put_reference(evidence: Evidence, mapped: Mapped, file: FileEvidence, target: FileEvidence, role: str) -> None:
    """Map the column whose ids are those of another file's key, with the shares found both ways."""
    own = {column.header for column in mapped.columns.values()}
    join = evidence.best_join(file.number, target.number)
    if join is None or join.from_header in own:
        return
    column = file.look.column(join.from_header)
    mapped.put(role, column, _join_guess(join, column, target))


def _join_guess(join: Join, column: Column, target: FileEvidence) -> Guess:
    confidence: Confidence = "sure" if join.share_found > 0.95 else "likely" if join.is_match else "unsure"
    because = (
        f"{join.share_found:.1%} of its {column.n_distinct:,} ids are in {target.look.name} under {join.to_header!r}, "
        f"and {join.share_used:.1%} of those are used here"
    )
    return Guess(f"{column.header!r} refers to {target.look.name}", because, confidence)


def put_instant(mapped: Mapped, file: FileEvidence, role: str) -> None:
    """Map the instant of a row: the best name among the columns of instants that are nearly always filled."""
    dates = [c for c in file.of_type("date") if c.share_filled >= ALWAYS and c.header not in mapped.headers]
    column = called(dates, role)
    because = "it sounds like it, and nearly every row has it"
    if column is None and len(dates) == 1:
        column, because = dates[0], "it is the only column of instants that nearly every row has"
    if column is not None:
        found = file.types[column.header].instants
        is_clear = likeness(column.header, role) >= 0.7 and found is not None and not found.n_unread
        told = f"; {found.because}" if found else ""
        mapped.put(
            role, column, Guess(f"{column.header!r} is {role}", because + told, "sure" if is_clear else "likely")
        )


def put_called(mapped: Mapped, columns: Sequence[Column], role: str, least: float, because: str) -> None:
    """Map the column that sounds most like a role, if any sounds enough like it."""
    column = called([c for c in columns if c.header not in mapped.headers], role, least)
    if column is not None:
        confidence: Confidence = "sure" if likeness(column.header, role) >= 0.7 else "likely"
        mapped.put(role, column, Guess(f"{column.header!r} is {role}", because, confidence))


def activities_columns(
    evidence: Evidence, file: FileEvidence, leads: FileEvidence, accounts: FileEvidence | None
) -> Mapped:
    """Return the columns of a table of activities."""
    mapped = Mapped()
    put_reference(evidence, mapped, file, leads, "lead_id")
    put_account(evidence, mapped, file, accounts)
    put_instant(mapped, file, "occurred_at")
    words = file.of_type("category")
    put_called(mapped, words, "kind", 0.3, "few values, and it sounds like it")
    dates = [c for c in file.of_type("date") if c.share_filled >= ALWAYS]
    put_called(mapped, dates, "recorded_at", 0.5, "rows are used from then on only")
    ways = [c for c in words if c.levels and {value.strip().lower() for value, _ in c.levels} <= WAYS]
    put_called(mapped, ways, "direction", 0.0, "its values are words for inbound and outbound")
    put_called(
        mapped,
        [c for c in file.of_type("category", "text") if c.header not in file.personal],
        "topic",
        0.4,
        "it sounds like what the activity was about",
    )
    numbers = [c for c in file.of_type("number") if c.header not in mapped.headers]
    named = called(numbers, "value")
    if named is not None and (len(numbers) == 1 or likeness(named.header, "value") >= 0.7):
        mapped.put("value", named, Guess(f"{named.header!r} is value", "a number that measures the activity", "likely"))
    return mapped


def outcomes_columns(evidence: Evidence, file: FileEvidence, leads: FileEvidence) -> Mapped:
    """Return the columns of a table of stages."""
    mapped = Mapped()
    put_reference(evidence, mapped, file, leads, "lead_id")
    put_instant(mapped, file, "occurred_at")
    stage = stage_column(file)
    because = "its values are stages"
    mapped.put("stage", stage, Guess(f"{stage.header!r} is stage", because, "likely") if stage else None)
    put_called(mapped, file.of_type("date"), "recorded_at", 0.5, "rows are used from then on only")
    put_called(mapped, file.of_type("number"), "amount", 0.3, "a number, and it sounds like it")
    words = [c for c in file.of_type("category", "text") if c.header not in file.personal]
    put_called(mapped, words, "reason", 0.3, "it sounds like it")
    return mapped


def stage_column(file: FileEvidence) -> Column | None:
    """Return the column of stages: few values that speak of deals won and lost, or a name that says so."""
    columns = [c for c in file.of_type("category") if c.levels]
    if not columns:
        return None
    told = {c.header: bool(file.words_in(c, WON)) + bool(file.words_in(c, LOST)) for c in columns}
    best = max(columns, key=lambda c: (told[c.header], likeness(c.header, "stage")))
    return best if told[best.header] or likeness(best.header, "stage") >= 0.5 else None
