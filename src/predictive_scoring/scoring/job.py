"""Scoring every open lead of a history as of an instant, with what was known before it."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.config.score import RankBy
from predictive_scoring.contract.history import History
from predictive_scoring.features.compute import compute_shards
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.batches import Manner, ranked_batches, scored_batches
from predictive_scoring.scoring.grading import agreed_grading
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.scoring.on_spark import explained_on_spark
from predictive_scoring.scoring.schema import NOT_SCORED, scores_schema
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.stopping import scratch_folder

BATCH_ROWS = 20_000


def score(
    bundle: Bundle,
    source: str | Path,
    as_of: str | date = "latest",
    agreement: str | Path | None = None,
    rank_by: RankBy = "probability",
) -> pd.DataFrame:
    """Return the scores of every lead open at `as_of`, best first, one row a lead with the columns of the contract.

    A bundle that tells expected value adds `expected_amount` and `expected_value`.

    Parameters
    ----------
    source
        A source file. It is read into a temporary folder and nothing of it is kept.
    as_of
        A date or an instant (UTC if it carries no offset), or "latest": the end of the history.
    agreement
        What the two teams agreed on, if their letters are to be used; by default those of the bundle.
    rank_by
        "probability", or "expected_value": chance times what a conversion brings.

    Raises
    ------
    ConfigurationError, DataContractError, SourceUnreachableError
        As the source file or the data behind it demand.
    """
    from predictive_scoring.sources.extract import extract  # noqa: PLC0415  (who has a history need not read a source)

    with scratch_folder() as scratch:
        history = extract(Path(source), scratch / "history", bundle.terms.extract)
        instant = as_of_instant(as_of, history)
        grading = None if agreement is None else agreed_grading(Path(agreement), instant)
        manner = Manner(grading=grading, rank_by=rank_by)
        scored, _ = score_history(bundle, history, instant, manner=manner)
        frame: pd.DataFrame = pa.Table.from_batches(
            scored, schema=scores_schema(with_value=bundle.amount is not None)
        ).to_pandas()
        return frame


def score_history(
    bundle: Bundle,
    history: History,
    as_of: datetime,
    batch_rows: int = BATCH_ROWS,
    only: str | None = None,
    manner: Manner = Manner(),  # noqa: B008 (frozen)
) -> tuple[Iterator[pa.RecordBatch], pa.Table]:
    """Return the scores in batches, best first, and the table of leads that are not scored, each with its reason.

    Nothing is computed before the first batch is asked for. Memory is bounded by ids and chances, the batches under
    way and the largest account; rows that wait for their rank lie in a temporary file, about a kilobyte each.

    Parameters
    ----------
    only
        A lead's id: score that lead alone.
    """
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    if only is not None:
        population = population.filter(pc.equal(population["lead_id"], only))
    is_open = pc.equal(population["status"], "open")
    snapshots = population.filter(is_open).sort_by("lead_no")
    not_scored = _not_scored(bundle, population.filter(pc.invert(is_open)), as_of)
    if manner.engine.name == "spark":
        explained = explained_on_spark(bundle, history, snapshots, manner)
        return ranked_batches(bundle, explained, as_of, batch_rows, manner), not_scored
    features = compute_shards(history, snapshots, bundle.catalogue)
    return scored_batches(bundle, features, as_of, batch_rows, manner), not_scored


def _not_scored(bundle: Bundle, closed: pa.Table, as_of: datetime) -> pa.Table:
    n_rows = closed.num_rows
    return pa.table(
        [
            closed["lead_id"],
            pa.repeat(pa.scalar(as_of, NOT_SCORED.field("as_of").type), n_rows),
            pa.repeat(pa.scalar(bundle.terms.target_name, pa.string()), n_rows),
            closed["status"],
            closed["detail"],
        ],
        schema=NOT_SCORED,
    )
