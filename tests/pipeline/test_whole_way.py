"""The whole way, as a user runs it: one small simulated history through every stage."""

import csv
import json
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pickles import is_pickle
from predictive_scoring import Bundle, score

from .conftest import Project

pytestmark = pytest.mark.heavy
AS_OF = "2024-06-03"


def test_a_second_run_does_nothing(project: Project) -> None:
    out = project.run("dvc", "repro").stdout
    assert "Running stage" not in out
    assert out.count("didn't change, skipping") >= 8


def test_H_base_plus_points_is_the_probability_of_every_lead(project: Project) -> None:
    table = pq.read_table(project.folder / "data/scores/won/scores.parquet")
    total = [
        base + sum(reason["points"] for reason in reasons)
        for base, reasons in zip(table["base_probability"].to_pylist(), table["reasons"].to_pylist(), strict=True)
    ]
    np.testing.assert_allclose(total, table["probability"].to_numpy(), atol=1e-9, rtol=0)
    assert table.num_rows > 100


def test_the_scores_are_as_the_contract_says(project: Project) -> None:
    rows = pq.read_table(project.folder / "data/scores/won/scores.parquet").to_pandas()
    assert rows["lead_id"].is_unique
    assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
    assert rows["probability"].is_monotonic_decreasing
    assert rows["probability"].between(0, 1).all()
    assert (rows["probability_low"] <= rows["probability"] + 1e-12).all()
    assert (rows["probability"] <= rows["probability_high"] + 1e-12).all()
    for column in ("score", "fit", "engagement"):
        assert rows[column].between(1, 100).all()
    assert set(rows["grade"]) <= {"A", "B", "C", "D", "?"}
    assert set(rows["target"]) == {"won"}


def test_every_lead_that_was_read_is_accounted_for(project: Project) -> None:
    rows = json.loads((project.folder / "data/scores/won/manifest.json").read_text())["rows"]
    parts = (
        rows["scored"]
        + sum(rows["not_scored"].values())
        + sum(rows["quarantined"].values())
        + rows["identical_duplicates"]
    )
    assert rows["read"] == parts
    read = (project.folder / "data/raw/demo/leads.csv").read_text(encoding="utf-8").count("\n") - 1
    assert abs(read - rows["read"]) <= 5  # a field may hold a line end


def test_what_happens_from_an_instant_on_changes_no_score_as_of_it(project: Project, tmp_path: Path) -> None:
    whole = score(Bundle.load(project.folder / "models/released/won"), project.folder / "data/sources/demo.yaml", AS_OF)
    cut = cut_copy(project, tmp_path, AS_OF)
    again = score(Bundle.load(project.folder / "models/released/won"), cut, AS_OF)
    columns = [name for name in whole.columns if name != "scored_at"]
    assert len(whole) > 100
    assert again[columns].to_json(date_format="iso") == whole[columns].to_json(date_format="iso")


def test_the_check_above_would_see_a_leak(project: Project, tmp_path: Path) -> None:
    """Planted: the copy loses the activities of the four weeks before the instant, as if they came later."""
    whole = score(Bundle.load(project.folder / "models/released/won"), project.folder / "data/sources/demo.yaml", AS_OF)
    cut = cut_copy(project, tmp_path, "2024-05-06")
    again = score(Bundle.load(project.folder / "models/released/won"), cut, AS_OF)
    assert again["probability"].round(9).tolist() != whole["probability"].round(9).tolist()


def cut_copy(project: Project, into: Path, as_of: str) -> Path:
    """Return the source file of a copy that ends where nothing at or after `as_of` is known, cut by another engine."""
    raw, copy = project.folder / "data/raw/demo", into / "data/raw/demo"
    copy.mkdir(parents=True)
    instants = {
        "leads": ["created_at"],
        "activities": ["occurred_at", "recorded_at"],
        "stages": ["occurred_at", "recorded_at"],
    }
    for path in raw.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        places = [header.index(name) for name in instants.get(path.stem, []) if name in header]
        assert places or path.stem == "accounts", f"{path.name}: no column of instants among {header}"
        kept = [row for row in rows if all(is_before(row, place, as_of) for place in places)]
        assert path.stem == "accounts" or len(kept) < len(rows)
        with (copy / path.name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *kept])
    shutil.copyfile(raw / "truth.parquet", copy / "truth.parquet")  # beside the history, never read by a feature
    shutil.copytree(project.folder / "data/sources", into / "data/sources")
    return into / "data/sources/demo.yaml"


def is_before(row: list[str], place: int, as_of: str) -> bool:
    text = row[place] if place < len(row) else ""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None) < datetime.fromisoformat(as_of)
    except ValueError:
        return True  # a malformed row stays: extract sets it aside in both


