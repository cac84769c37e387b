"""The pages of docs/ that are made from the code: `python -m predictive_scoring.project.reference_docs`."""

import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from predictive_scoring.config.base import Block
from predictive_scoring.config.params import Params, load_params
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.project.reference_features import features_page, reason_codes_page, reference_catalogue
from predictive_scoring.storage import write_text

BOUNDS: Final = {
    "exclusiveMinimum": "> {}",
    "minimum": "≥ {}",
    "exclusiveMaximum": "< {}",
    "maximum": "≤ {}",
    "multipleOf": "a multiple of {}",
    "minItems": "{} or more of them",
    "minLength": "{} characters or more",
    "maxLength": "at most {} characters",
    "pattern": "like `{}`",
}
TYPES: Final = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "null": "nothing",
}


def pages(project: Path) -> dict[str, str]:
    """Return the text of each generated page by its file's name, for the first target of a project's parameters.

    Raises
    ------
    ConfigurationError
        If params.yaml or the source file it names is missing or breaks its schema.
    """
    params = load_params(project / "params.yaml")
    source, target = load_source(project / params.source), next(iter(params.targets.values()))
    return {
        "features.md": features_page(reference_catalogue(source, target, params.features)),
        "parameters.md": parameters_page(),
        "reason-codes.md": reason_codes_page(source, target, params.features),
    }


def write_pages(project: Path) -> None:
    """Write the generated pages into the project's docs folder."""
    for name, text in pages(project).items():
        write_text(project / "docs" / name, text)


def parameters_page() -> str:
    """Return every key of params.yaml with its default, its bounds and what it means, a table for each block."""
    lines = [
        "# Parameters",
        "",
        "Every key of `params.yaml`, from the models that parse it (`make docs`). A key that is left out has its",
        "default; one that is not listed here is refused.",
        "",
        "## `params.yaml`",
        "",
        *_table(Params),
    ]
    for name, model in _blocks(Params):
        lines += ["", f"## `{name}`", "", _first_line(model), "", *_table(model)]
    return "\n".join(lines) + "\n"


def _blocks(model: type[BaseModel], inside: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the path and the model of each block below a model, in order."""
    for name, field in model.model_fields.items():
        block, is_named = _block_of(field.annotation)
        if block is not None:
            path = f"{inside}{name}{'.<name>' if is_named else ''}"
            yield path, block
            yield from _blocks(block, f"{path}.")


def _block_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the block that a field holds, if it does, and whether it holds several under names of the user's own."""
    inner = typing.get_args(annotation)
    candidate = inner[1] if typing.get_origin(annotation) is dict else annotation
    is_block = isinstance(candidate, type) and issubclass(candidate, Block)
    return (candidate if is_block else None), bool(inner)


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield "| key | default | allowed | meaning |"
    yield "|---|---|---|---|"
    properties = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        block, is_named = _block_of(field.annotation)
        if block is None:
            yield f"| `{name}` | {_default(field)} | {_allowed(properties[name])} | {field.description or '–'} |"
        else:
            default = "required" if field.is_required() else "see below"
            allowed = "a block for each name" if is_named else "a block"
            yield f"| `{name}` | {default} | {allowed} | {field.description or _first_line(block)} |"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return f"`{json.dumps(to_jsonable_python(field.default, exclude_none=True), ensure_ascii=False)}`"


def _allowed(schema: dict[str, Any]) -> str:
    """Return type and bounds of a JSON schema in words."""
    if "anyOf" in schema:
        return " or ".join(_allowed(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return "block"
    if "prefixItems" in schema:
        return f"pair of: {_allowed(schema['prefixItems'][0])}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "object":
        values = schema.get("additionalProperties") or next(iter(schema["patternProperties"].values()))
        inner = _allowed(values)
        return f"by name, then {inner}" if inner.startswith("by name") else f"by name: {inner}"
    bounds = [text.format(schema[key]) for key, text in BOUNDS.items() if key in schema]
    kind = f"list of: {_allowed(schema['items'])}" if schema.get("type") == "array" else TYPES[schema["type"]]
    return ", ".join([kind, *bounds]).replace("|", "\\|")


if __name__ == "__main__":
    write_pages(Path())
