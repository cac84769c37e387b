"""What a person should know of a history before learning from it, in plain words."""

from collections.abc import Iterator

from predictive_scoring.contract.history import RowAccount, TableName
from predictive_scoring.contract.source_file import Source
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import counted
from predictive_scoring.sources.addresses import MOST_OF_ONE_PERSON, crowd_sql
from predictive_scoring.sources.known_instants import SILENCE, latest_instant


def notes(
    engine: Engine, source: Source, rows: dict[TableName, RowAccount], *, same_email_is_one: bool
) -> Iterator[str]:
    """Yield the notes on a source whose kept tables are made."""
    yield from _on_the_end(engine, source)
    yield from (f"{name}: no rows were kept" for name, account in rows.items() if account.kept == 0)
    yield from _on_columns(source)
    yield from _on_accounts(engine, source)
    if same_email_is_one and (n := engine.scalar(f"select count(*) from ({crowd_sql('kept_leads')})")):
        yield (
            f"leads: {counted(n, 'row')} with an address that {MOST_OF_ONE_PERSON} leads before have: what is typed "
            "where there is none, or a mailbox of many; they stay leads of their own"
        )
    if source.tables.activities and (n := engine.scalar("select count(*) from early_activities")):
        yield f"activities: {counted(n, 'row')} from before the lead was created, kept as its history"


def _on_the_end(engine: Engine, source: Source) -> Iterator[str]:
    latest = latest_instant(engine, source)
    if source.ends_at is not None and latest is not None and source.ends_at - latest > SILENCE:
        yield (
            f"exported_at is {source.ends_at:%Y-%m-%d}, but nothing is known after {latest:%Y-%m-%d}: if the export "
            "ends there, leads of the time between count as not converting; correct exported_at"
        )


def _on_columns(source: Source) -> Iterator[str]:
    tables = source.tables
    for name in ("activities", "outcomes"):
        parts = tables.given.get(name, ())
        n_without = sum("recorded_at" not in part.mapped for part in parts)
        if n_without:
            where = f" in {n_without} of {len(parts)} parts" if len(parts) > 1 else ""
            yield (
                f"{name}: `recorded_at` is not given{where}, so each row counts as known from the instant it occurred; "
                "history that was written later cannot be told"
            )
    named = [name for part in tables.activities for name in part.attribute_names.values()]
    if named:
        given = ", ".join(dict.fromkeys(named))
        yield f"activities: attributes are not used by any feature and were left out: {given}"


def _on_accounts(engine: Engine, source: Source) -> Iterator[str]:
    if source.tables.accounts is not None:
        unknown = "select count(*) from kept_leads join account_numbers using (account_id) where not is_described"
        if n := engine.scalar(unknown):
            what = f"{counted(n, 'row')} with an account that the accounts table does not have"
            yield f"leads: {what}; its attributes are unknown"
