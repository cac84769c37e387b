"""params.yaml: every problem at once, in plain words, before anything runs."""

from pathlib import Path

import pytest

from predictive_scoring.config import load_params
from predictive_scoring.config.score import Score
from predictive_scoring.errors import ConfigurationError

LEAST = "source: s.yaml\ntargets: {won: {stage: won, horizon_days: 90}}\n"


def params_of(tmp_path: Path, text: str) -> object:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return load_params(path)


def test_the_least_that_a_project_must_say(tmp_path: Path) -> None:
    params_of(tmp_path, LEAST)


def test_I02_I03_I05_missing_unknown_and_impossible_keys_are_listed_at_once(tmp_path: Path) -> None:
    text = "targets: {won: {stage: won, horizon_days: -1}}\ntrain: {learnig_rate: 0.1}\n"
    with pytest.raises(ConfigurationError) as raised:
        params_of(tmp_path, text)
    message = str(raised.value)
    assert "3 problems" in message
    assert "source: missing" in message
    assert "train.learnig_rate: unknown key; did you mean 'learning_rate'?" in message
    assert "targets.won.horizon_days: input should be greater than 0 (found -1)" in message


@pytest.mark.parametrize(
    "text", ["", "- a\n", "a: 1\na: 2\n", "a:\n\t- 1\n", "x: !!python/object:os.system {}\n", "a: &a [1]\nb: *a\n"]
)
def test_I01_I11_I16_what_is_not_a_plain_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        params_of(tmp_path, text)


def test_I01_a_missing_file_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("horizon", ["'90 días'", ".nan", "0", "1e9", "yes"])
def test_I04_I05_I06_a_horizon_that_is_none_is_refused(tmp_path: Path, horizon: str) -> None:
    with pytest.raises(ConfigurationError, match=r"targets\.won\.horizon_days"):
        params_of(tmp_path, f"source: s.yaml\ntargets: {{won: {{stage: won, horizon_days: {horizon}}}}}\n")


def test_I16_a_file_of_megabytes_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected: at most"):
        params_of(tmp_path, LEAST + "#" * 1_000_001)


def test_as_of_must_be_an_instant_or_latest() -> None:
    assert Score(as_of="latest").as_of == "latest"
    with pytest.raises(ValueError, match="soon"):
        Score(as_of="soon")


def test_I06_a_bare_date_is_to_be_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="put it in quotes"):
        params_of(tmp_path, LEAST + "score: {as_of: 2025-01-01}\n")


def test_a_target_without_a_horizon_is_accepted_and_says_what_is_missing_where_one_is_needed(tmp_path: Path) -> None:
    target = params_of(tmp_path, "source: s.yaml\ntargets: {won: {stage: won}}\n").targets["won"]
    assert target.horizon_days is None
    with pytest.raises(ConfigurationError, match=r"stage 'won': horizon_days is missing"):
        _ = target.horizon


def test_runs_are_noted_under_the_experiment_that_the_parameters_name(tmp_path: Path) -> None:
    assert params_of(tmp_path, LEAST).tracking.experiment == "predictive-scoring"
    assert params_of(tmp_path, LEAST + "tracking: {experiment: acme}\n").tracking.experiment == "acme"
    with pytest.raises(ConfigurationError, match=r"tracking\.experiment"):
        params_of(tmp_path, LEAST + "tracking: {experiment: ''}\n")


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("publish: {grades: {A: 0.3}}", "must rise"),
        ("evaluate: {shares: [0.05, 0.1]}", "0.20 must be among them"),
        ("evaluate: {age_edges_days: [30, 7]}", "must rise"),
    ],
)
def test_I07_settings_that_contradict_each_other_are_refused(tmp_path: Path, block: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        params_of(tmp_path, LEAST + block)
