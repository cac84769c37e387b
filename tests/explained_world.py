"""A catalogue, feature rows and an additive model small enough to check by hand; shared by tests."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictive_scoring.contract.words import Word, Words
from predictive_scoring.features.definition import Catalogue, Concept, Feature


def word(en: str, es: str | None = None) -> Word:
    return Word(en=en, es=es or en)


def _activity(kind: str, en: str, es: str) -> tuple[Concept, list[Feature]]:
    concept = Concept(name=kind, group="engagement", template="activity", code="R001", word=word(en, es), subject=kind)
    shared = {"concept": kind, "source": "activity", "kinds": (kind,)}
    features = [
        Feature.model_validate({**shared, "name": f"{kind}__count__{d}d", "statistic": "count", "window_days": d})
        for d in (7, 30, 90)
    ]
    last = {"name": f"{kind}__days_since_last", "statistic": "days_since_last", "unit": "days"}
    return concept, [*features, Feature.model_validate({**shared, **last})]


def _attribute(name: str, template: str, type_: str, en: str, es: str, **also: object) -> tuple[Concept, list[Feature]]:
    group = also.pop("group", "fit")
    concept = Concept.model_validate(
        {"name": name, "group": group, "template": template, "code": "R005", "word": word(en, es), "subject": name}
    )
    shared = {"name": name, "concept": name, "source": "attribute", "statistic": "value", "type": type_}
    return concept, [Feature.model_validate({**shared, "attribute": name, **also})]


def catalogue() -> Catalogue:
    """Return two kinds, a stage, a category of each group, a size and an age."""
    stage = Concept(name="stage_mql", group="timing", template="stage", code="R003", word=word("mql"), subject="mql")
    since = Feature(
        name="stage_mql__days_since", concept="stage_mql", source="stage", statistic="days_since_last", unit="days"
    )
    parts = [
        _activity("pricing_page_view", "pricing page visits", "visitas a la página de precios"),
        _activity("call after offer", "call after offer", "llamada tras la oferta"),
        (stage, [since]),
        _attribute("industry", "category", "category", "industry", "sector"),
        _attribute("channel", "category", "category", "channel", "canal", group="source"),
        _attribute("employees", "number", "number", "company size", "tamaño de la empresa"),
        _attribute("age", "age", "number", "age of the lead", "antigüedad del lead", group="timing", unit="days"),
    ]
    return Catalogue(
        features=tuple(feature for _, features in parts for feature in features),
        concepts=tuple(concept for concept, _ in parts),
        words=Words(values={"industry": {"retail": word("retail", "comercio")}}),
    )


def rows(n: int, seed: int = 5) -> pd.DataFrame:
    """Return n feature rows with gaps."""
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {}
    for feature in catalogue().features:
        if feature.type == "category":
            columns[feature.name] = rng.choice(np.array(["retail", "software", None], dtype=object), n)
        elif feature.window_days:
            columns[feature.name] = rng.poisson(0.05 * feature.window_days, n).astype(float)
        else:
            columns[feature.name] = np.where(rng.random(n) < 0.3, np.nan, np.round(rng.exponential(100, n)))
    return pd.DataFrame(columns)


class Logistic:
    """A calibrated link with a slope and a shift, so that it is not the plain logistic."""

    def probability(self, raw: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-(0.8 * raw - 0.3)))


@dataclass
class AdditiveModel:
    """Log-odds that are a sum of one term a feature."""

    expected: float = -2.5
    calibrator: Logistic = field(default_factory=Logistic)

    def contributions(self, X: pd.DataFrame) -> np.ndarray:
        terms = []
        for place, name in enumerate(X.columns):
            column = X[name]
            if not pd.api.types.is_numeric_dtype(column):
                values = column.map({"retail": 1.0, "software": -0.5}).fillna(0.2).to_numpy(dtype=float)
            else:
                values = np.tanh(np.nan_to_num(column.to_numpy(dtype=float), nan=-20.0) / 40)
            terms.append(values * (0.9 if place % 2 else -0.6))
        return np.column_stack([*terms, np.full(len(X), self.expected)])
