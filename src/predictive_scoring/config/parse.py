"""From YAML text to a frozen block, every problem listed at once."""

import difflib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from predictive_scoring.config.base import Block
from predictive_scoring.errors import ConfigurationError, counted

B = TypeVar("B", bound=Block)
MAX_BYTES = 1_000_000
_PLAIN = str | int | float | bool | None  # what JSON holds
RETIRED = {"split.validate_share": "folds of the training leads do what the validation window did"}
SECRET_NAME = re.compile(r"(?i)(^|[_.])(password|passwd|pwd|secret|token|api_?key|credentials?)$")
SECRET_ADDRESS = re.compile(r"://[^:/@\s]*:[^@/\s]+@")
MISREAD_NUMBER = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+)")  # YAML 1.1: octal, and sixties


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML that refuses what nothing here needs or means: keys given twice, aliases, octal numbers."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Return a whole number; `010` is 8 in YAML and `1:30` is 90, and nobody means it."""
        if MISREAD_NUMBER.fullmatch(str(node.value)):
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value} is another number in YAML; write it plainly, or in quotes", node.start_mark
            )
        return int(super().construct_yaml_int(node))

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is given twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_yaml_int)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises
    ------
    ConfigurationError
        If the file is missing, larger than a megabyte, not YAML, not a mapping, names a key twice, or holds a password.
    """
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: {'a folder, not a file' if path.is_dir() else 'no such file'}",
            fix="give a path to a YAML file, or run in the project's folder",
        )
    if path.stat().st_size > MAX_BYTES:
        raise ConfigurationError(f"{path}: {path.stat().st_size:,} bytes", expected=f"at most {MAX_BYTES:,}")
    try:
        value = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: not readable as YAML", found=" ".join(str(error).split())) from error
    except RecursionError:
        raise ConfigurationError(f"{path}: nested too deeply", expected="the few levels of a settings file") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 text", found=str(error)) from error
    if not isinstance(value, dict):
        raise ConfigurationError(
            f"{path}: {'nothing stands in it' if value is None else 'no mapping of keys to values'}",
            expected="lines like `key: value`",
        )
    for place in _places_of_secrets(value, ()):
        raise ConfigurationError(
            f"{path}: {place}: an address with a password in it",
            fix="put the address into an environment variable, and only the variable's name here",
        )
    return value


def _places_of_secrets(value: Any, place: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places_of_secrets(item, (*place, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places_of_secrets(item, (*place, str(number)))
    elif isinstance(value, str) and SECRET_ADDRESS.search(value):
        yield ".".join(place)


def parse_block(model: type[B], value: dict[str, Any], *, where: str) -> B:
    """Return `value` as a frozen block of type `model`.

    Raises
    ------
    ConfigurationError
        Listing every key that is missing, unknown (with a guess at what was meant) or out of bounds.
    """
    try:
        text = json.dumps(value)
    except TypeError:
        raise ConfigurationError(
            f"{where}: a date without quotes, or another value that YAML takes for something else than text",
            found=", ".join(_guessed(value, ())),
            fix='put it in quotes, like "2025-01-31"',
        ) from None
    try:
        return model.model_validate_json(text, strict=True)  # strict: `yes` is no number, "3" is no 3
    except ValidationError as error:
        problems = [_sentence(model, details) for details in error.errors()]
        count = counted(len(problems), "problem")
        raise ConfigurationError(f"{where}: {count}\n" + "\n".join(f"  - {line}" for line in problems)) from None


def _guessed(value: Any, place: tuple[str, ...]) -> Iterator[str]:
    """Yield where values stand that no JSON holds."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _guessed(item if isinstance(key, _PLAIN) else key, (*place, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _guessed(item, (*place, str(number)))
    elif not isinstance(value, _PLAIN):
        yield ".".join(place)


def _sentence(model: type[BaseModel], details: ErrorDetails) -> str:
    place = ".".join(str(part) for part in details["loc"])
    if details["type"] == "extra_forbidden" and SECRET_NAME.search(place):
        return f"{place}: a secret has no place in this file; put it into an environment variable"
    if place in RETIRED:
        return f"{place}: no setting any more, {RETIRED[place]}; take the line out"
    if details["type"] == "extra_forbidden":
        return f"{place}: unknown key{_did_you_mean(model, details['loc'])}"
    if details["type"] == "missing":
        return f"{place}: missing"
    if details["type"] == "too_short" and details["ctx"]["actual_length"] == 0:
        return f"{place}: nothing is listed; at least {details['ctx']['min_length']} must be"
    given = details["input"]
    shown = "" if isinstance(given, (dict, list)) else f" (found {given!r})"
    return f"{place}: {details['msg'][0].lower()}{details['msg'][1:]}{shown}"


def _did_you_mean(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    names = _known_names(model)
    close = difflib.get_close_matches(str(loc[-1]), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _known_names(model: type[BaseModel]) -> list[str]:
    """Return every key that may stand anywhere below the model: close enough for a guess."""
    names: list[str] = []
    pending: list[Any] = [model]
    seen: set[Any] = set()
    while pending:
        kind = pending.pop()
        if kind in seen:
            continue
        seen.add(kind)
        pending.extend(getattr(kind, "__args__", ()))
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                names.append(field.alias or name)
                pending.append(field.annotation)
    return names
