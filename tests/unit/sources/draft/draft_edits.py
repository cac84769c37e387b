"""How many keys of a drafted source file a careful person would still change."""

from pathlib import Path
from typing import Any

from predictive_scoring.contract.source_columns import Read
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import SourceTable

# No edit is what files cannot say of themselves (name, description, licence, the end of the history, words), nor what
# is a matter of taste: the name of an attribute, what a kind or stage is called.


def edits(draft: Source, wanted: Source) -> list[str]:
    """Return a line for each key of the draft whose value has to change, with what the draft has and what is wanted."""
    found, right = _keys(draft), _keys(wanted)
    return [
        f"{key}: {found.get(key, 'not there')} -> {right.get(key, 'take it out')}"
        for key in sorted({*found, *right})
        if found.get(key) != right.get(key)
    ]


def _keys(source: Source) -> dict[str, str]:
    keys: dict[str, Any] = {}
    for name, parts in source.tables.given.items():
        for number, table in enumerate(parts):
            place = f"{name}[{number}]" if len(parts) > 1 else name
            keys |= {f"{place}.{key}": value for key, value in _table_keys(table).items()}
    return {key: str(value) for key, value in keys.items() if value}


def _table_keys(table: SourceTable) -> dict[str, Any]:
    keys: dict[str, Any] = {"file": Path(table.path or "").name.removesuffix("*").removesuffix(".gz")}
    keys |= {f"read.{sign}": getattr(table.read, sign) for sign in Read.model_fields}
    keys |= {f"columns.{role}": header for role, header in table.mapped.items()}
    keys |= {f"formats.{name}": form for name, form in table.formats.items()}
    keys |= {f"only.{header}": sorted(values) for header, values in table.only.items()}
    for header, given in table.attributes.items():
        known = given.known if isinstance(given.known, str) else f"from {given.known.at}"
        keys[f"attributes.{header}"] = f"{given.type}, {known}"
    for word in ("kinds", "stages"):
        keys |= {f"{word}.{theirs}": "listed" for theirs in getattr(table, word, {})}
    for key in ("outcome", "order", "lead_ids", "only_listed", "only_filled", "directions", "kind_is", "stage_is"):
        keys[key] = getattr(table, key, None)
    return keys
