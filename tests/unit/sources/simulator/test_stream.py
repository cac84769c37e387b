"""Draws are those of the published generator, and of the distributions they are named after."""

import numpy as np
import pytest

from predictive_scoring.sources.simulator import paths
from predictive_scoring.sources.simulator.stream import pick, poisson, stream_of, uniform


def test_the_stream_is_splitmix64():
    stream = np.zeros(2, dtype=np.uint64)
    assert uniform(stream) == (0xE220A8397B1DCDAF >> 11) / 2**53
    assert uniform(stream) == (0x6E789E6AA1B965F4 >> 11) / 2**53


def test_accounts_and_paths_have_streams_of_their_own():
    starts = {int(stream_of(seed, account, path)) for seed in range(5) for account in range(9) for path in range(20)}
    assert len(starts) == 5 * 9 * 20


@pytest.mark.parametrize("mean", [0.1, 1.0, 6.0])
def test_counts_are_poisson(mean):
    stream = np.zeros(2, dtype=np.uint64)
    counts = np.array([poisson(stream, mean) for _ in range(20_000)])
    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / 20_000))
    assert counts.var() == pytest.approx(mean, rel=0.06)
    assert np.mean(counts == 0) == pytest.approx(np.exp(-mean), abs=0.015)


def test_codes_are_picked_by_their_shares():
    stream = np.zeros(2, dtype=np.uint64)
    picked = np.bincount([pick(stream, (0.5, 0.3, 0.2)) for _ in range(20_000)]) / 20_000
    assert picked == pytest.approx([0.5, 0.3, 0.2], abs=0.015)


def test_a_change_in_any_source_file_is_another_revision_of_the_compiled_kernel(tmp_path, monkeypatch):
    (tmp_path / "paths.py").write_text("1")
    (tmp_path / "rates.py").write_text("2")
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "paths.py"))
    before = paths._revision()
    (tmp_path / "rates.py").write_text("3")
    assert paths._revision() != before
