"""Features of what the lead itself did: by kind, over all kinds, and how it all began."""

from predictive_scoring.config.features import Features
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept, plain_word, slugs
from predictive_scoring.features.plan import DIRECTIONS

NEVER_HAPPENED = "never happened"
ENGAGEMENT = Word(en="activity as a whole", es="actividad en conjunto")
FIRST_TOUCH = Word(en="first contact", es="primer contacto")


def kinds_of(evidence: Evidence, settings: Features) -> tuple[str, ...]:
    """Return the kinds that are frequent enough, the most frequent so many of them, in the order of the alphabet."""
    frequent = [kind for kind, n in evidence.kinds.items() if n >= settings.min_kind_rows]
    frequent.sort(key=lambda kind: (-evidence.kinds[kind], kind))
    return tuple(sorted(frequent[: settings.max_kinds]))


def by_kind(kinds: tuple[str, ...], settings: Features, words: Words) -> list[Declared]:
    """Return a concept for each kind: counts over the windows, and days since the last one."""
    declared = []
    for kind, name in slugs(kinds).items():
        features = [
            Feature(
                name=f"{name}__count__{days}d", concept=name, source="activity", statistic="count", window_days=days,
                kinds=(kind,),
            )
            for days in sorted(settings.windows_days)
        ]  # fmt: skip
        features.append(
            Feature(
                name=f"{name}__days_since_last", concept=name, source="activity", statistic="days_since_last",
                unit="days", kinds=(kind,), missing=NEVER_HAPPENED,
            )
        )  # fmt: skip
        word = plain_word(kind, words.kinds)
        declared.append(Declared(concept(name, "engagement", "activity", word, kind), tuple(features)))
    return declared


def engagement(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of all activities together; nothing where the history has no activities of leads."""
    if sum(evidence.kinds.values()) < settings.min_kind_rows:
        return []
    windows = sorted(settings.windows_days)
    features = [_whole("count", days) for days in windows]
    features.append(_whole("days_since_last", unit="days", missing=NEVER_HAPPENED))
    features += [_whole("days_active", days, unit="days") for days in windows]
    features += [_whole("distinct_kinds", days) for days in windows]
    if evidence.n_topics >= settings.min_kind_rows:
        features += [_whole("distinct_topics", days) for days in windows]
    features += [_whole("decayed", days, unit="score") for days in sorted(settings.decay_days)]
    if len(windows) > 1:
        features.append(_whole("trend", windows[0], unit="score", missing=f"nothing in {windows[1]} days"))
    features += _directed(evidence, settings)
    return [Declared(concept("engagement", "engagement", "engagement", ENGAGEMENT), tuple(features))]


def first_touch(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of how it began: the first activity's kind, and how long ago it was."""
    if sum(evidence.kinds.values()) < settings.min_kind_rows:
        return []
    features = (
        Feature(
            name="first__kind", concept="first_touch", source="activity", statistic="first_kind", type="category",
            unit="level", attribute="first_kind", missing=NEVER_HAPPENED,
        ),
        Feature(
            name="first__days_since", concept="first_touch", source="activity", statistic="days_since_first",
            unit="days", missing=NEVER_HAPPENED,
        ),
    )  # fmt: skip
    return [Declared(concept("first_touch", "source", "category", FIRST_TOUCH, "first_kind"), features)]


def _whole(statistic: str, days: int | None = None, **also: object) -> Feature:
    name = f"activity__{statistic}" + (f"__{days}d" if days else "")
    return Feature.model_validate(
        {
            "name": name, "concept": "engagement", "source": "activity", "statistic": statistic, "window_days": days,
            **also,
        }
    )  # fmt: skip


def _directed(evidence: Evidence, settings: Features) -> list[Feature]:
    """Return inbound and outbound features; both directions must occur, or the one says nothing new."""
    if any(evidence.directions.get(direction, 0) < settings.min_kind_rows for direction in DIRECTIONS):
        return []
    features = []
    for direction in DIRECTIONS:
        shared = {"concept": "engagement", "source": "activity", "direction": direction}
        features += [
            Feature.model_validate(
                {**shared, "name": f"{direction}__count__{days}d", "statistic": "count", "window_days": days}
            )
            for days in sorted(settings.windows_days)
        ]
        last = {"name": f"{direction}__days_since_last", "statistic": "days_since_last", "unit": "days"}
        features.append(Feature.model_validate({**shared, **last, "missing": NEVER_HAPPENED}))
    longest = max(settings.windows_days)
    share = {"name": f"inbound__share__{longest}d", "statistic": "share_inbound", "unit": "share"}
    also = {"concept": "engagement", "source": "activity", "window_days": longest, "missing": "no activity"}
    return [*features, Feature.model_validate({**share, **also})]
