"""The reasons of many leads at once: which are read at a glance, which on demand, which only together."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.report import Report
from predictive_scoring.explain.shortlist import N_EACH, strongest
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.leads import LONGEST_REASON, refuse_unsaid
from predictive_scoring.report.lexicon import Lexicon
from predictive_scoring.report.privacy import Pii, shown_text
from predictive_scoring.report.speakers import Speakers

Places = NDArray[np.int64]
Floats = NDArray[np.float64]


class ReasonRows:
    """The reasons of a slice of the scores, flat, with what is shown of them.

    At a glance are the strongest families on each side, each by the member that moves most, with the points of all its
    members; on demand, for the first leads, every reason that rounds to something, families together.
    """

    def __init__(self, scores: pa.Table, settings: Report, speakers: Speakers, lexicon: Lexicon) -> None:
        reasons = scores["reasons"].combine_chunks()
        self._speakers, self._lexicon, self._pii = speakers, lexicon, settings.pii
        self._flat: pa.StructArray = reasons.flatten()
        self._n_leads = scores.num_rows
        self._base, self._total = (scores[name].to_pylist() for name in ("base_probability", "probability"))
        self._row = np.repeat(np.arange(self._n_leads), reasons.value_lengths().to_numpy(zero_copy_only=False))
        self._points: Floats = self._flat.field("points").to_numpy(zero_copy_only=False)
        concept = self._flat.field("concept")
        named = self._flat.field("family") if "family" in self._flat.type.names else concept
        coded = pc.dictionary_encode(pc.coalesce(named, concept))
        self._family: Places = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        _, group = np.unique(self._row * (len(coded.dictionary) + 1) + self._family, return_inverse=True)
        self._group: Places = group  # of one family and lead
        self._of_group: Floats = np.bincount(group, self._points).astype(np.float64)
        self._members: Places = np.bincount(group)
        least = 0.5 * 10.0**-speakers.first.decimals / 100
        self._large = np.abs(self._points) >= least
        self._listed: Places = self._in_full(settings.n_explained)
        self._glanced, self._sums = self._at_a_glance(least)

    def _in_full(self, n_explained: int) -> Places:
        """Return the places of the reasons of the first leads, those of a family together, what moves most first."""
        at = np.flatnonzero(self._large & (self._row < n_explained))
        whole, group = np.abs(self._of_group[self._group[at]]), self._group[at]
        return at[np.lexsort((at, -np.abs(self._points[at]), group, -whole, self._row[at]))]

    def _at_a_glance(self, least: float) -> tuple[Places, Floats]:
        """Return the places of the reasons read at a glance, by lead and strength, and the points of their families."""
        places, sums = strongest(self._row, self._family, self._points, ~self._stands())
        told = np.abs(sums) >= least
        places, sums = places[told], sums[told]
        few = _nth_of_its_sign(self._row[places], sums) < N_EACH
        return places[few], sums[few]

    def _stands(self) -> NDArray[np.bool_]:
        """Return which reasons the history does not contradict."""
        if "agrees" not in self._flat.type.names:
            return np.ones(len(self._points), dtype=bool)
        return np.asarray(self._flat.field("agrees").fill_null(np.True_).to_numpy(zero_copy_only=False), dtype=bool)

    def coded(self) -> tuple[list[list[int]], list[list[int]]]:
        """Return for each lead what is read on demand, and what is read at a glance.

        On demand: how many others, their points together, base, total; then seven numbers a reason: text, points, width
        of the bar (negative: lowers), evidence (-1: none), heading of its family and its points together (-1: alone),
        its code.
        At a glance, five numbers a reason: text, points, width, evidence, with what else it is counted (-1: alone).
        """
        full, glance = self._full_lines(), self._glance_lines()
        starts = [np.searchsorted(self._row[at], np.arange(self._n_leads + 1)) for at in (self._listed, self._glanced)]
        demanded = [
            [*ends, *(number for line in full[starts[0][lead] : starts[0][lead + 1]] for number in line)]
            for lead, ends in enumerate(self._ends())
        ]
        seen = [
            [number for line in glance[starts[1][lead] : starts[1][lead + 1]] for number in line]
            for lead in range(self._n_leads)
        ]
        return demanded, seen

    def _ends(self) -> Iterator[list[int]]:
        """Yield for each lead how many reasons are not shown one by one, their points, base and total."""
        shown = np.zeros(len(self._points), dtype=bool)
        shown[self._listed] = True
        has_list = np.bincount(self._row[self._listed], minlength=self._n_leads) > 0
        in_glance = np.isin(self._group, self._group[self._glanced])
        covered = shown | (in_glance & ~has_list[self._row])
        n_rest = np.bincount(self._row[~covered], minlength=self._n_leads)
        together = np.bincount(self._row[~covered], self._points[~covered], minlength=self._n_leads)
        decimals = self._speakers.first.decimals + 2
        for lead in range(self._n_leads):
            levels = (self._base[lead], self._total[lead])
            said = [self._lexicon.of(("level", round(each, decimals)), self._speakers.level, each) for each in levels]
            yield [int(n_rest[lead]), self._told_points(float(together[lead])), *said]

    def _full_lines(self) -> list[list[int]]:
        at = self._listed
        width = self._widths(at, self._points[at])
        members: dict[int, list[int]] = {}
        for place in at.tolist():
            members.setdefault(int(self._group[place]), []).append(place)
        lines = []
        told = zip(at.tolist(), self._texts(at), self._evidence(at), width, self._codes(at), strict=True)
        for place, text, past, bar, code in told:
            group = int(self._group[place])
            alike = [-1, -1]
            if len(members[group]) > 1:
                heading = self._lexicon.place(*self._speakers.alike(self._concepts(members[group])))
                alike = [heading, self._told_points(float(self._of_group[group]))]
            lines.append([text, self._told_points(float(self._points[place])), bar, past, *alike, code])
        return lines

    def _glance_lines(self) -> list[list[int]]:
        at, sums = self._glanced, self._sums
        others = self._others(at)
        lines = []
        for text, past, bar, points, also in zip(
            self._texts(at), self._evidence(at), self._widths(at, sums), sums.tolist(), others, strict=True
        ):
            lines.append([text, self._told_points(points), bar, past, also])
        return lines

    def _others(self, at: Places) -> list[int]:
        """Return for each reason the words for what it is counted with: members of its family that tell something."""
        shared = self._members[self._group[at]] > 1
        found = [-1] * len(at)
        if not shared.any():
            return found
        mine = np.flatnonzero(np.isin(self._group, self._group[at[shared]]) & self._large)
        of_group: dict[int, list[int]] = {}
        for place in mine.tolist():
            of_group.setdefault(int(self._group[place]), []).append(place)
        for nth in np.flatnonzero(shared).tolist():
            place = int(at[nth])
            others = self._concepts([each for each in of_group.get(int(self._group[place]), []) if each != place])
            if others:
                found[nth] = self._lexicon.place(*self._speakers.also(others))
        return found

    def _concepts(self, places: list[int]) -> tuple[str, ...]:
        return tuple(sorted(self._flat.field("concept").take(pa.array(places, pa.int64())).to_pylist()))

    def _widths(self, at: Places, points: Floats) -> list[int]:
        """Return the widths of bars, 100 the strongest of each lead, negative where a reason lowers."""
        most = np.zeros(self._n_leads)
        np.maximum.at(most, self._row[at], np.abs(points))
        width = np.maximum(np.round(100 * np.abs(points) / most[self._row[at]]), 1) if len(at) else np.zeros(0)
        return [int(each) for each in np.where(points > 0, width, -width)]

    def _texts(self, at: Places) -> list[int]:
        columns = []
        for language in self._speakers.languages:
            column = self._flat.field(f"text_{language}").take(pa.array(at))
            refuse_unsaid(column.null_count, language)
            columns.append(column.to_pylist())
        shown = partial(_shown, self._pii)
        return [self._lexicon.of(("reason", texts), shown, *texts) for texts in zip(*columns, strict=True)]

    def _codes(self, at: Places) -> list[int]:
        codes = self._flat.field("code").take(pa.array(at)).to_pylist()
        n_languages = len(self._speakers.languages)
        return [self._lexicon.place(*[code] * n_languages) for code in codes]

    def _evidence(self, at: Places) -> list[int]:
        if "rate" not in self._flat.type.names:
            return [-1] * len(at)
        fields = [self._flat.field(name).take(pa.array(at)).to_pylist() for name in ("n", "rate", "low", "high")]
        return [
            -1 if past[1] is None else self._lexicon.of(("past", *past), self._speakers.evidence, *past)
            for past in zip(*fields, strict=True)
        ]

    def _told_points(self, difference: float) -> int:
        rounded = round(difference * 100, self._speakers.first.decimals)
        return self._lexicon.of(("points", rounded), self._speakers.points, difference)


def _nth_of_its_sign(owner: Places, values: Floats) -> Places:
    """Return how many values of the same owner and sign stand before each; owners stand together."""
    nth = np.zeros(len(values), dtype=np.int64)
    for sign in (values > 0, values < 0):
        before: Places = np.cumsum(sign) - sign
        first = np.searchsorted(owner, owner)
        nth = np.where(sign, before - (before[first] if len(before) else before), nth)
    return nth


def _shown(pii: Pii, *texts: str) -> list[str]:
    return [visible(shown_text(text, pii), LONGEST_REASON) for text in texts]
