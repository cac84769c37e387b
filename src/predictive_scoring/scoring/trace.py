"""One lead's way, step by step: raw rows, features, contributions, chance, sentences."""

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from predictive_scoring.agreement.definition import Grading
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Word
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.features.compute import compute, compute_shards
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.basis import sentence
from predictive_scoring.scoring.batches import UNGRADED
from predictive_scoring.scoring.changes import Change, Previous
from predictive_scoring.scoring.grading import cut_offs
from predictive_scoring.scoring.job import score_history
from predictive_scoring.scoring.value import depends_on
from predictive_scoring.scoring.what_if import what_if
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import read_parquet

N_ROWS_SHOWN = 20
WHY_NOT = {
    "not_yet_created": "it was created later",
    "already_converted": "it has converted already",
    "excluded": "it is excluded: lost, merged into another lead, or kept out by a rule",
    "opt_out": "it asked not to be contacted",
    "too_old": "it is older than the leads that the model knows",
    "no_data": "nothing is known of it or its company",
}


@dataclass(frozen=True)
class Step:
    """One concept between the average lead and this one, in the unit in which the model adds and in probability."""

    concept: str
    log_odds: float  # relative to the base; all of them sum to the lead's raw score minus the base's
    points: float


@dataclass(frozen=True)
class Trace:
    """Everything between a lead's rows and its sentences; `scored` is None where the lead is not scored."""

    lead_id: str
    as_of: datetime
    status: str
    rows: list[dict[str, Any]]  # the lead's activities known before as_of, newest first
    features: dict[str, Any]
    scored: dict[str, Any] | None
    why_not: str = ""  # in words, where it is not scored
    n_activities: int = 0
    steps: tuple[Step, ...] = ()  # the concepts that moved it, the most first
    base_raw: float = 0.0  # log-odds
    raw: float = 0.0  # log-odds
    possible: tuple[dict[str, Any], ...] = ()  # what one more activity would go together with
    value_rests_on: Word | None = None  # what its expected value is; None: the model tells none
    change: dict[str, Any] | None = None  # since an earlier run, if asked and if the lead was scored then

    def as_json(self) -> dict[str, Any]:
        """Return the trace as plain values."""
        return {
            "lead_id": self.lead_id,
            "as_of": self.as_of.isoformat(),
            "status": self.status,
            "why_not": self.why_not,
            "n_activities": self.n_activities,
            "activities": [_plain(row) for row in self.rows],
            "features": self.features,
            "contributions": {
                "base_raw": self.base_raw,
                "raw": self.raw,
                "concepts": [asdict(step) for step in self.steps],
            },
            "scored": None if self.scored is None else _plain(self.scored),
            "what_if": [_plain(row) for row in self.possible],
            "change": None if self.change is None else _plain(self.change),
            **({} if self.value_rests_on is None else {"value_rests_on": self.value_rests_on.model_dump()}),
        }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, datetime) else value for key, value in row.items()}


@dataclass(frozen=True)
class Wanted:
    """What else is asked of a lead's way."""

    grading: Grading | None = None  # what the letters mean; None: what the bundle says. By calls: everybody is computed
    since: Path | None = None  # an earlier run's folder of scores: also say why the chance is not what it was then
    actionable: tuple[str, ...] | None = None  # kinds of activity that the team can bring about; None: the usual


def trace(bundle: Bundle, history: History, as_of: datetime, lead_id: str, wanted: Wanted = Wanted()) -> Trace:
    """Return one lead's way from rows to reasons, by the very functions that the scoring job uses.

    Raises
    ------
    ConfigurationError
        If the history has no such lead, or `wanted.since` is no earlier run of the same target.
    """
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    chosen = population.filter(pc.equal(population["lead_id"], lead_id))
    if chosen.num_rows == 0:
        raise _no_such_lead(history, lead_id)
    status, detail = chosen["status"][0].as_py(), chosen["detail"][0].as_py()
    if status != "open":
        why = f"{status} ({detail})" if detail else status
        return Trace(lead_id, as_of, f"not scored: {why}", [], {}, None, why_not=WHY_NOT[status])
    table = compute(history, chosen, bundle.catalogue)
    ((_, frame, speaker),) = bundle.speakers(to_frame(table, bundle.catalogue))
    found = speaker.explain(frame)
    batches, _ = score_history(bundle, history, as_of, only=lead_id)
    (scored,) = pa.Table.from_batches(batches).to_pylist()
    if scored["grade"] != UNGRADED:
        letters = _letters(bundle, history, as_of, wanted.grading)
        scored["grade"] = str(bundle.grade(np.array([scored["probability"]]), letters)[0])
    rows = _activities(history, chosen["lead_no"][0].as_py(), as_of)
    with scratch_folder() as scratch:
        possible = what_if(bundle, history, chosen, wanted.actionable, scratch / "one_more").to_pylist()
        since = wanted.since
        change = _change(bundle, history, as_of, lead_id, since, scratch / "silent") if since else None
    return Trace(
        lead_id=lead_id,
        as_of=as_of,
        status="open",
        rows=rows[:N_ROWS_SHOWN],
        features=table.select(bundle.catalogue.names).to_pylist()[0],
        scored=scored,
        n_activities=len(rows),
        steps=_steps(speaker, found),
        base_raw=speaker.reference.base_raw,
        raw=float(found.raw[0]),
        possible=tuple(possible),
        change=change,
        value_rests_on=_value_rests_on(bundle, scored),
    )


def _value_rests_on(bundle: Bundle, scored: dict[str, Any]) -> Word | None:
    return sentence(scored["amount_basis"], depends_on(bundle)) if "amount_basis" in scored else None


def _steps(bundle: Bundle, found: Explanation) -> tuple[Step, ...]:
    """Return the concepts of one lead; points are log-odds times one number, the mean slope of the way between."""
    points, distance = found.points[0], float(found.raw[0]) - bundle.reference.base_raw
    moved = float(found.probability[0] - found.base[0])
    slope = moved / distance if distance else 0.0
    named = zip((concept.name for concept in bundle.catalogue.concepts), points.tolist(), strict=True)
    steps = [Step(name, each / slope if slope else 0.0, each) for name, each in named if each]
    return tuple(sorted(steps, key=lambda step: -abs(step.points)))


def _change(
    bundle: Bundle, history: History, as_of: datetime, lead_id: str, since: Path, scratch: Path
) -> dict[str, Any] | None:
    change = Change(bundle, history, Previous.load(since, bundle, as_of), as_of, scratch)
    rows = [row for table in change.tables(1, only=lead_id) for row in table.to_pylist()]
    return rows[0] if rows else None


def _letters(bundle: Bundle, history: History, as_of: datetime, grading: Grading | None) -> dict[str, float]:
    """Return the cut-offs of the day; letters that go by calls need everybody's chance."""
    chances = [np.zeros(0)]
    if grading is not None and grading.by == "calls":
        population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
        everybody = population.filter(pc.equal(population["status"], "open")).sort_by("lead_no")
        frames = (to_frame(table, bundle.catalogue) for table in compute_shards(history, everybody, bundle.catalogue))
        chances += [bundle.chances(frame)[1] for frame in frames]
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
    newest: list[dict[str, Any]] = rows.sort_by([("occurred_at", "descending")]).to_pylist()
    return newest
