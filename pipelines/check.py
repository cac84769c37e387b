"""Stage check: whether the history may be learned from; what seems to know the outcome refuses the run."""

import sys
from pathlib import Path

from predictive_scoring.audit.auditing import audit_target
from predictive_scoring.audit.finding import accept, refuse, write_findings
from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.project.stage import stage


def main(target: str) -> list[str]:
    """Write the findings, and refuse the run if one of them is grave and not accepted by name."""
    params = load_params()
    history = History.load(Path("data/interim"))
    dataset = Dataset.load(Path("data/features") / target)
    with open_engine() as engine:
        found = audit_target(engine, history, dataset, params.targets[target], params.split.min_positives)
    findings = accept(found, params.audit.accept, of_every_target=len(params.targets) == 1)
    write_findings(Path("data/checks") / target / "findings.json", findings)
    refuse(findings)
    return [line for finding in findings for line in finding.lines()]


if __name__ == "__main__":
    stage(main, sys.argv[1])
