"""Which attributes may be shown."""

from collections.abc import Collection

from predictive_scoring.contract.history import Attribute


def may_be_shown(attribute: Attribute, asked: Collection[str]) -> bool:
    """Return whether a brief may show an attribute: free text, which may hold anything, only if it was asked for."""
    return attribute.name in asked or attribute.type != "text"
