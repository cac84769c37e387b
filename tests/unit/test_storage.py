"""Files and folders appear whole or not at all."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from predictive_scoring import exchange, stopping
from predictive_scoring.errors import BusyError, SourceUnreachableError
from predictive_scoring.storage import (
    canonical_json,
    leftovers,
    lock_holder,
    publishing_folder,
    read_parquet,
    scratch_beside,
    sha256_of,
    sole_writer,
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


def times_missing(target: Path, n_writes: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count how often a reader that looks after each system call of a rename finds no folder."""
    missing = 0
    rename = Path.rename

    def looked_at(self: Path, other: Path) -> Path:
        nonlocal missing
        done = rename(self, other)
        missing += not target.exists()
        return done

    monkeypatch.setattr(Path, "rename", looked_at)
    for number in range(n_writes):
        with publishing_folder(target) as draft:
            (draft / str(number)).touch()
    return missing


def test_a_folder_that_is_replaced_is_never_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert times_missing(tmp_path / "scores", 5, monkeypatch) == 0
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["4"]


def test_planted_bug_two_renames_are_seen_as_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This is also what a system does that cannot exchange names: the result is right, but not without a gap."""
    monkeypatch.setattr(exchange, "_exchanged", lambda _one, _other: False)
    assert times_missing(tmp_path / "scores", 5, monkeypatch) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["4"]


def test_H13_what_killed_runs_left_is_removed_by_the_next_and_nothing_else(tmp_path: Path) -> None:
    left = [tmp_path / f".scores.abcdefg{n}.{kind}" for n, kind in enumerate(("part", "old", "scratch"))]
    others = [tmp_path / name for name in (".scores.2.abcdefgh.part", ".other.abcdefgh.part", "scores.part")]
    for folder in (*left, *others, tmp_path / "scores"):
        folder.mkdir()
        (folder / "half.parquet").touch()
    assert leftovers(tmp_path / "scores") == sorted(left)
    with publishing_folder(tmp_path / "scores"):
        pass
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / "scores"])


def test_H13_a_folder_put_aside_by_a_run_killed_between_two_renames_is_put_back(tmp_path: Path) -> None:
    aside = tmp_path / ".scores.abcdefgh.old"
    aside.mkdir()
    (aside / "manifest.json").write_text("{}")
    with sole_writer(tmp_path / "scores"):
        assert (tmp_path / "scores" / "manifest.json").is_file()


def test_H13_a_single_files_leftover_is_removed_once_it_is_old(tmp_path: Path) -> None:
    fresh, old = tmp_path / ".page.html.aaaaaaaa.part", tmp_path / ".page.html.bbbbbbbb.part"
    for path, age in ((fresh, 60), (old, 90_000)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    write_text(tmp_path / "page.html", "<html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == [fresh.name, "page.html"]


def test_H15_the_lock_of_a_process_that_is_gone_is_free(tmp_path: Path) -> None:
    program = (
        "import os, sys, signal; from pathlib import Path; from predictive_scoring.storage import sole_writer\n"
        "with sole_writer(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path / "scores")], check=False)
    lock = tmp_path / ".scores.lock"
    assert killed.returncode == -9
    assert lock_holder(lock) is not None
    with sole_writer(tmp_path / "scores"):
        assert lock_holder(lock) == os.getpid()
    assert not lock.exists()


def test_H06_who_is_told_to_wait_learns_for_whom(tmp_path: Path) -> None:
    with (
        sole_writer(tmp_path / "scores"),
        pytest.raises(BusyError, match=f"process {os.getpid()}"),
        sole_writer(tmp_path / "scores"),
    ):
        pass


def test_H06_a_lock_file_that_goes_between_two_looks_means_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that made the file ends just now: it was there a moment ago, whatever `exists` said."""
    monkeypatch.setattr("fcntl.flock", lambda *_: (tmp_path / ".scores.lock").unlink())
    monkeypatch.setattr(Path, "exists", lambda *_, **__: True)
    with pytest.raises(BusyError, match="another run is writing it"), sole_writer(tmp_path / "scores"):
        pytest.fail("two runs would write one folder")


