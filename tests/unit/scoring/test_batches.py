"""Scores do not depend on how the work is cut up: batches, threads, what waits on disk."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explained_world import catalogue, rows
from predictive_scoring.config.report import Report
from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.contract.words import LANGUAGES
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.model.shapley import plan
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.report.page import write_page
from predictive_scoring.scoring import ranking
from predictive_scoring.scoring.batches import Manner, rechunked
from predictive_scoring.scoring.in_order import in_order
from predictive_scoring.scoring.job import score_history
from predictive_scoring.scoring.packing import Packing
from predictive_scoring.scoring.ranking import Ranking
from predictive_scoring.scoring.schema import SCORES
from predictive_scoring.scoring.write import Run, replace_scores
from predictive_scoring.storage import read_json
from small_company import END, SmallCompany

BUSY = END - timedelta(days=60)  # an instant with many open leads
SAME = [name for name in SCORES.names if name != "scored_at"]


def counted(history: History) -> History:
    """Return the history as if it had been extracted from a source of just its 900 leads."""
    rows = {"leads": RowAccount(read=900, kept=900)}
    return History(history.folder, history.facts.model_copy(update={"rows": rows}))


def table(bundle: Bundle, company: SmallCompany, batch_rows: int = 50_000, **manner: Any) -> pa.Table:
    batches, _ = score_history(bundle, company.history, BUSY, batch_rows, manner=Manner(**manner))
    return pa.Table.from_batches(batches, SCORES).select(SAME).combine_chunks()


@pytest.mark.parametrize(("batch_rows", "n_threads"), [(1, 1), (7, 1), (7, 2), (50_000, 2)])
def test_F08_batches_and_threads_change_no_bit_of_any_score(
    company: SmallCompany, bundle: Bundle, batch_rows: int, n_threads: int
) -> None:
    whole = table(bundle, company, n_threads=1)
    assert whole.num_rows > 50
    assert table(bundle, company, batch_rows, n_threads=n_threads).equals(whole)


def test_a_planted_score_that_depends_on_its_batch_is_noticed(company: SmallCompany, bundle: Bundle) -> None:
    whole = table(bundle, company)

    class Drifting(Bundle):
        def explain(self, frame: pd.DataFrame) -> Explanation:
            found = super().explain(frame)
            return replace(found, points=found.points * (1 + 1e-15 * len(frame)))

    drifting = Drifting(**vars(bundle) | {"scorer": bundle.scorer})
    assert not table(drifting, company, 7).equals(whole)


def test_the_trees_are_swept_once_and_never_predicted_beside_it(
    company: SmallCompany, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("predict was called")

    whole = table(bundle, company)
    monkeypatch.setattr(bundle.scorer.booster, "predict", refused)
    assert table(bundle, company).equals(whole)
    with pytest.raises(AssertionError, match="predict was called"):
        bundle.scorer.raw(company.dataset.frame(company.dataset.table.slice(0, 5)))


@pytest.mark.parametrize("languages", [(), ("en",), ("es",)])
def test_text_is_rendered_only_in_the_languages_that_are_asked(
    company: SmallCompany, bundle: Bundle, languages: tuple[Any, ...]
) -> None:
    both, some = table(bundle, company), table(bundle, company, languages=languages)
    told, asked = (each["reasons"].combine_chunks().flatten() for each in (both, some))
    for language in ("en", "es"):
        sentences = asked.field(f"text_{language}")
        if language in languages:
            assert sentences.equals(told.field(f"text_{language}"))
        else:
            assert sentences.null_count == len(sentences) > 0
    assert some.drop_columns("reasons").equals(both.drop_columns("reasons"))
    for name in ("code", "points", "value"):
        assert asked.field(name).equals(told.field(name))


def test_languages_are_part_of_the_runs_key_and_the_page_refuses_one_that_is_not_said(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    history = counted(company.history)
    runs = [Run(bundle, history, BUSY, work=Score(languages=languages)) for languages in (LANGUAGES, ("en",))]
    assert runs[0].key == Run(bundle, history, BUSY, 7, work=Score(n_threads=2)).key
    assert runs[0].key != runs[1].key
    replace_scores(runs[1], tmp_path / "scores")
    write_page(tmp_path / "scores", "en", tmp_path / "en.html", Report())
    with pytest.raises(ConfigurationError, match="not said in 'es'"):
        write_page(tmp_path / "scores", "es", tmp_path / "es.html", Report())


def test_L03_reasons_are_told_for_a_region_and_its_page_follows(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    run = Run(bundle, counted(company.history), BUSY, work=Score(languages=("en", "es-MX")))
    replace_scores(run, tmp_path / "scores")
    assert read_json(tmp_path / "scores" / "about.json")["regions"] == {"es": "es-MX"}
    write_page(tmp_path / "scores", "es-MX", tmp_path / "es.html", Report())
    assert '<html lang="es-MX">' in (tmp_path / "es.html").read_text(encoding="utf-8")
    spain, mexico = (bundle.spoken_in({"es": tag}).texts for tag in ("es-ES", "es-MX"))  # type: ignore[dict-item]
    assert (spain.locale("es"), mexico.locale("es")) == ("es_ES", "es_MX")


def test_a_model_that_is_beyond_the_kernel_scores_the_same_and_the_run_says_so(
    company: SmallCompany, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = table(bundle, company)
    monkeypatch.setattr(plan, "MOST_CELLS", 10)
    slow = replace(bundle, scorer=replace(bundle.scorer))
    found = table(slow, company)
    for name in ("probability", "probability_low", "base_probability"):
        np.testing.assert_allclose(found[name].to_numpy(), fast[name].to_numpy(), rtol=0, atol=1e-12)
    summary = replace_scores(Run(slow, counted(company.history), BUSY), tmp_path / "scores")
    why = "contributions come from LightGBM, many times slower than the own kernel: "
    assert any(note.startswith(why) for note in summary.notes)
    manifest = json.loads((tmp_path / "scores" / "manifest.json").read_text())
    assert any(note.startswith(why) for note in manifest["notes"])
    assert replace_scores(Run(bundle, counted(company.history), BUSY), tmp_path / "fast").notes == summary.notes[:-1]


@given(
    st.lists(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), max_size=12), max_size=6),
    st.integers(1, 15),
)
@settings(max_examples=60, deadline=None)
def test_runs_are_read_back_as_one_sort_would_have_them(chances: list[list[float]], n_rows: int) -> None:
    sorted_rows = Ranking(width=2)
    everything: list[tuple[float, str]] = []
    for number, run in enumerate(chances):
        names = [f"L{(7 * place + number) % 10}{number}{place:02d}" for place in range(len(run))]
        everything += [(-chance, name) for chance, name in zip(run, names, strict=True)]
        block = np.array([[number, place] for place in range(len(run))], dtype=np.float64).reshape(-1, 2)
        sorted_rows.add(pa.array(names, pa.string()), np.array(run), block)
    found = list(sorted_rows.best_first(n_rows))
    left = [pair for part in found for pair in zip(-part.probability, part.lead_id.to_pylist(), strict=True)]
    assert left == sorted(everything)
    assert [part.ranks[0] for part in found] == list(range(1, len(everything) + 1, n_rows))
    for part in found:  # each row came with its lead
        for (number, place), name in zip(part.rows, part.lead_id.to_pylist(), strict=True):
            assert name.endswith(f"{number:.0f}{place:02.0f}")
    sorted_rows.close()


def test_rows_that_do_not_fit_into_memory_wait_in_a_nameless_file(
    company: SmallCompany, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = table(bundle, company, 16)
    monkeypatch.setattr(ranking, "KEPT_IN_MEMORY", 1000)
    waiting = Ranking(3)
    waiting.add(pa.array([f"L{n:03d}" for n in range(100)]), np.linspace(0, 1, 100), np.zeros((100, 3)))
    assert waiting._rows._rolled  # type: ignore[attr-defined]
    assert not isinstance(waiting._rows.name, str)
    waiting.close()
    assert table(bundle, company, 16).equals(whole)


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 12))
def test_tables_of_any_size_become_tables_of_one_size(sizes: list[int], n_rows: int) -> None:
    numbers = pa.table({"n": pa.array(range(sum(sizes)), pa.int64())})
    starts = np.cumsum([0, *sizes])
    parts = (numbers.slice(start, size) for start, size in zip(starts, sizes, strict=False))
    found = list(rechunked(parts, n_rows))
    assert [n for part in found for n in part["n"].to_pylist()] == list(range(sum(sizes)))
    assert all(part.num_rows == n_rows for part in found[:-1])
    assert all(0 < part.num_rows <= n_rows for part in found[-1:])


def test_packed_rows_come_back_as_they_were_also_values_that_only_later_batches_bring() -> None:
    first, second = rows(30), rows(20, seed=6)
    second["industry"] = second["industry"].replace("software", "fishing")
    packing = Packing(catalogue())
    found = [_found(frame) for frame in (first, second)]
    packed = [packing.pack(frame, of) for frame, of in zip((first, second), found, strict=True)]
    for frame, of, block in zip((first, second), found, packed, strict=True):
        back = packing.frame(block)
        for name in frame:
            assert back[name].astype(object).where(back[name].notna(), None).tolist() == (
                frame[name].astype(object).where(frame[name].notna(), None).tolist()
            )
        again = packing.explanation(block, of.probability, 0.25)
        for name, value in vars(of).items():
            np.testing.assert_array_equal(getattr(again, name), value)


def _found(frame: pd.DataFrame) -> Explanation:
    n, n_concepts = len(frame), len(catalogue().concepts)
    whole = np.arange(n, dtype=np.int64) % 100 + 1
    points = np.random.default_rng(n).normal(size=(n, n_concepts))
    return Explanation(
        np.linspace(0, 1, n), np.full(n, 0.25), points, whole, whole[::-1].copy(), whole, np.linspace(-3, 3, n)
    )


def test_work_side_by_side_is_handed_on_in_order_and_never_far_ahead() -> None:
    begun: list[int] = []
    first_may_end = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            first_may_end.wait(10)
        return number * 10

    def items() -> Iterator[int]:
        for number in range(8):
            begun.append(number)
            if number == 2:
                first_may_end.set()
            yield number

    results = in_order(work, items(), n_threads=2)
    assert next(results) == 0
    assert begun == [0, 1, 2]  # two under way and one that waits
    assert list(results) == [10, 20, 30, 40, 50, 60, 70]


def test_threads_are_as_asked_and_otherwise_few_enough_for_two_gigabytes() -> None:
    assert 1 <= Manner().threads <= 4
    assert Manner(n_threads=9).threads == 9


def test_an_error_in_a_thread_reaches_the_caller_and_ends_the_rest() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 1:
            raise ValueError("the second")
        done.append(number)
        return number

    with pytest.raises(ValueError, match="the second"):
        list(in_order(work, range(100), n_threads=1))
    assert len(done) < 5
