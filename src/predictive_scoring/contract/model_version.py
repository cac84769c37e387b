"""How a row of scores says which model spoke: the bundle's version, and the segment where it was the segment's own."""

MARK = "+"


def spoken_by(version: str, segment: str) -> str:
    """Return what a row says whose chance comes from a segment's own model.

    Examples
    --------
    >>> spoken_by("won-1a2b3c4d5e", "iberia")
    'won-1a2b3c4d5e+iberia'
    """
    return f"{version}{MARK}{segment}"


def bundle_version(said: str) -> str:
    """Return the bundle's version from what a row says.

    Examples
    --------
    >>> bundle_version("won-1a2b3c4d5e+iberia")
    'won-1a2b3c4d5e'
    """
    return said.partition(MARK)[0]
