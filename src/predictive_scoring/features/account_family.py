"""Features of the lead's company: what colleagues did, and what the company bought before."""

from predictive_scoring.config.features import Features
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.words import Word
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept

COLLEAGUES = Word(en="colleagues at the same company", es="compañeros de la misma empresa")
ACCOUNT_HISTORY = Word(en="the company's history", es="historial de la empresa")


def colleagues(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of the account's other leads: all that happened there but the lead's own."""
    if evidence.n_shared < settings.min_kind_rows:
        return []
    windows = sorted(settings.windows_days)
    features = [_colleagues("colleagues", "colleagues__known")]
    if evidence.kinds:
        features += [_colleagues("count", f"colleagues__count__{days}d", days) for days in windows]
        features += [_colleagues("active_colleagues", f"colleagues__active__{days}d", days) for days in windows]
    return [Declared(concept("colleagues", "engagement", "colleagues", COLLEAGUES), tuple(features))]


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


def _colleagues(statistic: str, name: str, days: int | None = None) -> Feature:
    return Feature(name=name, concept="colleagues", source="account", statistic=statistic, window_days=days)
