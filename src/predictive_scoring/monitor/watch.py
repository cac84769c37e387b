"""Monitoring by two clocks: what today's leads look like, and what became of those scored before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.contract.history import History
from predictive_scoring.monitor.feedback import Contacts, by_grade, feedback_findings
from predictive_scoring.monitor.findings import Finding, Kind, note, warning
from predictive_scoring.monitor.maturity import Matured, Outcomes, is_mature, realised
from predictive_scoring.monitor.promises import promise_findings
from predictive_scoring.monitor.runs import PastRun, gap_text, gaps
from predictive_scoring.monitor.today import Today, reference_of, today
from predictive_scoring.publish.bundle import Bundle

ALL = "all runs"


@dataclass(frozen=True)
class Watch:
    """What monitoring found."""

    target: str
    model_version: str
    source: str
    today: Today
    runs: list[dict[str, Any]]  # figures of each run whose horizon has passed, the earliest first
    together: dict[str, Any] | None  # of all of them
    grades: list[dict[str, Any]]
    complete_until: datetime | None  # runs as of later are not judged
    missing: list[datetime]  # instants at which no scores were made
    findings: list[Finding]

    def alarms(self, kind: Kind) -> list[Finding]:
        """Return the alarms of one clock."""
        return [each for each in self.findings if each.severity == "alarm" and each.kind == kind]

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return {
            "target": self.target,
            "model_version": self.model_version,
            "source": self.source,
            "findings": [finding.as_json() for finding in self.findings],
            "today": self.today.as_json(),
            "matured": {
                "complete_until": self.complete_until.isoformat() if self.complete_until else None,
                "runs": self.runs,
                "together": self.together,
                "grades": self.grades,
            },
            "missing_runs": [instant.isoformat() for instant in self.missing],
        }


def watch(bundle: Bundle, history: History, runs: list[PastRun], as_of: datetime, settings: Monitor) -> Watch:
    """Return what a bundle's inputs look like as of an instant, and how the past runs have turned out.

    Raises
    ------
    BundleRefusedError
        If the bundle does not carry what its inputs looked like.
    """
    reference_of(bundle)  # refused before anything is computed
    same = [run for run in runs if run.as_of == as_of and run.model_version == bundle.version]
    now = today(bundle, history, as_of, settings, same[-1] if same else None)
    missing = gaps([run.as_of for run in runs])
    findings = list(now.findings)
    if missing:
        findings.append(warning("missing_runs", "input", f"{len(missing)} runs are missing: {gap_text(missing)}"))
    past = _matured(bundle, history, runs, settings)
    return Watch(
        target=bundle.terms.target_name,
        model_version=bundle.version,
        source=history.facts.name,
        today=now,
        missing=missing,
        findings=[*findings, *past.pop("findings")],
        **past,
    )


def _matured(bundle: Bundle, history: History, runs: list[PastRun], settings: Monitor) -> dict[str, Any]:
    """Return figures and findings of the past runs; alarms come from the latest of them and from all together."""
    empty: dict[str, Any] = {"runs": [], "together": None, "grades": [], "complete_until": None}
    if bundle.terms.target.horizon_days is None:
        return {**empty, "findings": [note("realised_quality", "quality", "outcomes without a date never mature")]}
    horizon, outcomes = bundle.terms.target.horizon, Outcomes.of(history, bundle.terms)
    until = outcomes.complete_until - horizon
    ripe = [run for run in runs if is_mature(run, outcomes, horizon)]
    parts = [Matured.of(run, outcomes, bundle.terms.target) for run in ripe]
    known = [(run, part) for run, part in zip(ripe, parts, strict=True) if len(part.converted)]
    said = f"complete up to {until:%Y-%m-%d}: {len(known)} of {len(runs)} runs are as of then or before and are judged"
    findings = [note("complete_up_to", "quality", said)]
    if not known:
        return {**empty, "complete_until": until, "findings": findings}
    level = 1 - (1 - settings.level) / 2  # two questions: the latest run, and all of them
    figures = [
        {"as_of": run.as_of.isoformat(), "model_version": run.model_version, **realised(part, settings, level)}
        for run, part in known
    ]
    together = Matured.joined([part for _, part in known])
    whole = realised(together, settings, level)
    latest = known[-1][0]
    promise = latest.about.evaluation
    findings += promise_findings(figures[-1], promise, f"run as of {latest.as_of:%Y-%m-%d}", settings)
    if len(known) > 1:
        findings += promise_findings(whole, promise, f"{ALL} to {latest.as_of:%Y-%m-%d}", settings)
    contacts = Contacts.of(history)
    contacted = [contacts.within(part.lead_id, run.as_of, horizon) for run, part in known] if contacts else []
    grades = by_grade(together, np.concatenate(contacted) if contacted else None)
    findings += feedback_findings(grades)
    return {"runs": figures, "together": whole, "grades": grades, "complete_until": until, "findings": findings}
