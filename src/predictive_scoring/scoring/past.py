"""How the leads of the past went, by what was known of them, as the page reads it."""

from predictive_scoring.explain.band_labels import band_words
from predictive_scoring.explain.evidence import BandRate
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.about import Band, Past


def past_of(bundle: Bundle) -> Past | None:
    """Return which leads a bundle's rates are counted on, None if it carries none."""
    evidence = bundle.evidence
    if evidence is None:
        return None
    return Past(**evidence.model_dump(exclude={"concepts", "families"}))


def bands_of(bundle: Bundle) -> dict[str, tuple[Band, ...]]:
    """Return the bands of each concept that any lead of the past stood in, by the concept's name."""
    evidence = bundle.evidence
    if evidence is None:
        return {}
    speaker = Speaker(bundle.texts, bundle.catalogue.words, bundle.levels)
    found = {}
    for concept in evidence.concepts:
        words = band_words(concept.banding, bundle.catalogue, speaker)
        found[concept.banding.concept] = tuple(
            _band(rate, evidence.base_rate).model_copy(
                update={"word": word, "is_missing": place == concept.banding.unknown}
            )
            for place, (word, rate) in enumerate(zip(words, concept.bands, strict=True))
            if rate.n
        )
    return found


def _band(rate: BandRate, base: float) -> Band:
    told = rate.is_told
    return Band(
        word={"en": "", "es": ""},
        n=rate.n,
        rate=rate.rate if told else None,
        low=rate.low if told else None,
        high=rate.high if told else None,
        points=rate.points,
        agrees=None if rate.points is None else rate.view(rate.points, base),
    )
