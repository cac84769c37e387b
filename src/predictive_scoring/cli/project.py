"""The settings of the project that a command is run in, for commands that also work outside of one."""

from pathlib import Path

from predictive_scoring.config.extract import Extract
from predictive_scoring.config.params import Params, load_params

PARAMS_FILE = Path("params.yaml")


def project_params(params: Path) -> Params | None:
    """Return the project's settings; None outside of a project, which is where nobody named a file and none is there.

    Raises
    ------
    ConfigurationError
        If the file that was named is not there, or is wrong.
    """
    if not params.is_file() and params == PARAMS_FILE:
        return None
    return load_params(params)


def reading(params: Path) -> Extract:
    """Return how the project reads its source; outside of a project, as by default."""
    found = project_params(params)
    return Extract() if found is None else found.extract
