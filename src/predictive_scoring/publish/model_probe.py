"""A model's text, read for the first time where it can do no harm: in a child process with limits.

LightGBM trusts the text it reads. A damaged model can end the process, never return, or take all memory; the hashes
tell of damage, but not of a model that was made to do so. The child loads the library alone, so it costs less than a
tenth of a second.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.errors import BundleRefusedError

MEMORY_BYTES = 6 << 30  # of addresses: LightGBM's threads reserve more than they use
SECONDS = 60
READER = Path(__file__).with_name("model_reader.py")


def refuse_harmful(model: Path, rows: NDArray[np.float64], seconds: int = SECONDS) -> None:
    """Let a child process read a model's text and score encoded rows with it.

    Parameters
    ----------
    rows
        Shape (n, n_columns), n >= 1.

    Raises
    ------
    BundleRefusedError
        If the child is killed, takes longer than `seconds`, or LightGBM refuses the text.
    """
    data = np.ascontiguousarray(rows, dtype=np.float64)
    command = [
        sys.executable,
        "-I",
        str(READER),
        str(library()),
        str(model),
        *map(str, (*data.shape, seconds, MEMORY_BYTES)),
    ]
    try:
        done = subprocess.run(command, input=data.tobytes(), capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _refused(model, f"no end after {seconds} s") from None
    if done.returncode < 0:
        raise _refused(model, f"the reading process was ended by signal {-done.returncode}")
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise _refused(model, (last or ["it could not be read"])[0][:200])


def library() -> Path:
    """Return LightGBM's shared library, which the Python package carries."""
    import lightgbm  # noqa: PLC0415

    found = sorted(Path(lightgbm.__file__).parent.rglob("lib_lightgbm.*"))
    return found[0]


def _refused(model: Path, found: str) -> BundleRefusedError:
    return BundleRefusedError(
        f"bundle {model.parent.name}: its model cannot be read safely", found=found, fix="publish the model anew"
    )
