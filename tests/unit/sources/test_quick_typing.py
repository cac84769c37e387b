"""Typing takes short cuts for what most cells look like; these tests read the same cells the long way."""

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from predictive_scoring.engine.duck import open_engine
from predictive_scoring.sources.text_check import BLOCK_BYTES, MAX_LINE_BYTES, check_text
from predictive_scoring.sources.typing_sql import filled, instant

INSTANT = re.compile(
    r" *(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"
    r"(?:(Z)| ?(UTC)| ?([+-])(0\d|1[0-5])(?::?([0-5]\d))?)?)? *"
)
SEEDS = [
    "2024-01-01 10:00:01.123456Z",
    "2024-06-30T23:59:59Z",
    "2024-02-29 08:00:00+01:00",
    " 2023-12-31 07:30",
    "2024-03-01",
]
SIGNS = [*"0123456789" * 4, *" :-+.TZtU/\té", ""]


def the_long_way(text: str) -> datetime | None:
    """Read an instant by a pattern of the standard library and by `datetime` itself."""
    found = INSTANT.fullmatch(text)
    if not found or not found[1].isascii():
        return None
    day, hour, minute, second, fraction, _, _, sign, hours, minutes = found.groups()
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '0')[:6]:0<6}"
    offset = f"{sign}{hours}:{minutes or '00'}" if sign else "+00:00"
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1971 <= int(text.strip()[:4]) < 2100 else None


def altered(n: int) -> list[str]:
    dice, texts = random.Random(5), set(SEEDS)
    while len(texts) < n:
        text = list(dice.choice(SEEDS))
        for _ in range(dice.choice([1, 1, 2, 3])):
            place = dice.randrange(len(text))
            text[place : place + dice.choice([0, 1, 1, 2])] = dice.choice(SIGNS)
        texts.add("".join(text))
    return sorted(texts)


def column_of(sql: str, texts: list[str]) -> list:
    with open_engine() as engine:
        return engine.sql(f"select {sql} as found from given order by n", given=pa.table(
            {"cell": texts, "n": range(len(texts))}
        ))["found"].to_pylist()  # fmt: skip


def test_C13_an_altered_instant_is_read_just_where_the_form_allows_it():
    texts = altered(20_000)
    expected = [the_long_way(text) for text in texts]
    assert 500 < sum(at is not None for at in expected) < 19_500
    found = [at and at.astimezone(UTC) for at in column_of(instant("cell", None, "UTC"), texts)]
    different = [(text, a, b) for text, a, b in zip(texts, found, expected, strict=True) if a != b]
    assert different == []


def test_C13_the_cast_alone_would_read_more():
    """The planted fault: without the pattern in front of it, instants that nobody wrote are read."""
    texts = [text for text in altered(20_000) if the_long_way(text) is None]
    assert any(column_of("try_cast(cell as timestamptz) is not null", texts))


@pytest.mark.parametrize(
    "text", ["", " ", "  \u00a0", "\u2003", "a", " a", "~", "\u00f1", "\u00a0x", "!", "\x7f", "~~", "0"]
)
def test_B03_an_id_is_blank_just_where_trimming_leaves_nothing(text):
    assert column_of(filled("cell"), [text]) == [text if text.strip() else None]


@pytest.mark.parametrize(
    ("text", "block_bytes"),
    [
        (b"id,at\n" + b"L1,2024-01-01\n" * 500_000, BLOCK_BYTES),
        (b"id,at\n" + b"L1,2024-01-01\n" * 300_000 + b"x" * 3_500_000 + b"\n", MAX_LINE_BYTES),
        (b'id,at\n"L1",2024-01-01\n', MAX_LINE_BYTES),
        (b"id,at\r" + b"L1,2024-01-01\r" * 500_000, MAX_LINE_BYTES),
    ],
)
def test_the_shape_of_a_text_is_what_counting_byte_by_byte_gives(tmp_path: Path, text: bytes, block_bytes: int):
    (tmp_path / "leads.csv").write_bytes(text)
    shape = check_text(tmp_path / "leads.csv", "utf-8")
    assert (shape.n_bytes, shape.n_quotes) == (len(text), text.count(b'"'))
    assert shape.n_line_breaks == (text.count(b"\n") or text.count(b"\r"))
    assert shape.has_controls is False
    assert shape.block_bytes == block_bytes


@pytest.mark.parametrize("sign", [b"\x00", b"\x1b", b"\x0b", b"\x1f"])
def test_A12_one_control_character_among_many_line_ends_is_seen(tmp_path: Path, sign: bytes):
    (tmp_path / "leads.csv").write_bytes(b"id,at\r\n" + b"L1,\t2024-01-01\r\n" * 400_000 + sign)
    assert check_text(tmp_path / "leads.csv", "utf-8").has_controls
