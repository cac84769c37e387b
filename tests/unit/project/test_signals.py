"""A signal ends the process within seconds, wherever it computes, and undoes what it can."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import hashlib, os, signal, sys, threading, time
from pathlib import Path
from predictive_scoring.project import signals
from predictive_scoring.project.stage import ending
from predictive_scoring.storage import publishing_folder

def work():
    with publishing_folder(Path(sys.argv[1])) as draft:
        (draft / "half").touch()
        print("working", flush=True)
        {work}

signals.GRACE_SECONDS = 0.5
sys.exit(ending(work))
"""
IN_PYTHON = "[time.sleep(0.01) for _ in range(3000)]"
IN_C = "hashlib.pbkdf2_hmac('sha256', b'x', b'y', 2**31 - 1)"  # many minutes, and Python's lock is let go
SWALLOWING = (
    "\n        for _ in range(3000):\n            try: time.sleep(0.01)\n            except BaseException: pass"
)


def stop(work: str, target: Path, number: int) -> int:
    """Run a program, send it a signal while it works, and return its exit code; its work would take many minutes."""
    command = [sys.executable, "-c", PROGRAM.replace("{work}", work), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, number)
        return process.wait(timeout=60)


@pytest.mark.parametrize("work", [IN_PYTHON, IN_C, SWALLOWING], ids=["in Python", "in C", "swallowing"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_H02_H03_a_signal_ends_the_work_and_leaves_nothing(tmp_path: Path, work: str, number: int) -> None:
    assert stop(work, tmp_path / "scores", number) == 128 + number
    assert [path for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_planted_bug_without_the_second_thread_the_work_in_c_goes_on(tmp_path: Path) -> None:
    deaf = "signals.Listener.watch = lambda self, pipe: None; "
    computing = f"signal.alarm(5); {IN_C}"
    program = PROGRAM.replace("signals.GRACE_SECONDS = 0.5", deaf).replace("{work}", computing)
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "s")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(1)  # it computes by now
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGALRM  # only the alarm ended it


def test_compiled_code_lets_others_run_so_that_a_signal_is_heard() -> None:
    holding = [
        f"{path.name}: {line.strip()}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("@") and "njit(" in line and "nogil=True" not in line
    ]
    assert holding == []


def test_a_signal_to_a_forked_child_is_not_one_to_its_parent() -> None:
    program = (
        "import os, signal, sys, time\n"
        "from predictive_scoring.project import signals\n"
        "from predictive_scoring.project.stage import ending\n"
        "signals.GRACE_SECONDS = 0.1\n"
        "def work():\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "    time.sleep(0.5)\n"
        "sys.exit(ending(work))\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False)
    assert done.returncode == 0
