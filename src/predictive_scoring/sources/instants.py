"""Instants that need something the source file does not say are refused before any row is judged."""

from predictive_scoring.contract.source_columns import KnownFrom
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import SourceTable
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.sources.columns import INSTANTS
from predictive_scoring.sources.staging import Staged
from predictive_scoring.sources.typing_sql import instant, lacks_offset

N_RECORDS = 5_000  # enough to see how a column is written


def refuse_unreadable_instants(engine: Engine, source: Source, table: SourceTable, staged: Staged) -> None:
    """Check the columns of instants of a staged table.

    Raises
    ------
    ConfigurationError
        If instants without an offset meet a source without `timezone`, or most cells of a column that has no
        declared format are not ISO 8601: day and month are never guessed.
    """
    without_zone, without_format = [], []
    for header, key in _instant_headers(table).items():
        cell, form = staged.cell(header), table.formats.get(key)
        if source.timezone is None and engine.scalar(
            f"select count(*) from {staged.rows} where {lacks_offset(cell, form)}"
        ):
            without_zone.append(header)
        if form is None:
            unread = f"count(*) filter ({instant(cell, None, 'UTC', is_date=True)} is null)"
            first = f"{staged.rows} where _record < {N_RECORDS} and trim({cell}) <> ''"
            if engine.scalar(f"select {unread} * 2 > count(*) from {first}"):
                without_format.append(f"{key}: … for {header!r}")
    if without_format:
        raise ConfigurationError(
            f"source {source.name!r}, table {staged.name}: instants that are not ISO 8601 need a format",
            found=", ".join(without_format), expected="e.g. 2024-04-03 or 2024-04-03T10:00:00+02:00",
            fix=f'add under tables.{staged.name}: formats: {{<name>: "%d/%m/%Y"}} (or excel, epoch_s, epoch_ms)',
        )  # fmt: skip
    if without_zone:
        raise ConfigurationError(
            f"source {source.name!r}, table {staged.name}: instants without an offset in {without_zone}",
            fix="say where they were written down, e.g. timezone: Europe/Madrid, or timezone: UTC",
        )


def _instant_headers(table: SourceTable) -> dict[str, str]:
    """Return the headers of instants and the name each has under `formats`; attributes of type date need no zone."""
    headers = {header: name for name, header in table.mapped.items() if name in INSTANTS}
    for header, name in table.attribute_names.items():
        known = table.attributes[header].known
        if isinstance(known, KnownFrom):
            headers[known.at] = f"{name}__known_at"
    return headers
