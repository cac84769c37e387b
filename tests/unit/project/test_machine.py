"""What the system refuses is said in words, with the right exit code, and a bug keeps its traceback."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from predictive_scoring.errors import ConfigurationError, masked
from predictive_scoring.project.machine import in_words
from predictive_scoring.project.stage import ending
from predictive_scoring.storage import write_text


def failing(error: BaseException) -> object:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "full", "scores.parquet"), "no space left"),
        (OSError(errno.EROFS, "read-only", "scores"), "may not be read or written"),
        (PermissionError(errno.EACCES, "denied", "scores"), "may not be read or written"),
        (OSError(errno.EMFILE, "many"), "ulimit -n"),
        (OSError(errno.EIO, "broken", "scores"), "the disk reports an error"),
        (MemoryError(), "out of memory"),
    ],
)
def test_H04_H05_H19_a_refusal_of_the_system_ends_with_6(
    error: BaseException, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(failing(error)) == 6
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("to", ["folder", "file/leads.csv"])
def test_a_folder_where_a_file_is_to_be_is_a_slip_and_ends_with_2(
    to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("as it was", encoding="utf-8")
    assert ending(lambda: write_text(tmp_path / to, "new")) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / to.split('/', maxsplit=1)[0]}: something else stands there" in said
    assert (tmp_path / "file").read_text(encoding="utf-8") == "as it was"
    assert not [*(tmp_path / "folder").iterdir()]


def test_another_failure_is_a_bug_and_keeps_its_traceback() -> None:
    assert in_words(OSError(errno.EBADF, "closed")) is None
    with pytest.raises(OSError, match="closed"):
        ending(failing(OSError(errno.EBADF, "closed")))


@pytest.mark.parametrize(
    "text", ["postgresql://ana:s3cret@db/crm", "host=db password=s3cret user=ana", "https://x/?api_key=s3cret&n=1"]
)
def test_I10_a_password_is_never_part_of_a_message(text: str) -> None:
    assert "s3cret" not in str(ConfigurationError(f"{text}: out of reach", found=text))
    assert "***" in masked(text)


def test_I10_nor_of_a_bugs_traceback() -> None:
    program = (
        "from predictive_scoring.project.stage import ending\n"
        "def bug(): raise ValueError('postgresql://ana:' + 's3c' + 'ret@db/crm')\n"
        "ending(bug)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ValueError: postgresql://ana:***@db/crm" in done.stderr
    assert "s3cret" not in done.stderr
