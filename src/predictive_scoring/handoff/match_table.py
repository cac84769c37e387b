"""Every open lead beside the agreement: its scores, its stage of buying, and the profile criterion by criterion."""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from predictive_scoring.agreement.journey import BuyingStage
from predictive_scoring.agreement.profile import Match
from predictive_scoring.agreement.states import State
from predictive_scoring.contract.words import LANGUAGES
from predictive_scoring.handoff.beside import VERDICTS, Beside
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.scoring.table_sinks import inert
from predictive_scoring.storage import write_file, write_parquet

SCORED: Final = ("lead_id", "rank", "grade", "probability", "fit", "engagement")


def match_table(found: Situation) -> pa.Table:
    """Return how each lead stands to the agreement, best first.

    Whoever has opted out or is kept out by a rule is not in it.

    Returns
    -------
    pyarrow.Table
        A row a lead: lead_id, rank, grade, probability (null where the model's chances did not hold), and from 1 to 100
        fit, engagement and intent; state (of the life cycle), buying_stage, buying_since and came_by; for each
        criterion `<attribute>__value`, null where it is not known, and `<attribute>__fits`, yes, no or unknown;
        match_en and match_es, the verdicts in words.
    """
    people, told = found.people, Beside.of(found)
    columns = {
        **{name: people[name] for name in SCORED},
        "intent": pa.array(told.intent),
        "state": _named(State, people["state"].to_numpy()),
        "buying_stage": _named(BuyingStage, told.stage),
        "buying_since": told.since,
        "came_by": pa.array(told.came, pa.string()),
        **dict(_by_criterion(told.match)),
        **{f"match_{lang}": _said(told.match, Voice(lang, found.history.facts.words)) for lang in LANGUAGES},
    }
    if not found.finished.about.chances_hold:
        columns["probability"] = pa.nulls(people.num_rows, pa.float64())
    return pa.table(columns)


def write_match(table: pa.Table, path: Path) -> None:
    """Write the table as Parquet, or as CSV in UTF-8 of which no cell is ever run as a formula."""
    if path.suffix == ".parquet":
        write_parquet(path, table)
        return
    columns = [inert(column) if pa.types.is_string(column.type) else column for column in table.columns]

    def write(draft: Path) -> None:
        with draft.open("wb") as file:
            file.write(b"\xef\xbb\xbf")  # a mark that spreadsheets know UTF-8 by
            pa_csv.write_csv(pa.table(columns, names=table.column_names), file)

    write_file(path, write)


def _named(states: type[State] | type[BuyingStage], codes: np.ndarray) -> pa.Array:
    names = pa.array([state.name.lower() for state in states])
    return names.take(pa.array(codes.astype(np.int64), mask=codes < 0))


def _by_criterion(match: Match) -> Iterator[tuple[str, pa.Array]]:
    names = [criterion.attribute for criterion in match.criteria]
    for place, name in enumerate(names):
        nth = names[: place + 1].count(name)
        column = name if nth == 1 else f"{name}_{nth}"  # asked twice, of leads and of accounts
        yield f"{column}__value", match.values[place]
        yield f"{column}__fits", _chosen(list(VERDICTS.values()), match, place)


def _said(match: Match, voice: Voice) -> pa.Array:
    """Return 'industry: yes; number of employees: no', a text a lead."""
    parts = [
        _chosen(
            [
                voice.say(f"agreement.match.{verdict}", attribute=voice.attribute(criterion.attribute))
                for verdict in VERDICTS.values()
            ],
            match,
            place,
        )
        for place, criterion in enumerate(match.criteria)
    ]
    if not parts:
        return pa.nulls(len(match.verdicts), pa.string())
    return reduce(lambda before, part: pc.binary_join_element_wise(before, part, "; "), parts)


def _chosen(texts: list[str], match: Match, place: int) -> pa.Array:
    """Return for each lead the text of its verdict; texts in the order of `VERDICTS`."""
    order = {verdict: position for position, verdict in enumerate(VERDICTS)}
    verdicts = match.verdicts[:, place]
    positions = np.select([verdicts == verdict for verdict in order], list(order.values()))
    return pa.array(texts, pa.string()).take(pa.array(positions))
