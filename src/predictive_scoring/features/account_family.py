"""Features of the lead's company: what colleagues and all of them did, and what the company bought before."""

from predictive_scoring.config.features import Features
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.words import Word
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept

COLLEAGUES = Word(en="colleagues at the same company", es="compañeros de la misma empresa")
COMPANY = Word(en="the whole company's activity", es="actividad de toda la empresa")
ACCOUNT_HISTORY = Word(en="the company's history", es="historial de la empresa")


def colleagues(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of the account's other leads: all that happened there but the lead's own."""
    if evidence.n_shared < settings.min_kind_rows:
        return []
    windows = sorted(settings.windows_days)
    features = [_of_account("colleagues", "colleagues", "colleagues__known")]
    features.append(_of_account("colleagues", "new_colleagues", f"colleagues__new__{windows[-1]}d", windows[-1]))
    if evidence.kinds:
        features += [_of_account("colleagues", "count", f"colleagues__count__{days}d", days) for days in windows]
        features += [
            _of_account("colleagues", "active_colleagues", f"colleagues__active__{days}d", days) for days in windows
        ]
        slow = max(settings.decay_days)
        features.append(_of_account("colleagues", "decayed", f"colleagues__decayed__{slow}d", slow, unit="score"))
        since = {"unit": "days", "missing": "never happened"}
        features.append(_of_account("colleagues", "days_since_last", "colleagues__days_since_last", None, **since))
    return [Declared(concept("colleagues", "engagement", "colleagues", COLLEAGUES), tuple(features))]


def company(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of the whole account, the lead itself included."""
    if evidence.n_shared < settings.min_kind_rows or not evidence.kinds:
        return []
    longest, slow = max(settings.windows_days), max(settings.decay_days)
    features = (
        _of_account("company", "active_people", f"account__active__{longest}d", longest),
        _of_account("company", "count_of_all", f"account__count__{longest}d", longest),
        _of_account("company", "decayed_of_all", f"account__decayed__{slow}d", slow, unit="score"),
    )
    return [Declared(concept("company", "engagement", "company", COMPANY), features)]


def account_history(evidence: Evidence, target: Target, settings: Features) -> list[Declared]:
    """Return the concept of other leads of the account that reached the target's stage earlier."""
    if evidence.n_shared < settings.min_kind_rows or evidence.n_account_wins < settings.min_kind_rows:
        return []
    shared = {"concept": "account_history", "source": "account", "kinds": (target.stage,)}
    count = {"name": "account__conversions", "statistic": "earlier_conversions"}
    last = {"name": "account__days_since_conversion", "statistic": "days_since_conversion", "unit": "days"}
    features = (
        Feature.model_validate({**shared, **count}),
        Feature.model_validate({**shared, **last, "missing": "no conversion yet"}),
    )
    return [Declared(concept("account_history", "fit", "account_history", ACCOUNT_HISTORY, target.stage), features)]


def _of_account(of: str, statistic: str, name: str, days: int | None = None, **also: object) -> Feature:
    fields = {"name": name, "concept": of, "source": "account", "statistic": statistic, "window_days": days}
    return Feature.model_validate(fields | also)
