"""The libraries of charts and tables as their packages ship them, and the policy that lets nothing else run."""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import vl_convert
from markupsafe import Markup

from predictive_scoring.errors import PredictiveScoringError

_OWN = Path(__file__).parent / "templates" / "script"
_EXPORT = re.compile(r"export\{[^{}]*?(\w+) as default[^{}]*\};")
# Inside a script these three begin or end markup; in strings, templates and patterns the escape says the same.
_MARKUP = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)
VEGA_LITE = "6.4"


@lru_cache(maxsize=1)
def tables_library() -> str:
    """Return DataTables with its extensions, from the package itables, as one script that sets `window.DataTable`.

    Raises
    ------
    PredictiveScoringError
        If the bundle does not end in an export of the library: another version of the package ships it otherwise.
    """
    bundle = files("itables").joinpath("html/dt_bundle.js").read_text(encoding="utf-8")
    found = _EXPORT.search(bundle)
    if found is None:
        raise PredictiveScoringError("itables ships its tables in another form", fix="install the version of the lock")
    return inert_markup(f"{bundle[: found.start()]}window.DataTable={found[1]};{bundle[found.end() :]}")


@lru_cache(maxsize=1)
def charts_library() -> str:
    """Return Vega, Vega-Lite and their embedding, as vl-convert ships them: they set `window.vegaEmbed`."""
    return inert_markup(str(vl_convert.javascript_bundle(vl_version=VEGA_LITE)))  # type: ignore[call-arg] # its stub asks for a snippet


@lru_cache(maxsize=1)
def charts_script() -> str:
    """Return the code that draws figures anew, alone: for a page without a list."""
    code = (_OWN / "50_charts.js").read_text(encoding="utf-8")
    return inert_markup(f"const state = {{ calls: null }};\n{code}\nshowCharts();\ndocument.body.dataset.ready = 1;\n")


@lru_cache(maxsize=1)
def own_script() -> str:
    """Return the page's own code: the parts in the order of their names, as one module."""
    return inert_markup("\n".join(path.read_text(encoding="utf-8") for path in sorted(_OWN.glob("*.js"))))


def inert_markup(code: str) -> str:
    r"""Return code in which nothing begins or ends markup.

    Examples
    --------
    >>> inert_markup('"</script>", /<!--/')
    '"\\x3c/script>", /\\x3c!--/'
    """
    return _MARKUP.sub(r"\\x3c", code)


def policy(scripts: Iterable[str]) -> str:
    """Return the Content-Security-Policy: these scripts and no other, no network, no form, no frame.

    Examples
    --------
    >>> policy([])
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    """
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in scripts]
    allowed = f"script-src {' '.join(hashes)}; " if hashes else ""
    return f"default-src 'none'; {allowed}style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def as_markup(code: str) -> Markup:
    """Return a script's text as it stands between its tags: it must be byte for byte what the policy names."""
    if _MARKUP.search(code):
        raise PredictiveScoringError("a script holds markup that would end it")
    return Markup(code)  # noqa: S704 (checked above; holds no text of users)
