"""One lead's way, step by step: raw rows, features, contributions, chance, sentences."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from predictive_scoring.agreement.definition import Grading
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.compute import compute, compute_shards
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.batches import UNGRADED
from predictive_scoring.scoring.grading import cut_offs
from predictive_scoring.scoring.job import score_history
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.storage import read_parquet

N_ROWS_SHOWN = 20


@dataclass(frozen=True)
class Trace:
    """Everything between a lead's rows and its sentences; `scored` is None where the lead is not scored."""

    lead_id: str
    as_of: datetime
    status: str
    rows: list[dict[str, Any]]  # the lead's activities known before as_of, newest first
    features: dict[str, Any]
    scored: dict[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """Return the trace as plain values."""
        scored = (
            None
            if self.scored is None
            else {**self.scored, "as_of": str(self.scored["as_of"]), "scored_at": str(self.scored["scored_at"])}
        )
        return {
            "lead_id": self.lead_id,
            "as_of": self.as_of.isoformat(),
            "status": self.status,
            "activities": [
                {key: str(value) if isinstance(value, datetime) else value for key, value in row.items()}
                for row in self.rows
            ],
            "features": self.features,
            "scored": scored,
        }

    def lines(self) -> Iterator[str]:
        """Yield the trace as text."""
        yield f"lead {self.lead_id} as of {self.as_of.isoformat()}: {self.status}"
        if self.scored is None:
            return
        yield f"\n1. activities known before then (newest first, {len(self.rows)} shown)"
        for row in self.rows:
            topic = f"  {row['topic']}" if row["topic"] else ""
            yield f"   {row['occurred_at']:%Y-%m-%d %H:%M}  {row['kind']}{topic}"
        yield f"\n2. features ({len(self.features)})"
        for name, value in self.features.items():
            yield f"   {name} = {'not known' if value is None else value if isinstance(value, str) else f'{value:g}'}"
        yield "\n3. from the average lead to this one"
        yield f"   {self.scored['base_probability']:+.4f}  base: the average chance"
        for reason in self.scored["reasons"]:
            yield f"   {reason['points']:+.4f}  {reason['code']}  {reason['text_en']}"
        total = self.scored["base_probability"] + sum(reason["points"] for reason in self.scored["reasons"])
        yield f"   {total:.4f}  sum"
        low, high = self.scored["probability_low"], self.scored["probability_high"]
        yield (
            f"\n4. chance {self.scored['probability']:.4f} (between {low:.4f} and {high:.4f}), "
            f"grade {self.scored['grade']}, score {self.scored['score']}"
        )


def trace(bundle: Bundle, history: History, as_of: datetime, lead_id: str, grading: Grading | None = None) -> Trace:
    """Return one lead's way from rows to reasons, by the very functions that the scoring job uses.

    Parameters
    ----------
    grading
        What the letters mean; by default what the bundle says. Where they go by calls, everybody's chance is computed.

    Raises
    ------
    ConfigurationError
        If the history has no such lead.
    """
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    chosen = population.filter(pc.equal(population["lead_id"], lead_id))
    if chosen.num_rows == 0:
        raise _no_such_lead(history, lead_id)
    status, detail = chosen["status"][0].as_py(), chosen["detail"][0].as_py()
    if status != "open":
        why = f"{status} ({detail})" if detail else status
        return Trace(lead_id, as_of, f"not scored: {why}", [], {}, None)
    features = compute(history, chosen, bundle.catalogue).select(bundle.catalogue.names).to_pylist()[0]
    batches, _ = score_history(bundle, history, as_of, only=lead_id)
    (scored,) = pa.Table.from_batches(batches).to_pylist()
    if scored["grade"] != UNGRADED:
        letters = _letters(bundle, history, as_of, grading)
        scored["grade"] = str(bundle.grade(np.array([scored["probability"]]), letters)[0])
    return Trace(lead_id, as_of, "open", _activities(history, chosen["lead_no"][0].as_py(), as_of), features, scored)


def _letters(bundle: Bundle, history: History, as_of: datetime, grading: Grading | None) -> dict[str, float]:
    """Return the cut-offs of the day; letters that go by calls need everybody's chance."""
    chances = [np.zeros(0)]
    if grading is not None and grading.by == "calls":
        population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
        everybody = population.filter(pc.equal(population["status"], "open")).sort_by("lead_no")
        frames = (to_frame(table, bundle.catalogue) for table in compute_shards(history, everybody, bundle.catalogue))
        chances += [bundle.scorer.probability(bundle.scorer.raw(frame)) for frame in frames]
    return cut_offs(bundle, grading, np.concatenate(chances))


def _no_such_lead(history: History, lead_id: str) -> ConfigurationError:
    """Return the refusal; a lead whose rows broke a rule is told from one that is not in the export."""
    path = history.folder / "quarantine.parquet"
    rows = read_parquet(path).to_pylist() if path.is_file() else []
    rules = Counter(row["rule"] for row in rows if row["table"] == "leads" and lead_id in _cells(row["text"] or ""))
    if not rules:
        return ConfigurationError(
            "no such lead in this history", fix="copy the id from scores.parquet or from the export"
        )
    return ConfigurationError(
        "no such lead in this history: its rows are in quarantine",
        found=", ".join(f"{rule} {n}" for rule, n in sorted(rules.items())),
        fix="`predictive-scoring check` says where they stand in the export and what to do",
    )


def _cells(text: str) -> list[str]:
    try:
        return [str(value) for value in json.loads(text).values()]
    except (ValueError, AttributeError):  # the line of a file, as it is
        return [cell.strip() for cell in re.split(r'[;,|\t"]', text)]


def _activities(history: History, lead_no: int, as_of: datetime) -> list[dict[str, Any]]:
    known = (ds.field("lead_no") == lead_no) & (ds.field("known_at") < as_of) & (ds.field("occurred_at") < as_of)
    rows = ds.dataset(history.path("activities")).to_table(["occurred_at", "kind", "topic", "direction"], filter=known)
    newest: list[dict[str, Any]] = rows.sort_by([("occurred_at", "descending")]).slice(0, N_ROWS_SHOWN).to_pylist()
    return newest
