"""From a source file to the canonical history: read, type, judge each row, join, write."""

from pathlib import Path

from predictive_scoring.config.engine import Engine as Settings
from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History, HistoryFacts, RowAccount, TableName
from predictive_scoring.contract.source_file import Source, load_source
from predictive_scoring.contract.source_tables import AccountsTable, LeadsTable, RowsOfLeads
from predictive_scoring.engine.duck import Engine, open_engine
from predictive_scoring.sources import identity, rows_of_leads
from predictive_scoring.sources.accounting import account_of, notes_on_limits, refuse_too_many
from predictive_scoring.sources.activity_laying import lay_down_activities
from predictive_scoring.sources.activity_shelves import finish_activities
from predictive_scoring.sources.bad_cells import name_bad_cells
from predictive_scoring.sources.columns import late_sql, left_out_sql, typed_columns
from predictive_scoring.sources.databases import Databases
from predictive_scoring.sources.facts import facts_of
from predictive_scoring.sources.flat_outcomes import refuse_unknown_outcomes
from predictive_scoring.sources.hands import hands_of
from predictive_scoring.sources.inputs import inputs_of
from predictive_scoring.sources.instants import refuse_unreadable_instants
from predictive_scoring.sources.loading import stage
from predictive_scoring.sources.merges import follow_merges, make_kin
from predictive_scoring.sources.never_seen import never_seen
from predictive_scoring.sources.pseudonyms import define_pseudonym
from predictive_scoring.sources.quarantine import create_quarantine, quarantine_rows
from predictive_scoring.sources.staging import Staged, reject, type_rows
from predictive_scoring.sources.writing import write_tables
from predictive_scoring.storage import draft_of, read_parquet, sole_writer, write_parquet

ACTIVITIES: TableName = "activities"


def extract(source_path: Path, folder: Path, settings: Extract, by: Settings | None = None) -> History:
    """Return the history of a source, written whole to `folder` or not at all.

    Parameters
    ----------
    source_path
        The source file.
    folder
        Gets leads, accounts, activities, outcomes and quarantine as Parquet, and history.json.
    settings
        The share of bad rows that refuses the run, for each table, and the memory limit.
    by
        Whose hands do what falls into pieces; None is this machine. The history is the same bytes.

    Raises
    ------
    ConfigurationError
        If the source file is wrong, or instants need a format or a time zone that it does not give.
    DataContractError
        If a file breaks the contract as a whole, or more of a table's rows do than the settings allow.
    SourceUnreachableError
        If a file is not there, or a database cannot be reached or read.
    BusyError
        If another process is writing the folder.
    """
    source = load_source(source_path)
    limit = settings.memory_limit_gb
    with (
        sole_writer(folder),
        open_engine(memory_limit_gb=limit) as engine,
        hands_of(by or Settings(), engine, folder, limit) as hands,
    ):
        create_quarantine(engine)
        define_pseudonym(engine)
        with Databases(source_path.parent, settings) as databases:
            staged = {
                name: _typed(engine, source, name, databases) for name in source.tables.given if name != ACTIVITIES
            }
            collapsed = _keep(engine, source, staged, settings)
            laid = None
            if source.tables.activities:
                staged[ACTIVITIES], laid = lay_down_activities(hands, source, databases, settings)
        with draft_of(folder) as part:
            if laid is not None:
                collapsed[ACTIVITIES] = finish_activities(hands, laid, part / "activities.parquet")
            staged = {name: staged[name] for name in source.tables.given}
            n_laid = {ACTIVITIES: laid.stacks.n_rows.total()} if laid is not None else {}
            rows = {
                name: account_of(engine, name, parts, collapsed[name], n_laid.get(name))
                for name, parts in staged.items()
            }
            quarantine = quarantine_rows(engine, staged)
            refuse_too_many(rows, quarantine, settings.max_quarantine_share)
            facts = _facts(engine, source, staged, rows, settings)
            write_tables(engine, source, part)
            write_parquet(part / "quarantine.parquet", quarantine)
            if source.truth is not None:
                truth = read_parquet(source_path.parent / source.truth, ["lead_id", "as_of", "probability"])
                write_parquet(part / "truth.parquet", truth)
            History(part, facts).save_facts()
    return History(folder, facts)


def _facts(
    engine: Engine,
    source: Source,
    staged: dict[TableName, list[Staged]],
    rows: dict[TableName, RowAccount],
    settings: Extract,
) -> HistoryFacts:
    """Return the facts of a history, with what stands in no row of it."""
    facts = facts_of(engine, source, rows, settings)
    notes = (*facts.notes, *notes_on_limits(staged))
    return facts.model_copy(update={"notes": notes, "never_seen": never_seen(engine, source, staged)})


def _typed(engine: Engine, source: Source, name: TableName, databases: Databases) -> list[Staged]:
    """Make `typed_<name>` of all parts of a table, and quarantine the rows that break a rule by themselves."""
    parts: list[Staged] = []
    for number, table in enumerate(source.tables.given[name]):
        first_file_no = sum(len(part.files) for part in parts)
        sign = table.several_leads if isinstance(table, RowsOfLeads) else None
        split = (table.mapped["lead_id"], sign) if sign else None
        staged = Staged(name, table.headers, number, first_file_no, source.headers, split, table.blanks)
        stage(engine, staged, table, inputs_of(table, staged.headers, staged.also, databases))
        refuse_unreadable_instants(engine, source, table, staged)
        if isinstance(table, LeadsTable):
            refuse_unknown_outcomes(engine, source, staged)
        columns = typed_columns(source, table, staged)
        type_rows(engine, staged, columns, left_out_sql(source, table, staged), late_sql(source, table))
        name_bad_cells(engine, staged, columns)
        parts.append(staged)
    every = " union all by name ".join(f"select * from {part.typed}" for part in parts)
    engine.execute(f"create view typed_{name} as {every}")
    reject(engine, parts, f"select _file_no, _record, _rule from typed_{name} where _rule is not null")
    return parts


def _keep_accounts(engine: Engine, source: Source, table: AccountsTable, staged: list[Staged]) -> int:
    """Make `kept_accounts`; several accounts may have one domain, and none of them is wrong."""
    if source.accounts_by == "id":
        return identity.keep_one_row(engine, staged, "account_id")
    by = "created_at" if table.columns.created_at is not None else None
    return identity.keep_one_row(engine, staged, "account_id", by=by, keep="first_or_none")


def _keep(
    engine: Engine, source: Source, staged: dict[TableName, list[Staged]], settings: Extract
) -> dict[TableName, int]:
    """Make the kept tables by what rows are to each other; return the rows that were copies, by table."""
    tables = source.tables
    columns = tables.leads.columns
    key = None if tables.leads.lead_ids == "rows" else "lead_id"
    by = "updated_at" if columns.updated_at is not None else None
    collapsed = {"leads": identity.keep_one_row(engine, staged["leads"], key, by=by)}
    if tables.accounts is not None:
        collapsed["accounts"] = _keep_accounts(engine, source, tables.accounts, staged["accounts"])
    if tables.merges:
        collapsed["merges"] = identity.keep_one_row(engine, staged["merges"], "from_id", by="merged_at", keep="first")
    identity.number_accounts_and_leads(engine, has_accounts=tables.accounts is not None)
    same_email_is_one = settings.same_email == "one_lead" and columns.email is not None
    follow_merges(engine, staged.get("merges", []), tables.merges, same_email_is_one=same_email_is_one)
    if tables.outcomes:
        collapsed["outcomes"] = rows_of_leads.link_outcomes(engine, staged["outcomes"], source)
        make_kin(engine)
    return {name: collapsed[name] for name in staged}
