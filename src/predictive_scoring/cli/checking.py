"""What `check` says."""

import json
from collections.abc import Iterator
from pathlib import Path

from predictive_scoring.audit.auditing import audit_source
from predictive_scoring.audit.finding import Finding, accept, refuse
from predictive_scoring.cli.project import PARAMS_FILE
from predictive_scoring.config import load_params
from predictive_scoring.config.params import Params
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.errors import counted
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.summary import summarise
from predictive_scoring.stopping import scratch_folder

FLAT_TARGET = {"converted": Target(stage="converted")}
USUAL_TARGET = {"won": Target(stage="won", horizon_days=90, end_stages=("lost",))}


def check_lines(source_file: Path, *, params_file: Path | None = None, as_json: bool) -> Iterator[str]:
    """Read a source into a scratch folder, keep nothing, and yield where its rows went and what was found.

    Parameters
    ----------
    params_file
        The project's params.yaml; by default the one of this folder if it names this source. Without one the labels
        are those of the flat table's own outcome, or those of the stage `won` within 90 days: a guess, so that what is
        wrong with them only warns.

    Raises
    ------
    DataContractError
        If a finding refuses the history.
    LeakSuspectedError
        If something seems to know the outcome and is not accepted by name.
    """
    source = load_source(source_file)
    params = _projects_params(source_file, params_file)
    is_guess = params is None and source.tables.leads.outcome is None
    if params is None:
        params = Params(source=source_file, targets=USUAL_TARGET if is_guess else FLAT_TARGET)
    lenient = params.extract.model_copy(update={"max_quarantine_share": 1.0})
    with (
        scratch_folder() as scratch,
        open_engine(memory_limit_gb=params.extract.memory_limit_gb) as engine,
    ):
        history = extract(source_file, scratch / "history", lenient)
        found = audit_source(engine, history, params)
        findings = accept(map(_softened, found) if is_guess else found, params.audit.accept)
        yield from [_as_json(history, findings)] if as_json else _told(history, findings)
    refuse(findings, are_told=not as_json)


def _projects_params(source_file: Path, params_file: Path | None) -> Params | None:
    if params_file is not None:
        return load_params(params_file)
    if PARAMS_FILE.is_file():
        params = load_params(PARAMS_FILE)
        if params.source.resolve() == source_file.resolve():
            return params
    return None


def _softened(finding: Finding) -> Finding:
    """Let what is found of a target that nobody declared warn at most."""
    return finding.model_copy(update={"severity": "warn"}) if finding.id.startswith("label.") else finding


def _as_json(history: History, findings: list[Finding]) -> str:
    facts = history.facts.model_dump(mode="json", include={"name", "rows", "notes", "observed_until"})
    return json.dumps({**facts, "findings": [each.model_dump(mode="json") for each in findings]})


def _told(history: History, findings: list[Finding]) -> Iterator[str]:
    yield from summarise(history)
    for finding in findings:
        yield from finding.lines()
    n_refused = sum(each.refuses for each in findings)
    yield (
        f"{counted(len(findings), 'finding')}, {counted(n_refused, 'reason')} to refuse the history"
        if findings
        else "nothing found"
    )
