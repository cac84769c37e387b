"""The gate, the release and the registration, in this order."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from predictive_scoring.config.publish import Publish
from predictive_scoring.errors import BundleRefusedError, DataContractError, GateFailedError, SourceUnreachableError
from predictive_scoring.model.candidate import POINTS
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.contest import CHAMPION, Cohort, contest
from predictive_scoring.publish.judged import Judged
from predictive_scoring.publish.promotion import promote
from predictive_scoring.publish.provenance import is_dirty
from predictive_scoring.publish.registry import SCHEME, bundle_folder, register, set_alias
from predictive_scoring.publish.release import release
from predictive_scoring.publish.tracking import Run, reached
from predictive_scoring.storage import write_json


def publish(candidate: Judged, policy: Publish, run: Run, folder: Path, cohort: Cohort | None = None) -> list[str]:
    """Release a candidate that passes the gate, register it as challenger and champion, and say so.

    Parameters
    ----------
    cohort
        The leads on which it is compared with the champion that is in use; None: it is not.

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
    name = policy.registered_name.format(target=candidate.terms.target_name)
    if decision["passed"] and cohort is not None:
        decision |= _against_champion(candidate, cohort, run, name)
    run.log_json(decision, "decision.json")
    write_json(run.project / "models" / f"{candidate.terms.target_name}.decision.json", decision)
    if decision.get("worse"):
        raise GateFailedError(
            f"target {candidate.terms.target_name!r}: not published, it is worse than the champion "
            f"{decision['contest']['champion']} on the same {decision['contest']['leads']:,} leads",
            found="; ".join(decision["worse"]),
            expected="no difference beyond chance, or a better one",
            fix="the champion stays in use; models/<target>.decision.json holds the comparison",
        )
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
    because = _because(decision)

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


def _because(decision: dict[str, Any]) -> str:
    """Return the reason that is kept with the move of the alias."""
    if isinstance(decision["found"], str):
        return f"{decision['rule']}: {decision['found']}"
    said = f"passed the gate: {decision['rule']} {decision['found']:.3f}, above {decision['minimum']}"
    found = decision.get("contest")
    if not found:
        return said
    auc = found["differences"]["roc_auc"]["value"]
    return f"{said}; no worse than {found['champion']} on the same {found['leads']:,} leads, ROC AUC {auc:+.4f}"


def _against_champion(candidate: Judged, cohort: Cohort, run: Run, name: str) -> dict[str, Any]:
    """Return what the comparison with the champion says: nothing where there is none, or none that can be compared."""
    if run.run_id is None:
        return {"contest": None, "why_no_contest": "the store of runs cannot be used"}
    try:
        champion = Bundle.load(bundle_folder(run.project, f"{SCHEME}{name}@{CHAMPION}"))
    except SourceUnreachableError:
        return {"contest": None, "why_no_contest": "there is no champion yet"}
    except BundleRefusedError as error:
        return {"contest": None, "why_no_contest": f"the champion's bundle cannot be used: {error.what}"}
    if (champion.terms.target, champion.terms.source_name) != (candidate.terms.target, candidate.terms.source_name):
        return {"contest": None, "why_no_contest": "the champion answers another question, or knows another history"}
    try:
        found = contest(champion, cohort)
    except DataContractError as error:
        return {"contest": None, "why_no_contest": f"the champion's features cannot be computed: {error.what}"}
    return {"contest": found, "worse": found["worse"], "passed": not found["worse"]}


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
    if evaluation.get("choice", {}).get("few_conversions"):
        return {
            "rule": "a points table was asked for (publish.ship) where too few leads convert to judge one",
            "found": evaluation["choice"]["asked"],
            "minimum": POINTS,
            "passed": evaluation["choice"]["asked"] == POINTS,
        }
    return {
        "rule": "lower end of the interval of ROC AUC on the untouched window",
        "found": low,
        "minimum": policy.min_auc_low,
        "passed": bool(low is not None and low > policy.min_auc_low),
    }
