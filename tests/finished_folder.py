"""A finished folder of scores, written by hand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from predictive_scoring.scoring.about import About
from predictive_scoring.scoring.schema import NOT_SCORED, scores_schema
from predictive_scoring.storage import sha256_of, write_json, write_parquet

AS_OF = datetime(2025, 4, 1, tzinfo=UTC)


def reason(points: float, en: str, es: str | None = None) -> dict[str, Any]:
    return {
        "code": "R001", "concept": "page_view", "group": "engagement", "points": points, "value": "1",
        "text_en": en, "text_es": es or f"(es) {en}", "n": 200, "rate": 0.2, "low": 0.15, "high": 0.26, "agrees": True,
    }  # fmt: skip


def lead(rank: int, lead_id: str, *reasons: dict[str, Any], as_of: datetime = AS_OF, **also: Any) -> dict[str, Any]:
    chance = round(0.5 / rank, 6)
    return {
        "lead_id": lead_id, "as_of": as_of, "target": "won", "probability": chance, "probability_low": chance / 2,
        "probability_high": min(1.0, chance * 2), "score": max(1, 101 - rank), "rank": rank, "grade": "A", "fit": 50,
        "engagement": 60, "base_probability": 0.1, "model_version": "won-0123456789", "scored_at": AS_OF,
        "reasons": list(reasons) or [reason(0.2, "Asked for a demo 3 days ago", "Pidió una demostración hace 3 días")],
        **also,
    }  # fmt: skip


def finished_folder(folder: Path, rows: list[dict[str, Any]], opted_out: tuple[str, ...] = ()) -> Path:
    """Write the folder and return it."""
    folder.mkdir(parents=True)
    write_parquet(
        folder / "scores.parquet",
        pa.Table.from_pylist(rows, scores_schema(with_value=any("expected_value" in row for row in rows))),
    )
    aside = [{"lead_id": name, "as_of": AS_OF, "target": "won", "reason": "opt_out"} for name in opted_out]
    write_parquet(folder / "not_scored.parquet", pa.Table.from_pylist(aside, NOT_SCORED))
    about = About(
        target="won", source_name="acme", source_description="made up", licence="none", simulated=False,
        model_version="won-0123456789", interval_level=0.9, grades={"A": 0.3, "B": 0.1, "C": 0.02},
    )  # fmt: skip
    write_json(folder / "about.json", about.model_dump(mode="json"))
    files = {path.name: {"sha256": sha256_of(path), "size": path.stat().st_size} for path in folder.iterdir()}
    manifest = {"as_of": AS_OF.isoformat(), "target": "won", "model_version": "won-0123456789", "files": files}
    write_json(folder / "manifest.json", manifest)
    return folder
