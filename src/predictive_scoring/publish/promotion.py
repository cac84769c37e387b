"""Which version of a model is in use: the alias `champion`, and a dated record of every move of it and why.

The record lies in the registry beside the alias, as tags of the registered model, so both are where the model is.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from predictive_scoring.config.base import Block
from predictive_scoring.errors import BundleRefusedError, ConfigurationError, SourceUnreachableError
from predictive_scoring.publish import tracking
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.registry import SCHEME, bundle_folder, set_alias

CHAMPION = "champion"
TAG = "champion_since."


class Promotion(Block):
    """One move of the alias."""

    at: datetime
    version: int
    model_version: str
    because: str


def promote(project: Path, name: str, version: int, because: str, now: datetime) -> Promotion:
    """Make a registered version the champion and record why; one that is the champion already keeps its record.

    Raises
    ------
    BundleRefusedError
        If the registry has no such version, or its bundle is not whole; the alias stays where it was.
    """
    try:
        bundle = Bundle.load(bundle_folder(project, f"{SCHEME}{name}/{version}"))
    except SourceUnreachableError as error:
        raise BundleRefusedError(
            f"{name}: no version {version} to promote",
            found=error.found,
            fix=f"`predictive-scoring champion {name}` says which versions have been in use",
        ) from None
    set_alias(project, name, CHAMPION, version)
    moves = history(project, name)
    if moves and moves[-1].version == version:
        return moves[-1]
    moved = Promotion(at=now, version=version, model_version=bundle.version, because=because)
    tag = f"{TAG}{now:%Y-%m-%dT%H-%M-%S-%f}"  # a tag's name may not hold colons everywhere
    tracking.client(project).set_registered_model_tag(name, tag, moved.model_dump_json())
    return moved


def rollback(project: Path, name: str, because: str, now: datetime) -> Promotion:
    """Make the champion before this one the champion again.

    Raises
    ------
    ConfigurationError
        If there was none.
    BundleRefusedError
        If its bundle is not whole any more; the alias stays where it was.
    """
    moves = history(project, name)
    others = [move for move in moves if move.version != moves[-1].version]
    if not others:
        raise ConfigurationError(
            f"{name}: there is no earlier champion to go back to", found=f"{len(moves)} promotion(s) of one version"
        )
    return promote(project, name, others[-1].version, because, now)


def history(project: Path, name: str) -> list[Promotion]:
    """Return every promotion of a model, oldest first.

    Raises
    ------
    SourceUnreachableError
        If the registry has no such model.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        tags = tracking.client(project).get_registered_model(name).tags
    except MlflowException as error:
        raise SourceUnreachableError(f"{name}: not in the registry", found=str(error).splitlines()[0]) from error
    return sorted(_promotions(tags), key=lambda move: move.at)


def _promotions(tags: dict[str, str]) -> Iterator[Promotion]:
    for tag, value in tags.items():
        if tag.startswith(TAG):
            try:
                yield Promotion.model_validate_json(value)
            except ValidationError:
                continue  # written by someone else; the alias itself is not touched by it


def champion_on(moves: list[Promotion], instant: datetime) -> Promotion | None:
    """Return the promotion that was in force at an instant, None before the first.

    Examples
    --------
    >>> from datetime import UTC
    >>> days = [datetime(2025, month, 1, tzinfo=UTC) for month in (3, 6)]
    >>> moves = [Promotion(at=day, version=n, model_version=f"won-{n}", because="") for n, day in enumerate(days, 1)]
    >>> champion_on(moves, datetime(2025, 5, 3, tzinfo=UTC)).version
    1
    """
    before = [move for move in moves if move.at <= instant]
    return before[-1] if before else None