def test_G01_verify_refuses_one_changed_byte_before_the_model_is_parsed(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "won"
    shutil.copytree(project.folder / "models/released/won", copy)
    project.run("predictive-scoring", "verify", str(copy))
    content = bytearray((copy / "model.txt").read_bytes())
    content[len(content) // 2] ^= 0x01
    (copy / "model.txt").write_bytes(bytes(content))
    done = project.run("predictive-scoring", "verify", str(copy), expect=4)
    assert "'model.txt' was altered" in done.stderr


def test_G09_right_hashes_over_another_model_are_caught_by_the_golden_rows(project: Project, tmp_path: Path) -> None:
    from predictive_scoring.publish.manifest import seal

    copy = tmp_path / "won"
    shutil.copytree(project.folder / "models/released/won", copy)
    linear = json.loads((copy / "linear.json").read_text())
    linear["share"] = linear["share"] / 2
    (copy / "linear.json").write_text(json.dumps(linear))
    (copy / "manifest.json").unlink()
    seal(
        copy,
        target="won",
        run_id=None,
        created_at=datetime.fromisoformat("2025-01-01T00:00:00+00:00"),
        package_version="0.1.0",
    )
    done = project.run("predictive-scoring", "verify", str(copy), expect=4)
    assert "golden rows" in done.stderr or "start from different averages" in done.stderr


def test_J13_a_planted_address_is_nowhere_but_in_the_raw_files(project: Project) -> None:
    raw = (project.folder / "data/raw/demo/leads.csv").read_text()
    canary = next(field for field in raw.split(",") if "@" in field).strip().encode()
    searched = [
        "models",
        "mlruns",
        "mlflow.db",
        "data/interim",
        "data/features",
        "data/scores",
        "data/reports",
        "dvc.lock",
    ]
    finds = []
    for name in searched:
        top = project.folder / name
        for path in [top] if top.is_file() else [p for p in top.rglob("*") if p.is_file()]:
            if path.name == "quarantine.parquet":
                continue
            if canary in path.read_bytes() or (
                path.suffix == ".parquet" and canary.decode() in str(pq.read_table(path).to_pydict())
            ):
                finds.append(str(path))
    assert finds == []
    assert canary.decode() in raw  # the search itself works
    assert b"@" in canary


def test_explain_tells_one_lead_from_rows_to_sentences(project: Project) -> None:
    table = pq.read_table(project.folder / "data/scores/won/scores.parquet", columns=["lead_id", "probability"])
    lead, probability = table["lead_id"][0].as_py(), table["probability"][0].as_py()
    arguments = ["--model", "models/released/won", "--source", "data/sources/demo.yaml"]
    found = json.loads(project.run("predictive-scoring", "explain", lead, *arguments, "--json").stdout)
    assert found["scored"]["probability"] == pytest.approx(probability, abs=1e-12)
    text = project.run("predictive-scoring", "explain", lead, *arguments).stdout
    assert "1. activities" in text
    assert "4. chance" in text


def test_the_registry_gives_the_same_bundle(project: Project) -> None:
    done = project.run("predictive-scoring", "verify", "models:/lead-won@champion", "--json")
    assert json.loads(done.stdout)["model_version"] == Bundle.load(project.folder / "models/released/won").version


def test_metrics_and_plots_are_shown(project: Project) -> None:
    assert "roc_auc" in project.run("dvc", "metrics", "show").stdout
    project.run("dvc", "plots", "show", "--out", "plots")
    assert (project.folder / "plots/index.html").is_file()


def test_the_pages_of_both_languages_are_there_and_say_that_the_data_is_simulated(project: Project) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in (project.folder / "data/reports/won").iterdir()}
    assert set(pages) == {f"{name}.{language}.html" for name in ("report", "analyst") for language in ("en", "es")}
    assert "simulated" in pages["report.en.html"].lower()
    assert "simulad" in pages["report.es.html"].lower()
    assert 'lang="es"' in pages["report.es.html"]


@pytest.mark.heavy
def test_J18_nothing_that_a_run_leaves_is_a_pickle_whatever_its_name(project: Project, tmp_path: Path) -> None:
    """Data, models, MLflow's artifacts: every file by its bytes; one planted among them is found."""
    import pickle

    left = [path for name in ("data", "models", "mlruns") for path in (project.folder / name).rglob("*")]
    files = [path for path in left if path.is_file()]
    assert any("mlruns" in path.parts and path.name == "model.txt" for path in files)
    assert [path.name for path in files if is_pickle(path.read_bytes())] == []
    (tmp_path / "model.txt").write_bytes(pickle.dumps({"a": 1}))
    assert is_pickle((tmp_path / "model.txt").read_bytes())
