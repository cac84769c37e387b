"""Scoring a million leads, against plain prediction and against other ways to the same contributions.

    python benchmarks/score.py --leads 1000000 --growth 2 4 --json docs/results/benchmarks/scoring.json

The model has 300 trees of 31 leaves over 60 features, 8 of them categories; it and the feature table are made by
script from fixed seeds. Each variant runs in a process of its own, all in this one run. What counts are ratios of CPU:
walls on a shared machine move together. A variant that would take hours runs on a share of the rows; its figure a row
is measured, its figure for all rows is a product and marked `x`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.batches import Manner, scored_batches
from predictive_scoring.scoring.job import BATCH_ROWS
from predictive_scoring.scoring.schema import SCORES
from scoring_world import frame_of, make_model, opened, write_table

JOBS: dict[str, tuple[Any, ...]] = {"scores": (), "one language": ("en",), "two languages": ("en", "es")}
SAMPLED = ("pred_contrib", "TreeExplainer")
START = {
    "imports alone": "import lightgbm, pyarrow, duckdb",
    "imports of a scoring job": "import predictive_scoring.cli.app, predictive_scoring.cli.score_job",
}


def main() -> None:
    """Measure, print a table, and write it as JSON if asked."""
    asked = _arguments()
    if asked.variant:
        print(json.dumps(_measured(asked.variant, asked.folder, asked.leads)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        if not (folder / "model").exists():
            make_model(folder / "model")
        found = list(_all(asked, folder))
    _print(found, asked.leads)
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps({"leads": asked.leads, "variants": found}, indent=1) + "\n")


def _all(asked: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    for name, code in START.items():
        yield {"variant": name, **min((_started(code) for _ in range(3)), key=lambda run: run["cpu_s"])}
    yield _child("first row", folder, 1)
    _table(folder, asked.leads)
    for name in ("predict", "kernel", *JOBS):
        yield _child(name, folder, asked.leads)
    for name in SAMPLED:
        yield _child(name, folder, asked.share)
    for factor in asked.growth:
        _table(folder, factor * asked.leads)
        yield {**_child("one language", folder, factor * asked.leads), "variant": f"one language, {factor}x the leads"}


def _table(folder: Path, n_leads: int) -> None:
    path = folder / "features.parquet"
    if not path.exists() or pq.ParquetFile(path).metadata.num_rows != n_leads:
        write_table(path, n_leads)


def _child(variant: str, folder: Path, n_leads: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--variant", variant, "--folder", str(folder), "--leads", str(n_leads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {"variant": variant, **json.loads(done.stdout.splitlines()[-1])}
    print(json.dumps(found), file=sys.stderr)  # a long run that is stopped has said this much
    return found


def _started(code: str) -> dict[str, Any]:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"leads": 0, "cpu_s": cpu, "wall_s": time.perf_counter() - begun, "peak_mb": after.ru_maxrss / 1024}


def _measured(variant: str, folder: Path, n_leads: int) -> dict[str, Any]:
    """Run one variant in this process; what it needs beforehand is not counted, but for the first row."""
    table = folder / "features.parquet"
    if variant == "first row":
        write_table(table, n_leads)
        bundle = opened(folder / "model")
        work: Callable[[], object] = lambda: _job(bundle, table, folder / "scores.parquet", ("en",))  # noqa: E731
    else:
        bundle = opened(folder / "model")
        work = _work(variant, bundle, table, n_leads)
    cpu, wall = (0.0, 0.0) if variant == "first row" else (time.process_time(), time.perf_counter())
    work()
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"leads": n_leads, "cpu_s": cpu_s, "wall_s": None if variant == "first row" else wall_s, "peak_mb": peak}


def _work(variant: str, bundle: Bundle, table: Path, n_leads: int) -> Callable[[], object]:
    if variant in JOBS:
        return lambda: _job(bundle, table, table.with_name("scores.parquet"), JOBS[variant])
    booster = bundle.scorer.booster
    matrix = bundle.scorer.encoding.encode(frame_of(table, n_leads))
    if variant == "predict":
        return lambda: booster.predict(matrix, raw_score=True, num_threads=1)
    if variant == "kernel":
        trees = bundle.scorer.trees
        trees(matrix[:1])
        return lambda: [trees(matrix[start : start + BATCH_ROWS]) for start in range(0, n_leads, BATCH_ROWS)]
    if variant == "pred_contrib":
        return lambda: booster.predict(matrix, pred_contrib=True, num_threads=1)
    return _by_shap(booster, matrix)


def _by_shap(booster: Any, matrix: np.ndarray) -> Callable[[], object]:
    warnings.simplefilter("ignore")
    import shap

    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    return lambda: explainer.shap_values(matrix, check_additivity=False)


def _job(bundle: Bundle, table: Path, out: Path, languages: tuple[Any, ...]) -> None:
    """Read the feature table, score it, and write the scores as the job does."""
    file = pq.ParquetFile(table)
    tables = (pa.Table.from_batches([batch]) for batch in file.iter_batches(BATCH_ROWS))
    with pq.ParquetWriter(out, SCORES, compression="zstd", write_page_checksum=True) as writer:
        for batch in scored_batches(bundle, tables, datetime.now(UTC), BATCH_ROWS, Manner(languages)):
            writer.write_batch(batch)


def _print(found: list[dict[str, Any]], n_leads: int) -> None:
    plain = next(run for run in found if run["variant"] == "predict")
    unit = plain["cpu_s"] / plain["leads"]
    print(f"{'variant':34s}{'leads':>11s}{'CPU s':>10s}{'us/lead':>10s}{'x predict':>11s}{'wall s':>9s}{'peak MB':>9s}")
    for run in found:
        a_lead = run["cpu_s"] / run["leads"] if run["leads"] > 1 else None
        shown = [f"{a_lead * 1e6:10.1f}{a_lead / unit:11.2f}" if a_lead else " " * 21]
        wall = "" if run["wall_s"] is None else f"{run['wall_s']:.1f}"
        print(f"{run['variant']:34s}{run['leads']:11,}{run['cpu_s']:10.2f}{shown[0]}{wall:>9s}{run['peak_mb']:9.0f}")
        if run["variant"] in SAMPLED and a_lead:
            print(f"{'  x for all leads':34s}{n_leads:11,}{a_lead * n_leads:10.0f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--growth", type=int, nargs="*", default=[2, 4], help="also so many times the leads")
    parser.add_argument("--share", type=int, default=2000, help="rows for what is too slow for all of them")
    parser.add_argument("--folder", type=Path, help="keep the model and the table here")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
