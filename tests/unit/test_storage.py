"""Files and folders appear whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from predictive_scoring.storage import (
    canonical_json,
    publishing_folder,
    read_parquet,
    sha256_of,
    write_json,
    write_parquet,
    write_text,
)


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    write_json(path, {"auc": 0.7})
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(path, {"auc": float("nan")})
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half a \ud83d")
    assert path.read_text() == canonical_json({"auc": 0.7})
    assert list(tmp_path.iterdir()) == [path]


def write_half(target: Path) -> None:
    with publishing_folder(target) as draft:
        (draft / "a.txt").write_text("new")
        raise RuntimeError("half-way")


def test_a_folder_whose_making_fails_is_never_seen(tmp_path: Path) -> None:
    target = tmp_path / "scores"
    with publishing_folder(target) as draft:
        (draft / "a.txt").write_text("old")
    with pytest.raises(RuntimeError, match="half-way"):
        write_half(target)
    assert (target / "a.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "scores"
    for name in ("first", "second"):
        with publishing_folder(target) as draft:
            (draft / name).touch()
    assert [path.name for path in target.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [target]


def test_A24_a_flipped_byte_in_a_parquet_page_is_found(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    write_parquet(path, pa.table({"probability": pa.array([i / 7 for i in range(5000)])}))
    content = bytearray(path.read_bytes())
    n_read = 0
    for place in range(200, len(content) - 1200, max(1, len(content) // 60)):
        changed = content.copy()
        changed[place] ^= 0x10
        path.write_bytes(bytes(changed))
        with pytest.raises(OSError, match=r"(?i)crc|checksum|corrupt|deserialize|thrift"):
            read_parquet(path)
        n_read += 1
    assert n_read > 30


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode & 0o077 == 0


def test_the_hash_is_that_of_the_standard_tool(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "abc") == published


def test_H06_a_second_writer_of_the_same_folder_is_told_to_wait(tmp_path: Path) -> None:
    target = tmp_path / "scores"
    program = (
        "import sys; from pathlib import Path; from predictive_scoring.storage import publishing_folder\n"
        "with publishing_folder(Path(sys.argv[1])): pass"
    )
    command = [sys.executable, "-c", program, str(target)]
    with publishing_folder(target) as draft:
        (draft / "mine").touch()
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "BusyError" in second.stderr
    assert [path.name for path in target.iterdir()] == ["mine"]
    assert subprocess.run(command, check=False).returncode == 0  # the lock went with the first
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]
