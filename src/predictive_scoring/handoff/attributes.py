"""Which attributes may tell leads apart, and which may be shown."""

from collections.abc import Collection

from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError


def categories_from_creation(history: History) -> list[str]:
    """Return the categories of leads that are known at creation, and so never tell people apart by their outcome."""
    return [item.name for item in history.facts.attributes
            if item.table == "leads" and item.type == "category" and item.known == "at_creation"]  # fmt: skip


def refuse_later_category(history: History, name: str) -> None:
    """Return nothing if an attribute is a category of leads that is known at creation.

    What is written later tells people apart by what became of them: of those whom sales rated hot, many have bought.

    Raises
    ------
    ConfigurationError
        If it is not.
    """
    known = categories_from_creation(history)
    if name not in known:
        raise ConfigurationError(f"{name!r}: no category of leads that is known at creation", found=known)


def may_be_shown(attribute: Attribute, asked: Collection[str]) -> bool:
    """Return whether a brief may show an attribute: free text, which may hold anything, only if it was asked for."""
    return attribute.name in asked or attribute.type != "text"
