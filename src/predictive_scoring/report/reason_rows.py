"""The reasons of many leads at once: which are read at a glance, which on demand, which only together."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.report import Report
from predictive_scoring.explain.shortlist import N_EACH
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.leads import LONGEST_REASON, refuse_unsaid
from predictive_scoring.report.lexicon import Lexicon
from predictive_scoring.report.privacy import Pii, shown_text
from predictive_scoring.report.speakers import Speakers
from predictive_scoring.report.wording import Wording


class ReasonRows:
    """The reasons of a slice of the scores, flat, with what is shown of them."""

    def __init__(self, scores: pa.Table, settings: Report, wording: Wording) -> None:
        reasons = scores["reasons"].combine_chunks()
        lengths = reasons.value_lengths().to_numpy(zero_copy_only=False)
        self._flat: pa.StructArray = reasons.flatten()
        self._n_leads = scores.num_rows
        self._pii: Pii = settings.pii
        self._row = np.repeat(np.arange(self._n_leads), lengths)
        self._points: NDArray[np.float64] = self._flat.field("points").to_numpy(zero_copy_only=False)
        self._base = scores["base_probability"].to_pylist()
        self._total = scores["probability"].to_pylist()
        large = np.abs(self._points) >= 0.5 * 10.0**-wording.decimals / 100
        self._at_a_glance = large & (self._place_within_sign(large & self._stands()) < N_EACH) & self._stands()
        self._shown = large & (self._at_a_glance | (self._row < settings.n_explained))

    def _stands(self) -> NDArray[np.bool_]:
        """Return which reasons the history does not contradict."""
        if "agrees" not in self._flat.type.names:
            return np.ones(len(self._points), dtype=bool)
        return np.asarray(self._flat.field("agrees").fill_null(np.True_).to_numpy(zero_copy_only=False), dtype=bool)

    def _place_within_sign(self, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many counted reasons of the same lead and sign stand before each."""
        place = np.zeros(len(self._points), dtype=np.int64)
        for sign in (self._points > 0, self._points < 0):
            before: NDArray[np.int64] = np.cumsum(counted & sign) - (counted & sign)
            first = np.searchsorted(self._row, self._row)  # of the same lead
            place = np.where(sign, before - (before[first] if len(before) else before), place)
        return place

    def coded(self, speakers: Speakers, lexicon: Lexicon) -> Iterator[list[Any]]:
        """Yield for each lead: how many others, their points together, base, total; then five numbers a reason.

        Text, points, width of the bar (negative: lowers), evidence (-1: none), and 1 where it is read at a glance.
        """
        at = np.flatnonzero(self._shown)
        texts = self._texts(at, speakers, lexicon)
        evidence = self._evidence(at, speakers, lexicon)
        strongest = np.zeros(self._n_leads)
        np.maximum.at(strongest, self._row, np.abs(self._points))
        starts = np.searchsorted(self._row[at], np.arange(self._n_leads + 1))
        n_all = np.bincount(self._row, minlength=self._n_leads)
        sums = np.bincount(self._row, self._points * ~self._shown, minlength=self._n_leads)
        for lead in range(self._n_leads):
            here = range(starts[lead], starts[lead + 1])
            rest = int(n_all[lead]) - len(here)
            coded = [rest, _points(float(sums[lead]), speakers, lexicon), *self._ends(lead, speakers, lexicon)]
            for place in here:
                points = float(self._points[at[place]])
                width = max(round(100 * abs(points) / strongest[lead]), 1)
                coded += [texts[place], _points(points, speakers, lexicon), width if points > 0 else -width]
                coded += [evidence[place], int(self._at_a_glance[at[place]])]
            yield coded

    def _ends(self, lead: int, speakers: Speakers, lexicon: Lexicon) -> list[int]:
        decimals = speakers.first.decimals + 2
        levels = (self._base[lead], self._total[lead])
        return [lexicon.of(("level", round(level, decimals)), speakers.level, level) for level in levels]

    def _texts(self, at: NDArray[np.intp], speakers: Speakers, lexicon: Lexicon) -> list[int]:
        columns = []
        for language in speakers.languages:
            column = self._flat.field(f"text_{language}").take(pa.array(at))
            refuse_unsaid(column.null_count, language)
            columns.append(column.to_pylist())
        shown = partial(_shown, self._pii)
        return [lexicon.of(("reason", texts), shown, *texts) for texts in zip(*columns, strict=True)]

    def _evidence(self, at: NDArray[np.intp], speakers: Speakers, lexicon: Lexicon) -> list[int]:
        if "rate" not in self._flat.type.names:
            return [-1] * len(at)
        fields = [self._flat.field(name).take(pa.array(at)).to_pylist() for name in ("n", "rate", "low", "high")]
        return [
            -1 if past[1] is None else lexicon.of(("past", *past), speakers.evidence, *past)
            for past in zip(*fields, strict=True)
        ]


def _shown(pii: Pii, *texts: str) -> list[str]:
    return [visible(shown_text(text, pii), LONGEST_REASON) for text in texts]


def _points(difference: float, speakers: Speakers, lexicon: Lexicon) -> int:
    rounded = round(difference * 100, speakers.first.decimals)
    return lexicon.of(("points", rounded), speakers.points, difference)
