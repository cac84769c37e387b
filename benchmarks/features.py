"""Features of a million leads, as multiples of the time DuckDB takes merely to scan the columns that are needed.

    python benchmarks/features.py --json docs/results/benchmarks/features.json
    python benchmarks/features.py --only even --featuretools /path/to/venv/bin/python

The histories are made by script from fixed seeds (`activity_world.py`). Each measurement runs in a process of its own,
all in this one run; what it needs beforehand (imports, compiled kernels, the looks) is not counted in its CPU seconds,
but in its peak memory. What counts are ratios of CPU: walls on a shared machine move together.

The scan reads every needed column of the activities and sums or counts it. `one look` computes one snapshot of each
lead, `weekly` 26 of them, both to Arrow tables, piece by piece; `written` also writes them as Parquet.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from activity_world import N_DAYS, START, Size, looks_of, make_history
from features_page import page
from features_peers import by_pandas, shared_with_pandas
from machine import machine
from predictive_scoring.config.features import Features
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute_shards, schema_of
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.snapshots.instants import to_datetime
from predictive_scoring.storage import write_parquet_stream

MILLION = 1_000_000
SIZES = {
    "tiny": Size(1000, 50_000),
    "peer": Size(2000, 97_000),
    "small": Size(100_000, 5 * MILLION),
    "small, one account": Size(100_000, 5 * MILLION, largest_share=0.05),
    "even": Size(MILLION, 50 * MILLION),
    "one account": Size(MILLION, 50 * MILLION, largest_share=0.05),
    "large": Size(4 * MILLION, 200 * MILLION),
}
PLAN = [  # history, variant
    ("even", "scan"),
    ("even", "one look"),
    ("even", "one look, written"),
    ("even", "weekly"),
    ("even", "weekly, written"),
    ("one account", "scan"),
    ("one account", "one look"),
    ("one account", "weekly"),
    ("large", "scan"),
    ("large", "one look"),
    ("small", "scan"),
    ("small", "one look"),
    ("small", "weekly"),
    ("small", "as pandas"),
    ("small", "pandas"),
    ("small, one account", "one look"),
    ("peer", "one look"),
    ("peer", "featuretools"),
]
SCAN = """
select sum(account_no), sum(lead_no), max(occurred_at), max(known_at), count(kind), count(topic), count(direction)
from read_parquet('{path}')
"""


def main() -> None:
    """Measure, print a table, and write it as JSON if asked."""
    asked = _arguments()
    if asked.variant:
        print(json.dumps(_measured(asked.variant, asked.folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        found = list(_all(asked, asked.folder or Path(scratch)))
    _print(found)
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        kept = [] if not asked.json.is_file() else json.loads(asked.json.read_text())["variants"]
        fresh = {(run["history"], run["variant"]) for run in found}
        runs = [run for run in kept if (run["history"], run["variant"]) not in fresh] + found
        place = {step: number for number, step in enumerate(PLAN)}
        runs.sort(key=lambda run: place[run["history"], run["variant"]])
        document = {"machine": machine(), "variants": runs}
        asked.json.write_text(json.dumps(document, indent=1) + "\n")
        if asked.page:
            asked.page.write_text(page(document), encoding="utf-8")


def _all(asked: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    for name, variant in PLAN:
        if name not in (asked.only or SIZES) or variant not in (asked.task or [variant]):
            continue
        here = folder / SIZES[name].name
        if not (here / "history.json").is_file():
            subprocess.run([sys.executable, __file__, "--make", name, "--folder", str(folder)], check=True)
        python = sys.executable
        if variant == "featuretools":
            if asked.featuretools is None:
                print("Featuretools is left out: it wants a Python of its own, see --help", file=sys.stderr)
                continue
            python = str(asked.featuretools)
        script = str(Path(__file__).with_name("features_peers.py")) if variant == "featuretools" else __file__
        found = {"history": name, "variant": variant}
        done = subprocess.run(
            [python, script, "--variant", variant, "--folder", str(here)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{name}, {variant}: {done.stderr}")
        found |= json.loads(done.stdout.splitlines()[-1])
        print(json.dumps(found), file=sys.stderr)  # a long run that is stopped has said this much
        yield found


def catalogue_of(folder: Path) -> Catalogue:
    """Return the features that a small history of the same kinds and attributes has."""
    history = make_history(folder, SIZES["tiny"])
    return declare(
        history, Target(stage="won"), to_datetime(START + N_DAYS * 86_400_000_000), Features(min_kind_rows=1)
    )


def _measured(variant: str, folder: Path) -> dict[str, Any]:
    """Run one variant in this process; what it needs beforehand is not counted."""
    work = _work(variant, History.load(folder))
    cpu, wall = time.process_time(), time.perf_counter()
    more = work()
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"cpu_s": round(cpu_s, 2), "wall_s": round(wall_s, 2), "peak_gb": round(peak, 2), **more}


def _work(variant: str, history: History) -> Callable[[], dict[str, Any]]:
    if variant == "scan":
        return lambda: _scan(history)
    with tempfile.TemporaryDirectory() as scratch:
        catalogue = catalogue_of(Path(scratch))
        if "pandas" in variant:
            catalogue = shared_with_pandas(catalogue)
        tiny = History.load(Path(scratch))
        _drained(compute_shards(tiny, looks_of(tiny, 1), catalogue))  # loads the compiled kernels
    looks = looks_of(history, 26 if variant.startswith("weekly") else 1)
    if variant == "pandas":
        return lambda: _counted(by_pandas(history, looks, catalogue).shape, catalogue)
    if variant.endswith("written"):
        return lambda: _counted(_written(compute_shards(history, looks, catalogue), catalogue), catalogue)
    return lambda: _counted(_drained(compute_shards(history, looks, catalogue)), catalogue)


def _scan(history: History) -> dict[str, Any]:
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    rows = connection.sql(SCAN.format(path=history.path("activities"))).fetchall()
    n_rows = connection.sql(f"select count(*) from '{history.path('activities')}'").fetchall()[0][0]
    assert rows[0][4] == n_rows
    return {"activities": n_rows}


def _drained(tables: Iterator[pa.Table]) -> tuple[int, int]:
    n_rows = n_columns = 0
    for table in tables:
        n_rows, n_columns = n_rows + table.num_rows, table.num_columns - 2
    return n_rows, n_columns


def _written(tables: Iterator[pa.Table], catalogue: Catalogue) -> tuple[int, int]:
    n_rows = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal n_rows
        for table in tables:
            n_rows += table.num_rows
            yield from table.to_batches()

    schema = schema_of(catalogue)
    with tempfile.TemporaryDirectory() as scratch:
        write_parquet_stream(
            Path(scratch) / "features.parquet", pa.RecordBatchReader.from_batches(schema, batches()), schema
        )
    return n_rows, len(catalogue.features)


def _counted(shape: tuple[int, int], catalogue: Catalogue) -> dict[str, Any]:
    assert shape[1] == len(catalogue.features)
    return {"looks": shape[0], "features": shape[1]}


def _print(found: list[dict[str, Any]]) -> None:
    floor = {run["history"]: run["cpu_s"] for run in found if run["variant"] == "scan"}
    print(
        f"{'history':14}{'variant':20}{'looks':>12}{'features':>9}{'CPU s':>9}{'x scan':>8}{'wall s':>9}{'peak GB':>9}"
    )
    for run in found:
        times = f"{run['cpu_s'] / floor[run['history']]:8.1f}" if run["history"] in floor else " " * 8
        shown = f"{run.get('looks', 0):12,}{run.get('features', 0):9}{run['cpu_s']:9.2f}{times}"
        print(f"{run['history']:14}{run['variant']:20}{shown}{run['wall_s']:9.1f}{run['peak_gb']:9.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", nargs="*", choices=list(SIZES), help="these histories alone; others keep their figures"
    )
    parser.add_argument("--task", nargs="*", help="these variants alone")
    parser.add_argument("--folder", type=Path, help="keep the histories here")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path, help="with --json: write the table of all its figures here")
    parser.add_argument(
        "--featuretools",
        type=Path,
        help="a Python that has Featuretools, which wants pandas before 3: "
        "python3 -m venv ELSEWHERE && ELSEWHERE/bin/pip install --require-hashes -r requirements/featuretools.lock",
    )
    parser.add_argument("--make", choices=list(SIZES), help=argparse.SUPPRESS)
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        make_history(asked.folder / SIZES[asked.make].name, SIZES[asked.make])
        sys.exit()
    return asked


if __name__ == "__main__":
    main()
