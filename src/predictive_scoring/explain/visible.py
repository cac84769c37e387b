"""Users' text, safe to show: no control or direction marks, no endless length."""

import re

# C0 and C1 controls, direction overrides and isolates, invisible joins that carry no meaning of their own, lone
# surrogates. The zero-width (non-)joiner stays: Persian and family emoji need it.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
_SPACES = re.compile(r"[\t\n\r ]+")
LONGEST = 80


def visible(text: str, longest: int = LONGEST) -> str:
    r"""Return text in which nothing hides: marks that do not show are replaced by U+FFFD, long text is cut.

    Examples
    --------
    >>> visible("evil\u202eexe.pdf")
    'evil\ufffdexe.pdf'
    >>> visible("two\nlines")
    'two lines'
    >>> visible("x" * 90) == "x" * 79 + "…"
    True
    """
    cleaned = _HIDDEN.sub("\ufffd", _SPACES.sub(" ", text)).strip()
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1].rstrip() + "…"
