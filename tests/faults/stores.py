"""Cut MLflow's database short everywhere, and score beside what is left of it."""

import sqlite3
from contextlib import chdir
from pathlib import Path

import numpy as np

from faults.table import Tally
from faults.world import World, ended, forked
from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.publish.store import check_sqlite


def cut_database(world: World, root: Path, n_cuts: int, seed: int = 0) -> Tally:
    """Cut a database at random lengths: training must refuse each; scoring beside the last must work as ever."""
    tally = Tally("mlflow.db cut")
    path = root / "mlflow.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table runs (name text)")
        connection.executemany("insert into runs values (?)", [(f"run {n}" * 50,) for n in range(500)])
    connection.close()
    whole = path.read_bytes()
    check_sqlite(path)
    for length in np.random.default_rng(seed).integers(1, len(whole), n_cuts):
        path.write_bytes(whole[:length])
        tally.tried += 1
        tally.found["accepted"] += not _is_refused(path)
    with chdir(root):
        code = ended(forked(lambda: world.run(world.job(new=True))))
    tally.found[world.found()] += 1
    tally.not_mended += code != 0
    path.unlink()
    return tally


def _is_refused(path: Path) -> bool:
    try:
        check_sqlite(path)
    except SourceUnreachableError as error:
        return error.exit_code == 6
    return False