def test_H05_a_folder_that_may_not_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SourceUnreachableError, match="nothing can be written here"),
        sole_writer(tmp_path / "file" / "s"),
    ):
        pytest.fail("the work began")


def test_H18_drafts_and_scratch_lie_beside_their_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with publishing_folder(tmp_path / "scores") as draft, scratch_beside(tmp_path / "scores") as scratch:
        assert draft.parent == scratch.parent == tmp_path
        assert scratch.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]


def test_H23_folders_are_their_owners_only(tmp_path: Path) -> None:
    with publishing_folder(tmp_path / "scores") as draft:
        write_text(draft / "a.txt", "x")
    assert (tmp_path / "scores").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "scores" / "a.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["a b", "año 📞", "ñ" * 100, "semi;colon'\"", "-rf"])
def test_H22_odd_paths_work(tmp_path: Path, name: str) -> None:
    for content in ("old", "new"):
        with publishing_folder(tmp_path / name) as draft:
            write_json(draft / f"{name[:20]}.json", {"content": content})
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert next((tmp_path / name).iterdir()).read_text() == canonical_json({"content": "new"})


def test_what_cannot_unwind_is_undone_on_demand_and_one_failure_does_not_stop_the_rest(tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError

    with publishing_folder(tmp_path / "scores") as draft, stopping.undone_if_stopped(fail):
        (draft / "half").touch()
        stopping.undo_all()
        assert not draft.exists()
        draft.mkdir()  # so that the block may end
    stopping.undo_all()  # nothing is pending: the folder stays
    assert (tmp_path / "scores").is_dir()


@pytest.mark.parametrize("age_seconds", [-10 * 365 * 86_400, 10 * 365 * 86_400], ids=["future", "past"])
def test_H16_a_lock_depends_on_no_clock_and_no_number_of_a_process(tmp_path: Path, age_seconds: int) -> None:
    lock = tmp_path / ".scores.lock"
    lock.write_text("1\n")  # a process that lives, on this machine or another
    os.utime(lock, (time.time() - age_seconds,) * 2)
    with sole_writer(tmp_path / "scores"):
        os.utime(lock, (time.time() - age_seconds,) * 2)
        with pytest.raises(BusyError), sole_writer(tmp_path / "scores"):
            pytest.fail("two at once")


def test_H18_H23_a_scratch_folder_is_its_owners_only_and_goes_with_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fresh, old = tmp_path / f"{stopping.SCRATCH}fresh", tmp_path / f"{stopping.SCRATCH}old"
    for path, age in ((fresh, 60), (old, 10 * 86_400)):
        path.mkdir()
        os.utime(path, (time.time() - age,) * 2)
    with stopping.scratch_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0
        assert {path.name for path in tmp_path.iterdir()} == {fresh.name, folder.name}
    assert [path.name for path in tmp_path.iterdir()] == [fresh.name]


def test_H16_a_file_system_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(SourceUnreachableError, match="keeps no locks") as raised, sole_writer(tmp_path / "scores"):
        pytest.fail("two may be writing")
    assert raised.value.exit_code == 6


def test_a_file_system_that_cannot_flush_a_folder_by_itself_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def only_files(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        flush(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    with publishing_folder(tmp_path / "scores") as draft:
        write_text(draft / "a.txt", "x")
    assert (tmp_path / "scores" / "a.txt").read_text() == "x"


def test_a_signal_during_the_cleaning_up_does_not_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove, n_calls = shutil.rmtree, 0

    def interrupted_once(*given: object, **named: object) -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 1:
            raise KeyboardInterrupt
        remove(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(shutil, "rmtree", interrupted_once)
    for name in ("old", "new"):
        try:
            with publishing_folder(tmp_path / "scores") as draft:
                (draft / name).touch()
        except KeyboardInterrupt:
            continue
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]
