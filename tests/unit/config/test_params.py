"""params.yaml: every problem at once, in plain words, before anything runs."""

from datetime import date
from pathlib import Path

import pytest

from predictive_scoring.config import load_params
from predictive_scoring.config.params import Params
from predictive_scoring.config.parse import parse_block, read_yaml
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


def test_a_setting_that_is_no_more_is_not_taken_for_a_misspelt_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"split\.validate_share: no setting any more") as raised:
        params_of(tmp_path, LEAST + "split: {validate_share: 0.1}\n")
    assert "take the line out" in str(raised.value)
    assert "did you mean" not in str(raised.value)


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


@pytest.mark.parametrize(("text", "line"), [("a: 1\na: 2\n", 2), ("source: s\nb:\n\t- 1\n", 3), ("a: [1\nb: 2\n", 2)])
def test_I01_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"line {line}\b") as raised:
        params_of(tmp_path, text)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("number", ["08", "010", "1:30", "1e3", "9_0.5"])
def test_I06_numbers_that_yaml_reads_as_others_are_refused(tmp_path: Path, number: str) -> None:
    with pytest.raises(ConfigurationError):
        params_of(tmp_path, f"source: s.yaml\ntargets: {{won: {{stage: won, horizon_days: {number}}}}}\n")


def test_I06_planted_bug_plain_yaml_takes_010_for_8() -> None:
    import yaml

    assert yaml.safe_load("010") == 8
    assert yaml.safe_load("1:30") == 90


def test_I06_no_without_quotes_is_not_the_country(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"end_stages\.0"):
        params_of(tmp_path, "source: s.yaml\ntargets: {won: {stage: won, horizon_days: 9, end_stages: [NO]}}\n")


@pytest.mark.parametrize("key", ["password", "api_key", "db_password", "token"])
def test_I09_a_secret_is_refused_and_never_shown(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError, match="environment variable") as raised:
        params_of(tmp_path, LEAST + f"tracking: {{{key}: open-sesame}}\n")
    assert "open-sesame" not in str(raised.value)


@pytest.mark.parametrize(
    "block", ["report: {contact: 'https://ana:open-sesame@acme.example'}", "source2: ['a://b:open-sesame@c']"]
)
def test_I09_I10_an_address_with_a_password_is_refused_and_never_shown(tmp_path: Path, block: str) -> None:
    with pytest.raises(ConfigurationError, match="an address with a password") as raised:
        params_of(tmp_path, LEAST + block)
    assert "open-sesame" not in str(raised.value)


@pytest.mark.parametrize("name", ["../../etc", "a/b", ".hidden", "", "-rf", "x" * 61])
def test_I12_a_targets_name_leads_out_of_no_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="targets"):
        params_of(tmp_path, f"source: s.yaml\ntargets: {{'{name}': {{stage: won, horizon_days: 9}}}}\n")
    assert params_of(tmp_path, "source: s\ntargets: {año-2: {stage: won, horizon_days: 9}}\n").targets


def test_I13_an_unknown_language_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'en', 'en-GB'.* 'es', .*'es-MX'"):
        params_of(tmp_path, LEAST + "report: {languages: [en, fr]}\n")


@pytest.mark.parametrize(
    "block", ["features: {windows_days: [7, 30, 7]}", "features: {decay_days: [7, 7]}", "report: {languages: [es, es]}"]
)
def test_I15_what_is_listed_twice_is_refused(tmp_path: Path, block: str) -> None:
    with pytest.raises(ConfigurationError, match="given twice"):
        params_of(tmp_path, LEAST + block)


def test_I07_I15_a_stage_cannot_be_reached_and_end_the_lead(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be both"):
        params_of(tmp_path, "source: s.yaml\ntargets: {won: {stage: won, horizon_days: 9, end_stages: [won]}}\n")


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "a: " + "{a: " * 20_000, "- " * 100_000], ids=["lists", "maps", "dashes"]
)
def test_I16_a_file_that_is_nested_without_end_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        params_of(tmp_path, text)


def test_I16_aliases_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(ConfigurationError, match="aliases are not allowed"):
        params_of(tmp_path, bomb)


def test_an_empty_file_a_folder_and_a_bare_date_are_named_as_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing yet\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="nothing stands in it"):
        read_yaml(tmp_path / "empty.yaml")
    with pytest.raises(ConfigurationError, match="a folder, not a file"):
        read_yaml(tmp_path)
    bare = {"versions": [{"valid_from": date(2025, 1, 1)}, {date(2025, 2, 1): 1}]}
    with pytest.raises(ConfigurationError) as refused:
        parse_block(Params, bare, where="x.yaml")
    assert refused.value.found == "versions.0.valid_from, versions.1.2025-02-01"
