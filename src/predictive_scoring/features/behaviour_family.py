"""Features of how the lead behaves: answers to what we send, what came after what, when, on which topics, in use."""

from predictive_scoring.config.features import Features
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.features.activity_family import NEVER_HAPPENED, both_directions, counted
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept, plain_word, slug, slugs

ANSWERS = Word(en="answers to our messages", es="respuestas a nuestros mensajes")
FOLLOWED = Word(en="activity after our messages", es="actividad tras nuestros mensajes")
RHYTHM = Word(en="days and hours of activity", es="días y horas de actividad")
USAGE = Word(en="use of the product", es="uso del producto")


def answers(kinds: tuple[str, ...], evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of whether, and how fast, the lead answers what is sent to it."""
    if not both_directions(evidence, settings) or any(kind not in kinds for kind in settings.answer_kinds):
        return []
    longest = max(settings.windows_days)
    shared = {
        "concept": "answers", "source": "activity", "window_days": longest, "kinds": settings.answer_kinds or None,
        "within_days": settings.answer_days, "direction": "outbound",
    }  # fmt: skip
    own = (
        {"statistic": "answered_share", "unit": "share", "missing": "nothing was sent"},
        {"statistic": "answer_days", "unit": "days", "missing": "no answer"},
        {"statistic": "unanswered"},
    )
    features = (
        Feature.model_validate({**shared, **each, "name": f"outbound__{each['statistic']}__{longest}d"}) for each in own
    )
    return [
        Declared(
            concept("answers", "engagement", "answers", ANSWERS if settings.answer_kinds else FOLLOWED), tuple(features)
        )
    ]


def sequences(kinds: tuple[str, ...], settings: Features, words: Words) -> tuple[list[Declared], list[str]]:
    """Return a concept for each sequence whose kinds are frequent enough, and notes on those that were asked for."""
    declared, notes, safe = [], [], slugs(kinds)
    for asked in settings.sequences:
        lacking = sorted({kind for kind in (asked.then, asked.first) if kind and kind not in kinds})
        if lacking:
            if "sequences" in settings.model_fields_set:
                notes.append(f"sequence to '{asked.then}': too few activities of {lacking}; no feature")
            continue
        then, first = plain_word(asked.then, words.kinds), plain_word(asked.first or "", words.kinds)
        shared = {"source": "activity", "kinds": (asked.then,), "after": asked.first}
        if asked.first is None:
            name = f"{safe[asked.then]}__days_until_first"
            own = {"statistic": "days_until_first", "unit": "days", "missing": NEVER_HAPPENED}
            word = Word(en=f"time until the first: {then.en}", es=f"tiempo hasta la primera vez: {then.es}")
        else:
            name = f"{safe[asked.then]}__after__{safe[asked.first]}"
            own = {"statistic": "happened_after", "type": "boolean", "unit": "flag"}
            word = Word(en=f"{then.en} after {first.en}", es=f"{then.es} después de {first.es}")
        feature = Feature.model_validate({**shared, **own, "name": name, "concept": name})
        declared.append(Declared(concept(name, "engagement", "sequence", word, asked.then), (feature,)))
    return declared, notes


def rhythm(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of when the lead is active: in working hours, on weekends."""
    if sum(evidence.kinds.values()) < settings.min_kind_rows:
        return []
    longest = max(settings.windows_days)
    features = tuple(
        Feature(
            name=f"activity__{part}__{longest}d", concept="rhythm", source="activity", statistic=f"share_{part}",
            unit="share", window_days=longest, zone=settings.timezone, missing="no activity",
        )
        for part in ("working_hours", "weekend")
    )  # fmt: skip
    return [Declared(concept("rhythm", "engagement", "rhythm", RHYTHM), features)]


def topics(evidence: Evidence, settings: Features) -> tuple[list[Declared], list[str]]:
    """Return a concept for each declared group of topics, and for the most frequent topics beside them."""
    found = evidence.topics
    asked = {name: tuple(sorted(group)) for name, group in settings.topics.items()}
    taken = {topic for group in asked.values() for topic in group}
    frequent = sorted((topic for topic in found if topic not in taken), key=lambda topic: (-found[topic], topic))
    asked |= {topic: (topic,) for topic in frequent[: settings.frequent_topics] if topic not in asked}
    declared, notes = [], []
    named = slugs([f"topic {name}" for name in asked])
    for name, group in asked.items():
        n_rows, safe = sum(found.get(topic, 0) for topic in group), named[f"topic {name}"]
        if n_rows < settings.min_kind_rows:
            notes.append(f"topic '{name}': {n_rows} activities before training ended; no feature")
            continue
        word = Word(en=f"activity on '{name}'", es=f"actividad sobre «{name}»")
        features = counted(safe, safe, settings, topics=group)
        declared.append(Declared(concept(safe, "engagement", "topic", word, name), tuple(features)))
    return declared, notes


def groups(kinds: tuple[str, ...], settings: Features) -> list[Declared]:
    """Return a concept for each declared group of kinds, of those among its kinds that are frequent enough."""
    declared = []
    named = slugs([f"group {name}" for name in settings.groups])
    for name, group in settings.groups.items():
        members, safe = tuple(sorted(set(group) & set(kinds))), named[f"group {name}"]
        if len(members) > 1:  # a group of one is that kind
            word, features = Word(en=name, es=name), counted(safe, safe, settings, kinds=members)
            declared.append(Declared(concept(safe, "engagement", "activity", word, safe), tuple(features)))
    return declared


def usage(kinds: tuple[str, ...], evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of use of the product: how often, since when, by how many, of how much of it."""
    members = tuple(sorted(set(settings.usage_kinds) & set(kinds)))
    if not members:
        return []
    shared = {"concept": "usage", "kinds": members}
    lead = {**shared, "source": "activity"}
    own: list[dict[str, object]] = []
    for days in sorted(settings.windows_days)[-2:]:
        own.append({**lead, "name": f"usage__days_active__{days}d", "statistic": "days_active", "window_days": days})
        if len(members) > 1:
            own.append({**lead, "name": f"usage__count__{days}d", "statistic": "count", "window_days": days})
        if evidence.n_usage_topics > 1:
            part = {"statistic": "distinct_topics", "window_days": days}
            own.append({**lead, **part, "name": f"usage__features__{days}d"})
        if evidence.n_shared >= settings.min_kind_rows:
            part = {"source": "account", "statistic": "active_people", "window_days": days}
            own.append({**shared, **part, "name": f"usage__users__{days}d"})
    since = {"unit": "days", "missing": NEVER_HAPPENED}
    own.append({**lead, **since, "name": "usage__days_since_first", "statistic": "days_since_first"})
    if len(members) > 1:
        own.append({**lead, **since, "name": "usage__days_since_last", "statistic": "days_since_last"})
    features = tuple(Feature.model_validate(fields) for fields in own)
    return [Declared(concept("usage", "engagement", "usage", USAGE, slug(members[0])), features)]
