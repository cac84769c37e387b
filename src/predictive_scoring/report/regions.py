"""In which region's words a page is, which is the one that its scores were told in."""

from predictive_scoring.config.regions import Tag, language_of, regions_of
from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.report.score_folder import ScoreFolder


def told_language(folder: ScoreFolder, tag: Tag) -> Language:
    """Return the language that is asked for; one without a region is told as the scores tell it.

    Raises
    ------
    ConfigurationError
        If a region is asked for and the reasons are told for another: their numbers and words are sentences already.
    """
    language = language_of(tag)
    told = folder.about.regions.get(language, language)
    if tag != language and regions_of([tag])[language] != told:
        raise ConfigurationError(
            f"the reasons of these scores are told for {told!r}, not for {tag!r}",
            fix=f"score again with {tag!r} among score.languages in params.yaml",
        )
    return language
