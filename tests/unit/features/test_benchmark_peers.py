"""The pandas version that the benchmark compares with computes the same features: a race of equals."""

import sys
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.features.compute import compute

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))


def test_the_pandas_version_of_the_benchmark_computes_the_same_features(tmp_path: Path) -> None:
    from activity_world import Size, looks_of, make_history
    from features import catalogue_of
    from features_peers import by_pandas, shared_with_pandas

    history = make_history(tmp_path / "history", Size(300, 9000))
    catalogue = shared_with_pandas(catalogue_of(tmp_path / "tiny"))
    looks = looks_of(history, 1)
    ours, theirs = compute(history, looks, catalogue), by_pandas(history, looks, catalogue)
    assert len(catalogue.features) >= 55
    for name in catalogue.names:
        given = theirs[name].to_numpy(np.float64)
        assert ours[name].to_numpy() == pytest.approx(given, rel=1e-9, abs=1e-9, nan_ok=True), name
        assert np.nanmax(given) > 0, name
