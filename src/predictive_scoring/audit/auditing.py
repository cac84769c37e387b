"""The audit of a history: what breaks the contract, what cannot be learned, what knows the outcome."""

from collections.abc import Iterator

from predictive_scoring.audit.account_link import account_link_findings
from predictive_scoring.audit.behaviour import behaviour_findings
from predictive_scoring.audit.columns import column_findings
from predictive_scoring.audit.early_end import early_end_findings
from predictive_scoring.audit.encoding import encoding_findings
from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.ids import id_findings
from predictive_scoring.audit.kinds import kind_findings
from predictive_scoring.audit.known_leads import known_leads
from predictive_scoring.audit.labels import label_findings
from predictive_scoring.audit.mapping import mapping_findings
from predictive_scoring.audit.rows import row_findings
from predictive_scoring.audit.rules import history_findings
from predictive_scoring.config.params import Params
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.split import split_windows
from predictive_scoring.stopping import scratch_folder


def audit_source(engine: Engine, history: History, params: Params) -> list[Finding]:
    """Return everything there is to find in a history and its source file, for every target of the project.

    The features of a target are built in a scratch folder, to be judged as training would see them.
    """
    of_all = [*row_findings(history, params.extract.max_quarantine_share), *mapping_findings(history)]
    of_all += _of_history(engine, history)
    found = list(of_all)
    for name, target in params.targets.items():
        about = list(target_findings(engine, history, target, params.split.min_positives))
        if not any(each.refuses and not each.is_leak for each in [*of_all, *about]):
            about += _features(history, target, params)
        found += [each.model_copy(update={"target": name}) for each in about]
    return found


def audit_target(engine: Engine, history: History, dataset: Dataset, target: Target, n_enough: int) -> list[Finding]:
    """Return what there is to find before a target's model is trained on a data set that is built already."""
    return [
        *_of_history(engine, history),
        *target_findings(engine, history, target, n_enough),
        *behaviour_findings(history, dataset),
    ]


def _of_history(engine: Engine, history: History) -> Iterator[Finding]:
    yield from history_findings(engine, history)
    if not history.facts.flat:
        yield from early_end_findings(engine, history)
    yield from encoding_findings(engine, history)


def target_findings(engine: Engine, history: History, target: Target, n_enough: int) -> Iterator[Finding]:
    """Yield what can be found of a target without its features; `n_enough` converting leads make no warning."""
    known = known_leads(history, target)
    yield from label_findings(history, target, n_enough, known)
    yield from column_findings(history, known)
    yield from account_link_findings(known)
    yield from id_findings(known)
    yield from kind_findings(engine, history, target)


def _features(history: History, target: Target, params: Params) -> Iterator[Finding]:
    """Build the features as training would, and judge them; an error on the way is a finding."""
    try:
        split_windows(
            training_snapshots(history, target, params.snapshots), target, params.split, history.facts.ordering
        )
    except DataContractError as error:
        yield _stopped("label.cannot_be_split", error)
        return
    with scratch_folder() as scratch:
        try:
            dataset = build_dataset(history, target, params, scratch / "features")
        except DataContractError as error:
            yield _stopped("value.features_refused", error)
            return
        yield from behaviour_findings(history, dataset)


def _stopped(identity: str, error: DataContractError) -> Finding:
    return Finding(id=identity, severity="refuse", n=1, table="leads", what=error.what, fix=error.fix or "")
