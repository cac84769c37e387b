"""The reasons of a sample of leads as points by concept and value, for the analyst's figures."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording

N_LEADS = 400  # times the concepts: no more points than a browser draws at ease
N_CONCEPTS = 12
N_DEPENDENCES = 6
_MANY_VALUES = 6  # numbers that a figure of dependence needs
_DAYS = re.compile(r"^P(\d+)D$")


@dataclass(frozen=True)
class Contributions:
    """A row a lead and concept: concept, place (0: strongest), word, points of a hundred, number (NaN: none)."""

    rows: pd.DataFrame

    @property
    def with_numbers(self) -> list[str]:
        """The concepts whose values are numbers, strongest first."""
        counted = self.rows.dropna(subset="number").groupby("concept")["number"].nunique()
        order = self.rows.drop_duplicates("concept").sort_values("place")["concept"]
        return [name for name in order if counted.get(name, 0) >= _MANY_VALUES][:N_DEPENDENCES]


def contributions(folder: ScoreFolder, wording: Wording) -> Contributions:
    """Return the contributions of leads drawn evenly over the ranks, for the strongest concepts."""
    n_rows = folder.scores.num_rows
    at = np.unique(np.linspace(0, max(n_rows - 1, 0), min(N_LEADS, n_rows)).astype(int))
    strongest = sorted(folder.about.concepts, key=lambda concept: (-concept.mean_abs_points, concept.name))[:N_CONCEPTS]
    places = {concept.name: place for place, concept in enumerate(strongest)}
    words = {concept.name: wording.word(concept.word) for concept in strongest}
    rows = [
        (
            name,
            places[name],
            words[name],
            100 * reason["points"],
            reason["value"],
        )
        for reasons in folder.scores["reasons"].take(at).to_pylist()
        for reason in reasons
        if (name := reason["concept"]) in places
    ]
    table = pd.DataFrame(rows, columns=["concept", "place", "word", "points", "value"])
    table["number"] = [_number(row[4]) for row in rows]
    table["rank"] = table.groupby("concept")["number"].rank(pct=True).fillna(-1.0)  # -1: no number
    table["jitter"] = _jitter(table)
    return Contributions(table)


def _number(value: str | None) -> float:
    days = _DAYS.match(value or "")
    try:
        return float(days[1] if days else value or "nan")
    except ValueError:
        return float("nan")


def _jitter(table: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return offsets that spread dots: a low-discrepancy sequence, so that the same scores look the same."""
    golden = 0.6180339887498949
    return np.asarray(2 * ((np.arange(1, len(table) + 1) * golden) % 1.0) - 1)
