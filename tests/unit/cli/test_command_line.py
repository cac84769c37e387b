"""Whatever is typed, the answer is short, helps, and has the right exit code."""

import re

import pytest

from predictive_scoring.cli import main


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["predictive-scoring", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


def test_I14_no_arguments_give_the_help_with_examples(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = call(monkeypatch, capsys)
    assert code in (0, 2)
    assert "predictive-scoring score --model" in said
    assert len(said.splitlines()) < 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scroe"], "score"),
        (["score", "--modle", "m"], "--model"),
        (["score", "--model", "m", "--source", "s"], "--out"),
        (["score", "--model", "m", "--source", "s", "--out", "o", "--log-format", "xml"], "json"),
        (["verify"], "model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_I14_a_wrong_command_line_ends_with_2_and_names_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, answer = call(monkeypatch, capsys, *arguments)
    assert code == 2
    assert said in re.sub(r"\x1b\[[0-9;]*m", "", answer)
    assert "Traceback" not in answer
