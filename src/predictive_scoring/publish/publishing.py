"""The gate, the release and the registration, in this order."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from predictive_scoring.config.publish import Publish
from predictive_scoring.errors import GateFailedError, SourceUnreachableError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import Judged
from predictive_scoring.publish.promotion import promote
from predictive_scoring.publish.provenance import is_dirty
from predictive_scoring.publish.registry import register, set_alias
from predictive_scoring.publish.release import release
from predictive_scoring.publish.tracking import Run, reached


def publish(candidate: Judged, policy: Publish, run: Run, folder: Path) -> list[str]:
    """Release a candidate that passes the gate, register it as challenger and champion, and say so.

    Raises
    ------
    GateFailedError
        If it does not pass, or the project has changes and they are refused; what was released before stays.
    """
    if policy.refuse_dirty_tree and is_dirty(run.project):
        raise GateFailedError(
            f"target {candidate.terms.target_name!r}: not published, the project has changes that are not committed",
            fix="commit them, or set publish.refuse_dirty_tree: false",
        )
    decision = gate(candidate.evaluation, policy)
    run.log_json(decision, "decision.json")
    if not decision["passed"]:
        raise GateFailedError(
            f"target {candidate.terms.target_name!r}: not published, it does not rank leads better than chance",
            found=f"{decision['rule']}: {decision['found']}",
            expected=f"above {decision['minimum']} (publish.min_auc_low)",
            fix="a longer history or features that tell leads apart; the model released before stays in use",
        )
    bundle = release(candidate, folder, run.run_id)
    return [f"{bundle.version} -> {folder}", _registered(bundle, policy, run, decision)]


def _registered(bundle: Bundle, policy: Publish, run: Run, decision: dict[str, Any]) -> str:
    """Register a released bundle, make it champion, and say so; or that it could not be, where that is allowed."""
    name = policy.registered_name.format(target=bundle.terms.target_name)
    because = f"passed the gate: {decision['rule']} {decision['found']:.3f}, above {decision['minimum']}"

    def register_and_promote() -> int:
        version = register(run, bundle, name)
        set_alias(run.project, name, "challenger", version)
        promote(run.project, name, version, because, datetime.now(UTC))
        return version

    try:
        version = reached(register_and_promote) if run.run_id is not None else None
    except SourceUnreachableError:
        if run.required:
            raise
        version = None
    if version is None:
        return "not registered: the store of runs cannot be used"
    return f"registered as {name} version {version} (challenger, champion)"


def gate(evaluation: dict[str, Any], policy: Publish) -> dict[str, Any]:
    """Return the decision on a candidate as a record: what was asked, what was found, passed or not.

    A candidate passes if the lower end of its interval of ROC AUC on the untouched window lies above the declared
    minimum: with the default of one half, if it ranks better than chance.

    Examples
    --------
    >>> gate({"model": {"roc_auc": {"value": 0.52, "low": 0.47, "high": 0.58}}}, Publish())["passed"]
    False
    """
    low = evaluation["model"]["roc_auc"]["low"]
    return {
        "rule": "lower end of the interval of ROC AUC on the untouched window",
        "found": low,
        "minimum": policy.min_auc_low,
        "passed": bool(low is not None and low > policy.min_auc_low),
    }
