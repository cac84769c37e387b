"""What each band is called: 'none in the last 90 days', '2–3 in the last 30 days', 'software', 'not known'."""

from predictive_scoring.contract.words import Language, Word
from predictive_scoring.explain.band_choice import LONG_AGO, YEAR
from predictive_scoring.explain.bands import Banding
from predictive_scoring.explain.speaker import FIRST_KIND, Speaker, capitalised
from predictive_scoring.features.definition import Catalogue, Concept, Feature


def band_words(banding: Banding, catalogue: Catalogue, speaker: Speaker) -> tuple[Word, ...]:
    """Return the name of each band in every language, as it stands alone in a table."""
    concept = next(c for c in catalogue.concepts if c.name == banding.concept)
    feature = next(f for f in catalogue.features if f.name == banding.features[0])
    return tuple(
        Word(**{language: _label(banding, place, concept, feature, speaker, language) for language in ("en", "es")})
        for place in range(banding.n_bands)
    )


def _label(
    banding: Banding, place: int, concept: Concept, feature: Feature, speaker: Speaker, language: Language
) -> str:
    if place == banding.unknown:
        return _unknown(concept, feature, speaker, language)
    match banding.shape:
        case "count":
            label = _count(banding, place, speaker, language)
        case "category":
            label = _category(banding, place, concept, feature, speaker, language)
        case "flag":
            label = speaker.texts.say(language, "boolean.yes" if place else "boolean.no")
        case "month":
            label = speaker.month(language, place + 1)
        case "weekday":
            label = speaker.weekday(language, place)
        case "number" | "days":
            label = _between(banding, place, speaker, language)
    return capitalised(label)


def _unknown(concept: Concept, feature: Feature, speaker: Speaker, language: Language) -> str:
    if concept.template == "stage":
        return speaker.texts.say(language, "band.not_reached")
    if feature.source == "activity":
        return speaker.texts.say(language, "band.never")
    return speaker.texts.say(language, "band.unknown")


def _count(banding: Banding, place: int, speaker: Speaker, language: Language) -> str:
    say = speaker.texts.say
    longest, window = banding.longest_days, banding.window_days
    if place == 0:
        return say(language, "band.none", when=_when(longest or window, speaker, language))
    if banding.has_earlier and place == 1:
        return say(language, "band.earlier", when=_when(window, speaker, language))
    at = place - 1 - banding.has_earlier
    return say(
        language,
        "band.some",
        number=_span(banding.edges, at, speaker, language),
        when=_when(window, speaker, language),
    )


def _when(days: int | None, speaker: Speaker, language: Language) -> str:
    return speaker.window(language, days) if days else speaker.texts.say(language, "time.so_far")


def _span(edges: tuple[float, ...], at: int, speaker: Speaker, language: Language) -> str:
    """Return '1', '2–3' or '4 or more': whole numbers from one edge to below the next."""
    low = speaker.number(language, edges[at])
    if at + 1 == len(edges):
        return speaker.texts.say(language, "number.or_more", number=low)
    last = edges[at + 1] - 1
    if last <= edges[at]:
        return low
    return speaker.texts.say(language, "number.band", low=low, high=speaker.number(language, last))


def _category(
    banding: Banding, place: int, concept: Concept, feature: Feature, speaker: Speaker, language: Language
) -> str:
    if place == len(banding.levels):
        return speaker.texts.say(language, "band.other")
    raw = banding.levels[place]
    for key in (f"email_kind.{raw}",) if concept.template == "email_kind" else ():
        if speaker.texts.has(key):
            return speaker.texts.say(language, key)
    if concept.subject == FIRST_KIND and speaker.texts.has(f"first_kind.is.{raw}"):
        return capitalised(speaker.texts.say(language, f"first_kind.is.{raw}"))
    return speaker.value(language, feature.attribute or concept.subject or concept.name, raw)


def _between(banding: Banding, place: int, speaker: Speaker, language: Language) -> str:
    """Return 'less than 7 days ago', '7 to 30', '90 or more'; a band without edges is any known value."""
    kind, edges = str(banding.shape), banding.edges
    if kind == "days" and edges and min(edges) >= LONG_AGO:
        kind, edges = "years", tuple(round(edge / YEAR) for edge in edges)
    say, number = speaker.texts.say, speaker.number
    if not edges:
        return say(language, "band.known")
    if place == 0:
        return say(language, f"band.{kind}.below", high=number(language, edges[0]))
    if place == len(edges):
        return say(language, f"band.{kind}.above", low=number(language, edges[-1]))
    low, high = number(language, edges[place - 1]), number(language, edges[place])
    return say(language, f"band.{kind}.between", low=low, high=high)
