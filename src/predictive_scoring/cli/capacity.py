"""What `agreement capacity` does and says."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.agreement.profile import known_values
from predictive_scoring.agreement.terms import Budgets, HandOff
from predictive_scoring.cli.language import language as spoken
from predictive_scoring.cli.project import PARAMS_FILE, reading
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.contract.words import Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.capacity import (
    Capacity,
    Chances,
    Expected,
    by_value,
    capacity,
    order_of,
    without_chances,
)
from predictive_scoring.handoff.told_capacity import NOT_KNOWN, Reach, reach_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.scoring.brief import refuse_not_scored
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.grading import AGREEMENT
from predictive_scoring.snapshots.attributes import known_attributes, values_at
from predictive_scoring.snapshots.instants import to_micros
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import read_parquet


@dataclass(frozen=True)
class CapacityJob:
    """What the command line asks for."""

    scores: Path
    agreement: Path
    calls_per_week: int | None  # None: the agreement's
    by: str  # "": all together
    source: Path | None
    as_json: bool
    params: Path = PARAMS_FILE
    lang: str = "en"


def capacity_lines(job: CapacityJob) -> Iterator[str]:
    """Yield the cut-off that so many calls allow, what they should bring, and what is left below the line."""
    language = spoken(job.lang)
    columns = ["lead_id", "probability", "probability_low", "probability_high"]
    finished = FinishedScores.load(job.scores, columns, ["expected_value"])
    refuse_not_scored(finished)
    level, order = finished.about.interval_level, order_of(finished.scores)
    chances = Chances.listed(finished.scores, level)
    agreed = load_agreement(job.agreement).on(finished.as_of.date()).hand_off if _needed(job) else None
    calls = job.calls_per_week or (agreed or HandOff()).calls_per_week
    found = capacity(chances, calls)
    budgets = None if agreed is None else agreed.budgets
    by = job.by or (budgets.by if budgets is not None and job.source is not None else "")
    shared = budgets if budgets is not None and budgets.by == by else None
    values = _values(job, (by, shared), finished) if by else np.array([], np.str_)
    given = {} if shared is None else _own_calls(shared, values)
    parts = by_value(chances, values, calls, given) if by else {}
    holds = finished.about.chances_hold
    if job.as_json:
        record = _record(finished, found, agreed, parts)
        yield json.dumps(record if holds else without_chances(record), ensure_ascii=False, indent=1)
        return
    about, least = finished.about, None if agreed is None else agreed.least_probability
    told = Reach(f"{finished.as_of:%Y-%m-%d}", about.horizon_days, level, holds, found, by, parts, least, order)
    words = load_source(job.source).words if by and job.source is not None else Words()
    yield from reach_told(told, Voice(language, words))


def _record(
    finished: FinishedScores,
    found: Capacity,
    agreed: HandOff | None,
    parts: dict[str, tuple[Capacity, Expected]],
) -> dict[str, Any]:
    by = {value: {"of_its_own": own.as_json(), "of_all_calls": asdict(part)} for value, (own, part) in parts.items()}
    return {
        "as_of": finished.as_of.isoformat(),
        "horizon_days": finished.about.horizon_days,
        "level": finished.about.interval_level,
        "chances_hold": finished.about.chances_hold,
        "order": order_of(finished.scores),
        **found.as_json(),
        "agreed_least_probability": agreed and agreed.least_probability,
        "by": by,
    }


def _own_calls(budgets: Budgets, values: NDArray[np.str_]) -> dict[str, int]:
    """Return the calls that the agreement gives each value; whom it does not name has as many as all together."""
    given = {str(value): budgets.of(str(value)) for value in np.unique(values) if value != NOT_KNOWN}
    return {value: calls for value, calls in given.items() if calls is not None}


def _needed(job: CapacityJob) -> bool:
    return job.calls_per_week is None or job.agreement.is_file() or job.agreement != AGREEMENT  # who names one means it


def _values(job: CapacityJob, asked: tuple[str, Budgets | None], finished: FinishedScores) -> NDArray[np.str_]:
    """Return the category's value of each scored lead, as it was known when the leads were scored.

    Whose calls are shared out by it is taken as the hand-off takes it: as exported, where nobody knows since when.
    """
    by, budgets = asked
    if job.source is None:
        raise ConfigurationError(
            f"--by {by}: scores do not carry it", fix="give --source, the source file that was scored"
        )
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", reading(job.params))
        leads = read_parquet(history.path("leads"), ["lead_no", "account_no", "lead_id"])
        place = pc.index_in(finished.scores["lead_id"].combine_chunks(), leads["lead_id"].combine_chunks())
        scored = leads.take(place)
        if budgets is not None:
            wanted, as_of = [(budgets.table, by)], to_micros(finished.as_of)
            (values,) = known_values(history, wanted, scored["lead_no"].to_numpy(), as_of, as_exported=True)
        else:
            known = {item.name: item for item in known_attributes(history) if item.type in ("category", "boolean")}
            if by not in known:
                raise ConfigurationError(f"--by {by}: no category that is known at an instant", found=sorted(known))
            values = values_at(history, scored, [known[by]], finished.as_of)[by]
    told: NDArray[np.str_] = (
        pc.fill_null(values.cast(pa.string()), NOT_KNOWN).to_numpy(zero_copy_only=False).astype(str)
    )
    return told
