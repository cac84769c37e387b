"""The draft of a whole source file out of the evidence: its tables, and what the source says about itself."""

from dataclasses import dataclass
from pathlib import Path

from predictive_scoring.contract.attribute_names import attribute_name
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.draft.afterwards import relations
from predictive_scoring.sources.draft.attributes import Attributes, Context, attributes_of, dated_columns, late_dates
from predictive_scoring.sources.draft.endings import Ending, from_flat, from_leads, from_log, from_stages, nowhere
from predictive_scoring.sources.draft.entry import ITEM, Entry, Guess
from predictive_scoring.sources.draft.evidence import Evidence, FileEvidence
from predictive_scoring.sources.draft.flat import ids_entry, order_entry
from predictive_scoring.sources.draft.mapping import activities_columns, leads_columns, outcomes_columns
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.roles import Part, called, parts_of
from predictive_scoring.sources.draft.table import Mapped, table_entry
from predictive_scoring.sources.draft.time_formats import Instants


@dataclass(frozen=True)
class Plan:
    """The files as tables, with the columns of each that play a part."""

    leads: Part
    lead_columns: Mapped
    accounts: Part | None
    account_key: str | None  # the header in accounts that the leads' account ids are found under
    activities: tuple[tuple[Part, Mapped], ...]
    outcomes: tuple[tuple[Part, Mapped], ...]
    unused: tuple[FileEvidence, ...]


def plan_of(evidence: Evidence) -> Plan:
    """Return which file is which table."""
    parts, unused = parts_of(evidence)
    leads = next(part for part in parts if part.table == "leads")
    accounts = next((part for part in parts if part.table == "accounts"), None)
    accounts_file = accounts.file if accounts else None
    join = evidence.best_join(leads.file.number, accounts.file.number) if accounts else None
    return Plan(
        leads=leads,
        lead_columns=leads_columns(evidence, leads.file, accounts_file),
        accounts=accounts,
        account_key=join.to_header if join else None,
        activities=tuple(
            (part, activities_columns(evidence, part.file, leads.file, accounts_file))
            for part in parts if part.table == "activities"
        ),
        outcomes=tuple(
            (part, outcomes_columns(evidence, part.file, leads.file)) for part in parts if part.table == "outcomes"
        ),
        unused=tuple(unused),
    )  # fmt: skip


def compose(engine: Engine, evidence: Evidence, base: Path, name: str) -> tuple[Entry, ...]:
    """Return the draft's entries; paths are relative to `base`."""
    plan = plan_of(evidence)
    key = plan.lead_columns.columns.get("lead_id")
    ending = (
        from_stages(plan.leads.file, key, plan.outcomes, base)
        or from_log(engine, plan.leads.file, key, plan.activities, base)
        or from_leads(plan.leads, plan.lead_columns, base)
        or from_flat(plan.leads.file)
        or nowhere()
    )
    tables = [_leads_entry(engine, plan, ending, base)]
    if plan.accounts is not None:
        tables.append(_accounts_entry(engine, plan, plan.accounts, ending, base))
    tables += _listed("activities", [_activities_entry(part, mapped, ending, base) for part, mapped in plan.activities])
    tables += _listed("outcomes", ending.outcomes)
    files = (Entry("tables", below=tuple(tables), guesses=_unused_files(plan, ending)),)
    return (*_about_the_source(engine, plan, ending, name), *files)


def _leads_entry(engine: Engine, plan: Plan, ending: Ending, base: Path) -> Entry:
    file, mapped = plan.leads.file, plan.lead_columns
    if ending.labels:
        engine.execute(f"create table labels_of_leads as {ending.labels}")
    found = relations(engine, file.look, file.types, "labels_of_leads") if ending.labels else {}
    created = mapped.columns.get("created_at")
    late = late_dates(engine, file, created) if created else {}
    attributes = attributes_of(Context(file, mapped.headers | ending.taken, found, late, dated_columns(engine, file)))
    more = ending.of_leads
    if "lead_id" not in mapped.columns:
        more = (ids_entry(engine, file), *more)
    if created is None and ending.is_flat:
        more = (*more, order_entry(engine, file))
    elif created is None:
        guess = Guess("when a lead was created", "no column of instants that nearly every row has", "unsure")
        more = (*more, Entry("columns.created_at", "<header>", guesses=(guess,), is_active=False))
    return table_entry(plan.leads, mapped, base, attributes, more)


def _accounts_entry(engine: Engine, plan: Plan, accounts: Part, ending: Ending, base: Path) -> Entry:
    """Return the accounts; an account counts as converted if any of its leads did."""
    file, mapped = accounts.file, Mapped()
    reference = plan.lead_columns.columns.get("account_id")
    key = called([column for column in file.look.columns if file.types[column.header].type != "date"], "account_id")
    if plan.account_key is not None or key is None:
        key = file.look.column(plan.account_key or file.look.columns[0].header)
    because = f"{key.n_distinct:,} values in {key.n_rows:,} rows, and it sounds like it"
    mapped.put("account_id", key, Guess(f"{key.header!r} is the account's id", because, "likely"))
    found = {}
    if ending.labels and reference is not None:
        leads = f"{plan.leads.file.look.rows} join labels_of_leads using (_record)"
        ids = f"select {reference.cell} from {leads} where converted"
        engine.execute(
            f"create table labels_of_accounts as select _record, {key.cell} in ({ids}) as converted "
            f"from {file.look.rows} where {key.cell} is not null"
        )
        found = relations(engine, file.look, file.types, "labels_of_accounts")
    return table_entry(
        accounts, mapped, base, attributes_of(Context(file, mapped.headers, found, dated=dated_columns(engine, file)))
    )


