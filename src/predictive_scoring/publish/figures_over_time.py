"""Figures that are followed over time, noted in MLflow beside the trainings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from predictive_scoring.publish.tracking import ARTIFACTS, Run, client


def note_figures(project: Path, experiment: str, name: str, tags: Mapping[str, str], figures: Mapping[str, Any]) -> str:
    """Write figures as one finished run of an experiment of their own and return the run's id.

    What is no finite number is left out.
    """
    connected = client(project)
    found = connected.get_experiment_by_name(experiment)
    if found is None:
        place = (project / ARTIFACTS).resolve().as_uri()
        experiment_id = connected.create_experiment(experiment, artifact_location=place)
    else:
        experiment_id = found.experiment_id
    run_id = str(connected.create_run(experiment_id, run_name=name).info.run_id)
    run = Run(project, run_id)
    run.tag(tags)
    run.log(metrics=figures)
    connected.set_terminated(run_id, "FINISHED")
    return run_id
