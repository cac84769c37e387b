"""The leads as data for the page's own script: columns of numbers, texts stored once in every language."""

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from predictive_scoring.config.report import Report
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.backdrop import Behind
from predictive_scoring.report.contents import tells_value
from predictive_scoring.report.lexicon import Lexicon
from predictive_scoring.report.outlook import outlooks
from predictive_scoring.report.privacy import shown_id
from predictive_scoring.report.reason_rows import ReasonRows
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.speakers import Speakers
from predictive_scoring.scoring.money import rounded

_NUMBERS = ("score", "fit", "engagement")
_DAY_SECONDS = 86_400


def leads_data(folder: ScoreFolder, speakers: Speakers, settings: Report) -> dict[str, Any]:
    """Return the first `settings.n_leads` leads, best first, as the script reads them."""
    scores, lexicon = folder.scores.slice(0, settings.n_leads), Lexicon(speakers.languages)
    reasons, glance = ReasonRows(scores, settings, speakers, lexicon).coded()
    data: dict[str, Any] = {
        "id": [visible(shown_id(lead_id, settings.pii)) for lead_id in scores["lead_id"].to_pylist()],
        "grade": scores["grade"].to_pylist(),
        **{name: scores[name].to_pylist() for name in _NUMBERS},
        **_chances(scores, speakers, lexicon),
        **(_money(scores, speakers, lexicon) if tells_value(folder) else {}),
        "reasons": reasons,
        "glance": glance,
        **outlooks(folder, scores, speakers.outlooks, lexicon),
        **_backgrounds(folder, scores, speakers, lexicon),
    }
    return data | {"texts": lexicon.columns()}


def _chances(scores: pa.Table, speakers: Speakers, lexicon: Lexicon) -> dict[str, Any]:
    columns = [scores[name].to_numpy() for name in ("probability", "probability_low", "probability_high")]
    out_of = speakers.wordings[0].out_of
    said, ranges = [], []
    for chance, low, high in zip(*(column.tolist() for column in columns), strict=True):
        said.append(lexicon.of(("chance", _coarse(chance, out_of)), speakers.chance, chance))
        ranges.append(lexicon.of(("range", _coarse(low, out_of), _coarse(high, out_of)), speakers.range, low, high))
    per_mille = [np.round(1000 * column).astype(int).tolist() for column in columns]
    exact = np.round(columns[0] * 1e6).astype(int).tolist()
    return {"p": exact, "bar": [*zip(*per_mille, strict=True)], "chance": said, "range": ranges}


def _money(scores: pa.Table, speakers: Speakers, lexicon: Lexicon) -> dict[str, Any]:
    """Return expected values, to sort by, and what is said of them."""
    values = scores["expected_value"].to_pylist()
    money = [lexicon.of(("money", rounded(value)), speakers.money, value) for value in values]
    return {"value": [round(value, 2) for value in values], "money": money}


def _coarse(probability: float, out_of: int) -> tuple[int, int]:
    """Return what decides how a chance is said: the two ends of the scale are said in words of their own."""
    return round(probability * out_of), (probability * out_of >= 1) + (probability * out_of > out_of - 1)


def _backgrounds(folder: ScoreFolder, scores: pa.Table, speakers: Speakers, lexicon: Lexicon) -> dict[str, Any]:
    rows = folder.context_of(scores)
    told = [*_told(rows, speakers, lexicon)]
    names = ("channel", "segment", "stage", "account", "colleagues", "created", "latest", "n_activities")
    columns: dict[str, Any] = {name: [row[name] for row in told] for name in (*names, "known", "timeline")}
    for name, key in (("created_day", "created_at"), ("latest_day", "last_at")):
        columns[name] = [_day_number(row[key]) if row else None for row in rows]
    return columns


def _told(rows: Sequence[dict[str, Any] | None], speakers: Speakers, lexicon: Lexicon) -> Iterator[dict[str, Any]]:
    for row in rows:
        behind: list[Behind] = [backdrop.behind(row) for backdrop in speakers.backdrops]
        first = behind[0]
        single = {
            name: lexicon.place(*(getattr(each, name) for each in behind))
            for name in ("channel", "segment", "stage", "account", "colleagues", "created", "latest", "n_activities")
        }
        known = [
            lexicon.place(*(each.known[i][part] for each in behind)) for i in range(len(first.known)) for part in (0, 1)
        ]
        lines = [
            lexicon.place(*(getattr(each.timeline[i], part) for each in behind))
            for i in range(len(first.timeline))
            for part in ("day", "text")
        ]
        yield {**single, "known": known, "timeline": lines}


def _day_number(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.replace(tzinfo=UTC).timestamp()) // _DAY_SECONDS


def packed(data: Any) -> str:
    """Return data as gzip in base 64: nothing in it can end a script, and leads of a kind take little room."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return packed_text(text)


def packed_text(text: str) -> str:
    """Return text as gzip in base 64; the same text gives the same characters."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