def _activities_entry(part: Part, mapped: Mapped, ending: Ending, base: Path) -> Entry:
    of_log = ending.of_activities.get(part.file.number, ())
    unread = [
        Entry(c.header, {"type": "text", "known": "at_export"}, is_active=False,
              guesses=(Guess(f"{c.header!r} is not read", _why_unread(part.file, c.header), "likely"),))
        for c in part.file.look.columns if c.header not in mapped.headers
    ]  # fmt: skip
    more = of_log
    missing = [role for role in ("occurred_at", "lead_id") if role not in mapped.columns]
    if "lead_id" in missing and "account_id" in mapped.columns:
        missing.remove("lead_id")
    if "kind" not in mapped.columns:
        kind = attribute_name(part.file.look.written.path.name.split(".")[0])
        guess = Guess(
            f"every row is a {kind!r}", "no column of few values sounds like a kind; it is the file's name", "unsure"
        )
        more = (Entry("kind_is", kind, guesses=(guess,)), *more)
    entry = table_entry(part, mapped, base, Attributes(unread), more)
    if missing or ending.is_flat:
        why = (
            f"{missing} cannot be told" if missing else "the outcomes have no dates, and a flat table has no activities"
        )
        guess = Guess(f"{part.file.look.name} is not read", why, "unsure")
        return Entry(entry.key, below=entry.below, guesses=(guess,), is_active=False)
    return entry


def _why_unread(file: FileEvidence, header: str) -> str:
    if header in file.personal:
        return f"personal data: {file.personal[header]}"
    return "it plays no part in an activity, and activities have no attributes"


def _listed(name: str, entries: list[Entry]) -> list[Entry]:
    """Return one table as it is, and several as the parts of one."""
    active = [entry for entry in entries if entry.is_active]
    others = [entry for entry in entries if not entry.is_active]
    if len(active) <= 1:
        return [*active, *others]
    return [Entry(name, below=tuple(Entry(ITEM, below=entry.below) for entry in active)), *others]


def _unused_files(plan: Plan, ending: Ending) -> tuple[Guess, ...]:
    used = {Path(entry.value).name for table in ending.outcomes for entry in table.below if entry.key == "path"}
    lost = [part.file for part, _ in plan.outcomes if part.file.look.name not in used]
    because = "it does not look like leads, accounts, activities or outcomes that belong to the other files"
    unused = [Guess(f"{file.look.name} is not used", because, "unsure") for file in (*plan.unused, *lost)]
    every = [plan.leads, *([plan.accounts] if plan.accounts else []), *(part for part, _ in plan.activities)]
    empty = [part.file.look.name for part in every if not part.file.look.n_rows]
    return (*unused, *(Guess(f"{name} is empty", "it has headers and no rows", "unsure") for name in empty))


def _about_the_source(engine: Engine, plan: Plan, ending: Ending, name: str) -> tuple[Entry, ...]:
    entries = [Entry("name", name), Entry("licence", "internal")]
    columns_of_leads = plan.lead_columns.columns
    if "email" in columns_of_leads and "account_id" not in columns_of_leads:
        header = columns_of_leads["email"].header
        because = f"add `account_id: {header}` to the columns of leads, and leads of one company are colleagues"
        guess = Guess("an account may go by the domain of the leads' addresses", because, "likely")
        entries.append(Entry("accounts_by", "domain", guesses=(guess,), is_active=False))
    used = _instants_used(plan, ending)
    without_zone = sorted({column.header for file, column in used if _written(file, column).needs_zone})
    if without_zone:
        columns = ", ".join(repr(header) for header in without_zone)
        because = f"instants in {columns} have no offset; say where that is, e.g. Europe/Madrid"
        entries.append(Entry("timezone", "UTC", guesses=(Guess("timezone: UTC", because, "unsure"),)))
    days = [_day_after(engine, file, column) for file, column in used if not _written(file, column).is_ambiguous]
    if any(days):
        because = "the day after the latest instant; state when the export was made, if that was later"
        guess = Guess("the end of the history", because, "likely")
        entries.append(Entry("exported_at", max(days), guesses=(guess,), is_active=False))
    return tuple(entries)


def _instants_used(plan: Plan, ending: Ending) -> list[tuple[FileEvidence, Column]]:
    """Return the columns of instants that play a part, in whichever table."""
    leads = plan.leads.file
    used = [(leads, column) for role, column in plan.lead_columns.columns.items() if role.endswith("_at")]
    used += [(leads, column) for column in leads.of_type("date") if column.header in ending.taken]
    for part, mapped in (*plan.activities, *plan.outcomes):
        used += [(part.file, column) for role, column in mapped.columns.items() if role.endswith("_at")]
    return [(file, column) for file, column in used if file.types[column.header].instants is not None]


def _written(file: FileEvidence, column: Column) -> Instants:
    written = file.types[column.header].instants
    assert written is not None
    return written


def _day_after(engine: Engine, file: FileEvidence, column: Column) -> str:
    """Return the day after a column's latest instant, empty if none can be read."""
    at = typing_sql.instant(column.cell, _written(file, column).formats[0], "UTC")
    latest = f"strftime(max({at}) + interval 1 day, '%Y-%m-%d')"
    return str(engine.sql(f"select coalesce({latest}, '') as latest from {file.look.rows}")["latest"][0])
