"""Every look at an untouched window, written down: a window looked at often is no longer untouched."""

import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from predictive_scoring.config.base import Block
from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.judgement import Judgement
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import MODEL, Candidate
from predictive_scoring.publish.tracking import Run

LEDGER = "ledger.jsonl"


class Look(Block):
    """One judgement of one model on one window.

    Attributes
    ----------
    window : str
        A digest of its rows and their labels.
    model : str
        A digest of what the model said of them: the same model judged again is a look, but no new choice.
    """

    at: datetime
    target: str
    window: str
    window_from: str | None
    window_until: str | None
    snapshots: int
    leads: int
    model: str
    roc_auc: float | None
    log_loss: float | None
    run_id: str | None


def note_look(
    path: Path, judged: tuple[str, Dataset, Candidate], judgement: Judgement, run: Run, now: datetime
) -> tuple[Judgement, str]:
    """Write a look into the ledger and the run's tags; return the judgement with it, and the sentence that says it.

    Parameters
    ----------
    path
        Of the ledger.
    judged
        The target's name, its dataset, and the candidate that was judged.
    """
    target, dataset, candidate = judged
    entry = look(target, dataset, candidate, judgement.metrics, run.run_id, now)
    record = told(write_down(path, entry))
    run.tag({"ledger.window": entry.window, "ledger.times": str(record["times"]), "ledger.said": record["words"]["en"]})
    return replace(judgement, documents={**judgement.documents, "ledger": record}), str(record["words"]["en"])


def look(
    target: str, dataset: Dataset, candidate: Candidate, metrics: dict[str, Any], run_id: str | None, now: datetime
) -> Look:
    """Return the record of a judgement that has just been made."""
    span, said = metrics["window"], candidate.predictions
    chance = said.filter(pc.equal(said["window"], "test")).select([MODEL])
    return Look(
        at=now,
        target=target,
        window=window_digest(dataset.rows("test")),
        window_from=span["from"],
        window_until=span["until"],
        snapshots=span["snapshots"],
        leads=span["leads"],
        model=_digest(chance.to_pandas()),
        roc_auc=metrics["model"]["roc_auc"]["value"],
        log_loss=metrics["model"]["log_loss"]["value"],
        run_id=run_id,
    )


def window_digest(rows: pa.Table) -> str:
    """Return what tells one test window from another: whose looks it holds, when, and what became of them."""
    keys = rows.select(["lead_id", "converted"]).append_column("at", rows["as_of"].cast(pa.int64()).fill_null(0))
    return _digest(keys.to_pandas())


def _digest(frame: pd.DataFrame) -> str:
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return f"{int(hashes.sum(dtype=np.uint64)):016x}"  # a sum: the order of the rows makes no difference


def write_down(path: Path, entry: Look) -> list[Look]:
    """Append a look to the ledger and return every look at its target, this one last.

    The ledger is never rewritten; it stands outside what the pipeline makes anew, so a second run adds to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(entry.model_dump(mode="json"), sort_keys=True) + "\n"
    handle = os.open(
        path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
    )  # one write: two targets may be judged at once
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    return [known for known in read_ledger(path) if known.target == entry.target]


def read_ledger(path: Path) -> list[Look]:
    """Return the looks in a ledger, oldest first; a line that was cut short by a crash is passed over."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(Look.model_validate_json(line))
        except ValidationError:
            continue
    return found


def told(looks: list[Look]) -> dict[str, Any]:
    """Return what a report says of the last look's window.

    Returns
    -------
    dict
        times, how often the same leads and outcomes were judged; models, by how many different models; first_at; words
        in both languages; looks, each of them.
    """
    last = looks[-1]
    same = [known for known in looks if known.window == last.window]
    models = len({known.model for known in same})
    return {
        "times": len(same),
        "models": models,
        "first_at": same[0].at.isoformat(),
        "words": _words(len(same), models).model_dump(),
        "looks": [known.model_dump(mode="json") for known in same],
    }


def _words(times: int, models: int) -> Word:
    """Return the sentence that the report quotes.

    Examples
    --------
    >>> _words(7, 3).en
    'this window has been looked at 7 times, by 3 different models: the more often, the less its figures prove'
    """
    if times == 1:
        return Word(en="this window has been looked at once", es="este periodo se ha mirado una sola vez")
    if models == 1:
        return Word(
            en=f"this window has been looked at {times} times, always by the same model",
            es=f"este periodo se ha mirado {times} veces, siempre con el mismo modelo",
        )
    return Word(
        en=f"this window has been looked at {times} times, by {models} different models: the more often, the less its "
        "figures prove",
        es=f"este periodo se ha mirado {times} veces, con {models} modelos distintos: cuantas más veces, menos prueban "
        "sus cifras",
    )
