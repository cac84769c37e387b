"""Reading, typing and writing a CSV of activities, against DuckDB turning the same file into Parquet as text.

    python benchmarks/extract.py --megabytes 500

Both run in this one run, each in a process of its own, with the same number of threads and the same memory limit.
What counts is the ratio: walls on a shared machine move together.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BYTES_A_ROW = 101
ROWS_A_LEAD = 50
MEMORY_LIMIT_GB = 1.2  # what is left of 2 GB is for Python, Arrow and the buffers of the readers
SOURCE = """
name: benchmark
licence: made by benchmarks/extract.py
timezone: UTC
tables:
  leads: {path: leads.csv, columns: {lead_id: lead_id, created_at: created_at, account_id: account_id}}
  activities:
    path: activities.csv
    columns: {lead_id: lead_id, account_id: account_id, kind: kind, direction: direction, topic: topic,
              occurred_at: occurred_at, recorded_at: recorded_at, value: minutes}
  outcomes: {path: outcomes.csv, columns: {lead_id: lead_id, occurred_at: occurred_at, stage: stage}}
"""
ACTIVITIES = """
select 'T' || lpad(cast(i as varchar), 9, '0') as activity_id, 'L' || lpad(cast(lead as varchar), 7, '0') as lead_id,
  'A' || lpad(cast(lead % (1 + {n_leads} // 5) as varchar), 6, '0') as account_id,
  (['page_view', 'pricing_page_view', 'email_sent', 'email_open', 'email_click', 'form_submit', 'call_made',
    'product_login'])[1 + dice % 8] as kind,
  case when dice % 8 in (2, 6) then 'outbound' else 'inbound' end as direction,
  case when dice % 3 = 0 then 'topic_' || cast(dice % 40 as varchar) end as topic,
  strftime(moment, '%Y-%m-%d %H:%M:%S.%fZ') as occurred_at,
  strftime(moment + interval (dice % 600) second, '%Y-%m-%d %H:%M:%S.%fZ') as recorded_at,
  case when dice % 8 = 0 then dice % 90 end as minutes
from (select i, cast(hash(i) % {n_leads} as bigint) as lead, cast(hash(i + 7) % 10000 as bigint) as dice,
  timestamp '2023-01-01' + to_microseconds(cast(i * 94608000000000.0 / {n_rows} as bigint)) as moment
  from range({n_rows}) as rows(i))
"""
LEADS = """
select 'L' || lpad(cast(i as varchar), 7, '0') as lead_id, timestamp '2022-12-31' as created_at,
  'A' || lpad(cast(i % (1 + {n_leads} // 5) as varchar), 6, '0') as account_id from range({n_leads}) as leads(i)
"""
OUTCOMES = """
select 'L' || lpad(cast(i * 20 as varchar), 7, '0') as lead_id, timestamp '2025-12-30' as occurred_at, 'won' as stage
from range({n_leads} // 20) as leads(i)
"""


def make(folder: Path, megabytes: int) -> None:
    """Write the source file, leads and outcomes, and about so many megabytes of activities in the order of time."""
    import duckdb

    n_rows = megabytes * 1_000_000 // BYTES_A_ROW
    sizes = {"n_rows": n_rows, "n_leads": max(20, n_rows // ROWS_A_LEAD)}
    (folder / "source.yaml").write_text(SOURCE)
    connection = duckdb.connect(config={"threads": 2})
    for name, query in (("activities", ACTIVITIES), ("leads", LEADS), ("outcomes", OUTCOMES)):
        connection.execute(f"copy ({query.format(**sizes)}) to '{folder / name}.csv' (header)")


def by_duckdb(folder: Path) -> None:
    """Turn the same file into Parquet, every cell as text: the floor that the extract stage is compared with."""
    import duckdb

    limits = {"threads": 2, "memory_limit": f"{MEMORY_LIMIT_GB}GB", "temp_directory": str(folder / "spill")}
    connection = duckdb.connect(config={**limits, "preserve_insertion_order": False})
    source, target = folder / "activities.csv", folder / "duckdb.parquet"
    connection.execute(
        f"copy (select * from read_csv('{source}', all_varchar = true)) to '{target}' (compression zstd)"
    )


def by_extract(folder: Path) -> None:
    """Run the extract stage, and write down where its CPU seconds went."""
    from pyarrow.parquet import ParquetWriter

    from phases import Phases
    from predictive_scoring.config.extract import Extract
    from predictive_scoring.sources import activity_shelves, extract, rows
    from predictive_scoring.sources.first_glance import Glance
    from predictive_scoring.sources.shelf_files import ShelfFiles

    phases = Phases()
    phases.of_thread(rows, "check_text", "look through the bytes")
    phases.of_each(rows, "_csv_batches", "parse the text")
    phases.of_thread(Glance, "at", "first glance")
    phases.of_thread(ShelfFiles, "add", "lay on shelves")
    phases.of_process(extract, "lay_down_activities", "type, judge and link")
    phases.of_process(extract, "_typed", "leads and outcomes")
    phases.of_process(activity_shelves, "_prepare", "read shelves back")
    phases.of_process(activity_shelves, "leave_out_automatic", "machines' clicks")
    phases.of_process(activity_shelves, "_drop_copies", "copies")
    phases.of_process(extract, "finish_activities", "sort")
    phases.of_thread(ParquetWriter, "write_batch", "write Parquet")
    phases.of_process(extract, "_facts", "facts")
    history = extract.extract(folder / "source.yaml", folder / "history", Extract(memory_limit_gb=MEMORY_LIMIT_GB))
    assert sum(history.facts.rows["activities"].quarantined.values()) == 0
    phases.total["imports and the rest"] = time.process_time() - sum(phases.total.values())
    (folder / "phases.json").write_text(json.dumps({name: round(s, 2) for name, s in phases.total.items()}))


def measured(task: str, folder: Path, *more: str) -> dict[str, float]:
    """Return wall and CPU seconds and the peak of resident memory of one task in a process of its own."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, "--task", task, "--folder", str(folder), *more])
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{task}: ended with status {status}")
    return {
        "wall_s": round(time.perf_counter() - started, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_gb": round(usage.ru_maxrss / 1e6, 3),
    }


def compare(folder: Path, megabytes: int, repeats: int) -> dict[str, object]:
    """Make the files, run both tasks in turn, and return the medians and their ratio."""
    measured("make", folder, "--megabytes", str(megabytes))
    runs: dict[str, list[dict[str, float]]] = {"duckdb": [], "extract": []}
    for _ in range(repeats):
        for task, found in runs.items():
            found.append(measured(task, folder))
    medians = {
        task: {name: sorted(run[name] for run in found)[len(found) // 2] for name in found[0]}
        for task, found in runs.items()
    }
    ratios = {
        name: round(medians["extract"][name] / medians["duckdb"][name], 2) for name in ("wall_s", "cpu_s", "peak_gb")
    }
    size = (folder / "activities.csv").stat().st_size
    split = json.loads((folder / "phases.json").read_text())
    return {
        "gigabytes": round(size / 1e9, 3),
        "repeats": repeats,
        **medians,
        "ratio": ratios,
        "cpu_s_of_extract": split,
    }


def main() -> None:
    """Print a table; write JSON only if asked."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--megabytes", type=int, default=100)
    options.add_argument("--repeats", type=int, default=1)
    options.add_argument("--json", type=Path, help="where to write the figures too")
    options.add_argument("--folder", type=Path, help="where the files lie for the time of the run; else a new one")
    options.add_argument("--task", choices=["make", "duckdb", "extract"], help="what a child process does")
    given = options.parse_args()
    if given.task == "make":
        make(given.folder, given.megabytes)
    elif given.task:
        {"duckdb": by_duckdb, "extract": by_extract}[given.task](given.folder)
    else:
        with tempfile.TemporaryDirectory(prefix="benchmark-", dir=given.folder) as folder:
            found = compare(Path(folder), given.megabytes, given.repeats)
        print(f"{found['gigabytes']} GB of CSV\n{'':10}{'wall s':>10}{'CPU s':>10}{'peak GB':>10}")
        for name in ("duckdb", "extract", "ratio"):
            print(f"{name:10}" + "".join(f"{value:>10}" for value in found[name].values()))
        print("\nCPU seconds of extract, by what was done (of the last run)")
        for phase, seconds in sorted(found["cpu_s_of_extract"].items(), key=lambda item: -item[1]):
            print(f"{phase:30}{seconds:>10}")
        if given.json:
            given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
