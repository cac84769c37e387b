"""Which e-mail domains are free for everybody, and which are thrown away: two short lists beside this file."""

from functools import cache
from importlib.resources import files


@cache
def free_domains() -> tuple[str, ...]:
    """Return domains where anybody has an address for nothing: they say nothing of a company."""
    return _lines("email_domains_free.txt")


@cache
def disposable_domains() -> tuple[str, ...]:
    """Return domains of addresses that live for minutes."""
    return _lines("email_domains_disposable.txt")


def _lines(name: str) -> tuple[str, ...]:
    text = files("predictive_scoring.sources").joinpath(name).read_text(encoding="utf-8")
    return tuple(line for line in text.split() if line)
