"""Features of what the lead itself did: by kind, over all kinds, and how it began and ended."""

from predictive_scoring.config.features import Features
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept, plain_word, slugs
from predictive_scoring.features.plan import DIRECTIONS

NEVER_HAPPENED = "never happened"
ENGAGEMENT = Word(en="activity as a whole", es="actividad en conjunto")
FIRST_TOUCH = Word(en="first contact", es="primer contacto")
LAST_TOUCH = Word(en="latest contact", es="último contacto")


def kinds_of(evidence: Evidence, settings: Features) -> tuple[str, ...]:
    """Return the kinds that are frequent enough, the most frequent so many of them, in the order of the alphabet."""
    frequent = [kind for kind, n in evidence.kinds.items() if n >= settings.min_kind_rows]
    frequent.sort(key=lambda kind: (-evidence.kinds[kind], kind))
    return tuple(sorted(frequent[: settings.max_kinds]))


def by_kind(kinds: tuple[str, ...], settings: Features, words: Words) -> list[Declared]:
    """Return a concept for each kind: counts over the windows, days since the last one, decayed counts."""
    declared = []
    for kind, name in slugs(kinds).items():
        features = counted(name, name, settings, kinds=(kind,))
        word = plain_word(kind, words.kinds)
        declared.append(Declared(concept(name, "engagement", "activity", word, kind), tuple(features)))
    return declared


def counted(
    name: str,
    concept_name: str,
    settings: Features,
    *,
    kinds: tuple[str, ...] | None = None,
    topics: tuple[str, ...] | None = None,
) -> list[Feature]:
    """Return counts over the windows, days since the last one and decayed counts of some kinds or topics."""
    of = {"concept": concept_name, "source": "activity", "kinds": kinds, "topics": topics}
    rises = int(set(kinds or ()) <= set(settings.rising)) - int(set(kinds or ()) <= set(settings.falling))
    rises = rises if kinds else 0
    more, later = {**of, "monotone": rises}, {**of, "monotone": -rises}
    features = []
    if "kinds" not in settings.leave_out:
        features += [
            Feature.model_validate(
                {**more, "name": f"{name}__count__{days}d", "statistic": "count", "window_days": days}
            )
            for days in sorted(settings.windows_days)
        ]
        last = {"name": f"{name}__days_since_last", "statistic": "days_since_last", "unit": "days"}
        features.append(Feature.model_validate({**later, **last, "missing": NEVER_HAPPENED}))
    if "decay" not in settings.leave_out:
        faded = {"statistic": "decayed", "unit": "score"}
        features += [
            Feature.model_validate({**more, **faded, "name": f"{name}__decayed__{days}d", "window_days": days})
            for days in sorted(settings.decay_days)
        ]
    return features


def engagement(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of all activities together; nothing where the history has no activities of leads."""
    if sum(evidence.kinds.values()) < settings.min_kind_rows:
        return []
    windows, out = sorted(settings.windows_days), settings.leave_out
    features = []
    if "engagement" not in out:
        features += [_whole("count", days) for days in windows]
        features.append(_whole("days_since_last", unit="days", missing=NEVER_HAPPENED))
        features += [_whole("days_active", days, unit="days") for days in windows]
        features += [_whole("distinct_kinds", days) for days in windows]
        if evidence.n_topics >= settings.min_kind_rows:
            features += [_whole("distinct_topics", days) for days in windows]
        features += [_whole("decayed", days, unit="score") for days in sorted(settings.decay_days)]
    if "bursts" not in out:
        features += _pace(windows)
    if "direction" not in out:
        features += _directed(evidence, settings)
    return [Declared(concept("engagement", "engagement", "engagement", ENGAGEMENT), tuple(features))] * bool(features)


def _pace(windows: list[int]) -> list[Feature]:
    """Return how the pace changes, and how much happened at once."""
    features = []
    if len(windows) > 1:
        features.append(_whole("trend", windows[0], unit="score", missing=f"nothing in {windows[1]} days"))
    if len(windows) > 2:
        features.append(_whole("acceleration", windows[0], unit="score"))
    return [*features, _whole("busiest_day", windows[-1]), _whole("busiest_hour", windows[-1])]


def touches(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concepts of how it began and what came last: the activity's kind, and how long ago the first was."""
    if sum(evidence.kinds.values()) < settings.min_kind_rows:
        return []
    of = {"source": "activity", "missing": NEVER_HAPPENED}
    level = {**of, "type": "category", "unit": "level"}
    since = {"name": "first__days_since", "statistic": "days_since_first", "unit": "days"}
    first, ago, last = (
        Feature.model_validate(fields)
        for fields in (
            {**level, "name": "first__kind", "concept": "first_touch", "statistic": "first_kind"}
            | {"attribute": "first_kind"},
            {**of, **since, "concept": "first_touch"},
            {**level, "name": "last__kind", "concept": "last_touch", "statistic": "last_kind"}
            | {"attribute": "last_kind"},
        )
    )
    return [
        Declared(concept("first_touch", "source", "category", FIRST_TOUCH, "first_kind"), (first, ago)),
        Declared(concept("last_touch", "engagement", "last_touch", LAST_TOUCH, "last_kind"), (last,)),
    ]


def _whole(statistic: str, days: int | None = None, **also: object) -> Feature:
    name = f"activity__{statistic}" + (f"__{days}d" if days else "")
    return Feature.model_validate(
        {
            "name": name, "concept": "engagement", "source": "activity", "statistic": statistic, "window_days": days,
            **also,
        }
    )  # fmt: skip


def both_directions(evidence: Evidence, settings: Features) -> bool:
    """Return whether both directions occur often enough; or else the one says nothing new."""
    return all(evidence.directions.get(direction, 0) >= settings.min_kind_rows for direction in DIRECTIONS)


def _directed(evidence: Evidence, settings: Features) -> list[Feature]:
    """Return inbound and outbound features."""
    if not both_directions(evidence, settings):
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
