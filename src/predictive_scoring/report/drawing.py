"""The one door through which ready-made markup enters the page."""

from html.parser import HTMLParser

from markupsafe import Markup

from predictive_scoring.errors import PredictiveScoringError

_SHAPES = frozenset({"svg", "g", "path", "rect", "text", "line", "tspan", "defs", "clippath", "title"})
_LINKS = frozenset({"href", "xlink:href", "src", "style"})


class _Strange(HTMLParser):
    """Collects what a drawing must not hold; words inside quoted attributes are words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SHAPES:
            self.found.add(tag)
        self.found |= {name for name, _ in attrs if name.startswith("on") or name in _LINKS}

    def handle_comment(self, data: str) -> None:
        self.found.add("a comment")

    def handle_decl(self, decl: str) -> None:
        self.found.add("a declaration")

    def handle_pi(self, data: str) -> None:
        self.found.add("an instruction")


def checked(svg: str) -> Markup:
    """Return a drawing as markup if it holds nothing but shapes and text.

    Raises
    ------
    PredictiveScoringError
        If there is any other element, a link, a style or an event handler: users' words reach drawings as labels.
    """
    parser = _Strange()
    parser.feed(svg)
    parser.close()
    if parser.found:
        raise PredictiveScoringError("a figure holds more than shapes and text", found=sorted(parser.found))
    return Markup(svg)  # noqa: S704 (checked above; its text was escaped by the renderer)
