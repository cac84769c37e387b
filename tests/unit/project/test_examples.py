"""The examples for schedulers and containers: each can be parsed, and every command in them exists as it is written."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import typer
import yaml

from predictive_scoring.cli.app import app

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
TEXTS = [path for path in sorted(EXAMPLES.iterdir()) if path.is_file()] + [
    ROOT / "docs" / "monitor.md",
    ROOT / "docs" / "export.md",
]
JOINED = re.compile(r"\\\n\s*#?\s*")  # a command that goes on in the next line
CALL = re.compile(
    r"\bpredictive-scoring ((?:score|export|monitor|report|verify|champion|check|status|explain)\b[^\n`;|]*)"
)


def calls(text: str) -> list[str]:
    """Return the arguments of each call in a text, whatever language it is embedded in."""
    return [match[1].strip().strip("\"'") for match in CALL.finditer(JOINED.sub("", text))]


def options_of(command: str) -> set[str]:
    group = typer.main.get_command(app)
    return {name for option in group.commands[command].params for name in option.opts}  # type: ignore[attr-defined]


def unknown_options(call: str) -> list[str]:
    command, known = call.split(maxsplit=1)[0], options_of(call.split(maxsplit=1)[0])
    return [f"{command} {word}" for word in re.findall(r"(?<!\S)--[a-z-]+", call) if word not in known]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_option_in_an_example_is_one_of_the_command(path: Path) -> None:
    assert [problem for call in calls(path.read_text()) for problem in unknown_options(call)] == []


def test_the_examples_run_what_they_are_for() -> None:
    found = {path.name: {call.split()[0] for call in calls(path.read_text())} for path in TEXTS}
    assert {"score", "export", "monitor"} <= found["nightly.sh"]
    assert {"score", "export", "monitor"} <= found["airflow_dag.py"]
    assert {"score", "export", "monitor"} <= found["github-actions.yml"]
    assert "score" in found["Containerfile"]


def test_planted_an_option_that_does_not_exist_is_found() -> None:
    text = "run: predictive-scoring score --model m \\\n  --asof 2025-04-01 --out o"
    assert [unknown_options(call) for call in calls(text)] == [["score --asof"]]


@pytest.mark.parametrize("name", ["nightly.sh", "retrain.sh"])
def test_the_shell_reads_the_script(name: str) -> None:
    done = subprocess.run(["sh", "-n", str(EXAMPLES / name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_dag_is_python_and_its_steps_follow_each_other() -> None:
    tree = ast.parse((EXAMPLES / "airflow_dag.py").read_text())
    steps = next(node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "STEPS")  # type: ignore[attr-defined]
    assert [key.value for key in steps.value.keys] == ["score", "export", "monitor"]  # type: ignore[attr-defined]


def test_the_workflow_is_yaml_and_every_schedule_has_its_job() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())
    crons = {entry["cron"] for entry in workflow[True]["schedule"]}  # YAML reads the key `on` as true
    assert set(workflow["jobs"]) == {"nightly", "retrain"}
    retrain = workflow["jobs"]["retrain"]["if"].split("'")[1]
    assert retrain in crons
    assert f"!= '{retrain}'" in workflow["jobs"]["nightly"]["if"]
    assert not re.search(r"postgresql://", str(workflow))


def test_cron_lines_have_five_times_and_call_scripts_that_are_there() -> None:
    lines = [line for line in (EXAMPLES / "crontab").read_text().splitlines() if re.match(r"[\d*]", line)]
    assert len(lines) == 2
    for line in lines:
        times, command = line.split(None, 5)[:5], line.split(None, 5)[5]
        assert all(re.fullmatch(r"[\d*/,\-]+", time) for time in times)
        script = re.search(r"examples/\S+\.sh", command)
        assert script is not None
        assert (ROOT / script[0]).is_file()
        assert "%" not in command  # cron takes it for a line end


def test_the_container_installs_what_a_scoring_job_needs_from_the_lock_and_copies_what_is_there() -> None:
    lines = JOINED.sub("", (EXAMPLES / "Containerfile").read_text()).splitlines()
    instructions = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    assert {word for word, _ in instructions} <= {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "ENTRYPOINT", "CMD"}
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from="):
            assert [name for name in rest.split()[:-1] if not (ROOT / name).exists()] == []
    text = (EXAMPLES / "Containerfile").read_text()
    assert "--require-hashes --requirement score.lock" in text
    assert 'ENTRYPOINT ["predictive-scoring"]' in text
    assert re.search(r"(?m)^USER (?!root)", text)
