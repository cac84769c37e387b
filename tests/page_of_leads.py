"""A folder of scores with all that the page shows, made up: any number of leads, evil words among them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from predictive_scoring.explain.reasons import REASON
from predictive_scoring.scoring.about import About
from predictive_scoring.scoring.background import Background
from predictive_scoring.scoring.changes import CHANGES
from predictive_scoring.scoring.context import SCHEMA as CONTEXT
from predictive_scoring.scoring.schema import CHANGES_FILE, NOT_SCORED, SCORES, WHAT_IF
from predictive_scoring.scoring.what_if import POSSIBLE
from predictive_scoring.storage import write_json, write_parquet

AS_OF = datetime(2025, 4, 1, tzinfo=UTC)
CHANNELS, SEGMENTS, STAGES = ("event", "ads", "referral"), ("software", "retail"), (None, "mql")
EVIL_ID, FORMULA_ID = "<img src=x onerror=alert(1)>", '=HYPERLINK("http://x?"&A1,"ver")'
LONG_ID = "Società per azioni 株式会社 🏭 " + "x" * 60
FACTS = ("Asked for a demo {n} days ago", "Visited the pricing page {n} times", "Industry: software", "Channel: event")
HECHOS = ("Pidió una demostración hace {n} días", "Visitó la página de precios {n} veces", "Sector: software",
          "Canal: evento")  # fmt: skip
AGAINST = ("No e-mail opened so far", "Has not asked for a demo so far", "Number of employees: 10–49", "Country: other")
CONTRA = ("No ha abierto correos", "No ha pedido una demostración", "Empleados: 10–49", "País: otro")


def scores_of_leads(folder: Path, n_leads: int, n_reasons: int = 8) -> Path:
    """Write the folder and return it; leads are L0001 … in the order of rank, three of the first have evil ids."""
    folder.mkdir(parents=True)
    chances = 0.5 * np.exp(-np.arange(n_leads) / max(n_leads / 6, 1)) + 0.002
    ids = [f"L{rank:05d}" for rank in range(1, n_leads + 1)]
    for place, evil in enumerate((EVIL_ID, FORMULA_ID, LONG_ID), start=1):
        if place < n_leads:
            ids[place] = evil
    write_parquet(folder / "scores.parquet", _scores(ids, chances, n_reasons))
    write_parquet(
        folder / "context.parquet", pa.Table.from_pylist([_behind(i, name) for i, name in enumerate(ids)], CONTEXT)
    )
    _write_what_else(folder, ids, chances)
    aside = [{"lead_id": "out", "as_of": AS_OF, "target": "won", "reason": "opt_out"}]
    write_parquet(folder / "not_scored.parquet", pa.Table.from_pylist(aside, NOT_SCORED))
    write_json(folder / "about.json", about().model_dump(mode="json"))
    write_json(folder / "background.json", background().model_dump(mode="json"))
    write_json(folder / "manifest.json", {"files": {}})
    return folder


def _write_what_else(folder: Path, ids: list[str], chances: Any) -> None:
    """Write changes since a week ago, every seventh lead new since, and what one more activity went together with."""
    changes = []
    for place, (name, now) in enumerate(zip(ids, chances.tolist(), strict=True)):
        parts = {"by_model": 0.0, "by_time": -0.001, "by_news": 0.011 if place % 2 else -0.004}
        was = now - sum(parts.values())
        text = f"The chance moved from {was:.3f} to {now:.3f}", f"La probabilidad pasó de {was:.3f} a {now:.3f}"
        changes.append({
            "lead_id": name, "previous_as_of": AS_OF - timedelta(days=7), "previous_model": "won-1",
            "previous_probability": was, "previous_rank": place + 3, "previous_grade": "B", "probability": now, **parts,
            "concept": "demo", "text_en": text[0], "text_es": text[1],
        })  # fmt: skip
    kept = [row for place, row in enumerate(changes) if place % 7 or not place]
    write_parquet(folder / CHANGES_FILE, pa.Table.from_pylist(kept, CHANGES))
    possible = [
        {"lead_id": name, "concept": kind, "kind": kind, "probability": 0.1, "probability_if": 0.1 + points,
         "points": points, "text_en": f"With one more {kind}, the chance would be another",
         "text_es": f"Con un {kind} más, la probabilidad sería otra"}
        for name in ids[:200] for kind, points in (("meeting_held", 0.04), ("call_made", -0.02), ("demo_request", 0.0))
    ]  # fmt: skip
    write_parquet(folder / WHAT_IF, pa.Table.from_pylist(possible, POSSIBLE))


def _scores(ids: list[str], chances: Any, n_reasons: int) -> pa.Table:
    n = len(ids)
    grades = np.select([chances > 0.3, chances > 0.1, chances > 0.03], ["A", "B", "C"], "D")
    flat: list[dict[str, Any]] = []
    for lead, chance in enumerate(chances):
        flat += [_reason(lead, place, float(chance)) for place in range(n_reasons)]
    reasons = pa.ListArray.from_arrays(
        pa.array(np.arange(0, n * n_reasons + 1, n_reasons), pa.int32()),
        pa.Table.from_pylist(flat, pa.schema(list(REASON))).to_struct_array().combine_chunks(),
    )
    columns = {
        "lead_id": ids, "as_of": [AS_OF] * n, "target": ["won"] * n, "probability": chances,
        "probability_low": chances * 0.8, "probability_high": np.minimum(chances * 1.2, 1.0),
        "score": np.linspace(100, 1, n).astype(int), "rank": np.arange(1, n + 1), "grade": grades.tolist(),
        "fit": (np.arange(n) * 37) % 100 + 1, "engagement": (np.arange(n) * 53) % 100 + 1,
        "base_probability": [0.05] * n, "reasons": reasons, "model_version": ["won-1"] * n, "scored_at": [AS_OF] * n,
    }  # fmt: skip
    return pa.table([pa.array(columns[field.name], field.type) for field in SCORES], schema=SCORES)


def _reason(lead: int, place: int, chance: float) -> dict[str, Any]:
    raises, kind = place % 2 == 0, (place // 2) % 4
    points = round((0.04 if raises else -0.02) * (1 + chance) / (place + 1), 6)
    told = {"n": 40 + lead % 400, "rate": 0.1 + 0.01 * (lead % 9), "low": 0.05, "high": 0.3, "agrees": True}
    en, es = (FACTS[kind], HECHOS[kind]) if raises else (AGAINST[kind], CONTRA[kind])
    return {
        "code": f"R00{kind + 1}", "concept": f"c{place}", "group": "engagement", "points": points, "value": "1",
        "family": "c0" if place in (0, 4) else f"c{place}",
        "text_en": en.format(n=lead % 30 + 2), "text_es": es.format(n=lead % 30 + 2), **(told if place == 0 else {}),
    }  # fmt: skip


def _behind(lead: int, lead_id: str) -> dict[str, Any]:
    day, what = date(2025, 3, 28), {"kind": "page_view", "direction": None, "n": 1 + lead % 3}
    lines = [{"day": day - timedelta(days=3 * place), **what} for place in range(1 + lead % 5)]
    return {
        "lead_id": lead_id, "created_at": AS_OF - timedelta(days=5 + lead % 170), "channel": CHANNELS[lead % 3],
        "segment": SEGMENTS[lead % 2], "stage": STAGES[lead % 2], "account_id": f"A{lead % 40}", "n_account_leads": 3,
        "known": [{"name": "budget", "type": "number", "value": "12345.5"}], "n_activities": 1 + lead % 5,
        "last_at": AS_OF - timedelta(days=4), "timeline": lines,
    }  # fmt: skip


def about() -> About:
    """Return a page's facts; two concepts, one of them with bands."""
    rates = [("A", 400, 90), ("B", 900, 80), ("C", 1500, 45), ("D", 3000, 20)]
    by_grade = [{"grade": grade, "n": n, "converted": k, "rate": k / n, "low": k / n * 0.8, "high": k / n * 1.25}
                for grade, n, k in rates]  # fmt: skip
    bands = [{"word": {"en": word, "es": palabra}, "n": n, "rate": rate, "low": rate * 0.8, "high": rate * 1.2,
              "points": rate - 0.05, "agrees": True}
             for word, palabra, n, rate in (("none", "ninguna", 900, 0.03), ("some", "alguna", 200, 0.2))]  # fmt: skip
    demo = {"en": "demo requests", "es": "solicitudes de demostración"}
    return About.model_validate({
        "target": "won", "stage": "won", "stage_word": {"en": "won", "es": "ganado"}, "horizon_days": 90,
        "source_name": "acme", "source_description": "A made-up export.", "licence": "internal", "simulated": True,
        "model_version": "won-1", "trained_until": "2024-03-01T00:00:00Z", "as_of": AS_OF, "observed_until": AS_OF,
        "interval_level": 0.9, "grades": {"A": 0.3, "B": 0.1, "C": 0.03}, "quarantined": 7,
        "evaluation": {
            "window_from": "2024-06-03", "window_until": "2024-09-02", "n_leads": 5800, "base_rate": 0.04, "auc": 0.84,
            "auc_low": 0.8, "auc_high": 0.88, "lift": 3.4, "lift_share": 0.2, "caught": 0.68, "by_grade": by_grade,
            "findings": [{"en": "One finding.", "es": "Un hallazgo."}],
        },
        "concepts": [
            {"name": "demo", "group": "engagement", "word": demo, "mean_abs_points": 0.02, "bands": bands},
            {"name": "size", "group": "fit", "word": {"en": "size", "es": "tamaño"}, "mean_abs_points": 0.01},
            {"name": "c0", "group": "fit", "word": {"en": "job level", "es": "nivel del cargo"}, "mean_abs_points": 0.0,
             "family": "c0"},
            {"name": "c4", "group": "fit", "word": {"en": "income", "es": "ingresos"}, "mean_abs_points": 0.0,
             "family": "c0"},
        ],
    })  # fmt: skip


