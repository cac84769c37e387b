"""Flip bytes of every file of a bundle, and cut the files short: each must be refused before it is used."""

import shutil
from pathlib import Path

import numpy as np

from faults.table import Tally
from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.publish.bundle import Bundle


def is_refused(folder: Path) -> bool:
    """Tell whether a bundle is refused, and in no other way than it should be."""
    try:
        Bundle.load(folder)
    except BundleRefusedError as error:
        return error.exit_code == 4
    return False


def damage_every_file(bundle: Path, scratch: Path, n_flips: int, seed: int = 0) -> Tally:
    """Flip one bit at `n_flips` places of all files together, half as often cut a file, and once remove or add one."""
    rng = np.random.default_rng(seed)
    copy = scratch / "damaged"
    shutil.copytree(bundle, copy)
    tally = Tally("bundle flipped or cut")
    files = sorted(path for path in copy.iterdir() if path.is_file())

    def judge(path: Path, content: bytes | None) -> None:
        whole = path.read_bytes() if path.exists() else None
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        tally.tried += 1
        tally.found["accepted"] += not is_refused(copy)
        if whole is None:
            path.unlink()
        else:
            path.write_bytes(whole)

    for path in files:
        content = path.read_bytes()
        for place in rng.integers(0, len(content), -(-n_flips // len(files))):
            changed = bytearray(content)
            changed[place] ^= 1 << int(rng.integers(0, 8))
            judge(path, bytes(changed))
        for length in rng.integers(0, len(content), -(-n_flips // len(files) // 2)):
            judge(path, content[:length])
        judge(path, content + b"\n")
        judge(path, None)
    judge(copy / "extra.bin", b"x")
    Bundle.load(copy)  # whole again: it was the damage that was refused
    return tally