def background() -> Background:
    """Return how leads went: two channels of enough leads, one of few, and a year of months."""
    part = {"open": 40, "expected": 3.5, "best": 4}
    months = [{"value": f"2024-{month:02d}", "leads": 100, "converted": month, **part} for month in range(1, 13)]
    channels = [{"value": name, "leads": n, "converted": n // 9, **part} for name, n in
                (("event", 900), ("ads", 400), ("referral", 12))]  # fmt: skip
    words = {
        "kinds": {"page_view": {"en": "web page visits", "es": "visitas a la web"}},
        "stages": {"mql": {"en": "marketing-qualified lead", "es": "lead cualificado por marketing"}},
        "attributes": {"channel": {"en": "channel", "es": "canal"}, "industry": {"en": "industry", "es": "sector"},
                       "budget": {"en": "budget in euros", "es": "presupuesto en euros"}},
        "values": {"channel": {"event": {"en": "event", "es": "evento"}, "ads": {"en": "ads", "es": "anuncios"},
                               "referral": {"en": "referral", "es": "recomendación"}}},
    }  # fmt: skip
    return Background.model_validate({
        "words": words, "channel": "channel", "segment": "industry",
        "channel_word": words["attributes"]["channel"], "segment_word": words["attributes"]["industry"],
        "months": months, "channels": channels,
        "segments": [{"value": "software", "leads": 700, "converted": 60, **part},
                     {"value": "retail", "leads": 500, "converted": 20, **part}],
    })  # fmt: skip
