"""The environment of the tests holds all that the demo needs: `make demo` after `make test` installs nothing."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pinned(text: str) -> set[str]:
    """Return each requirement of a lock, with its version, its marker and its hashes."""
    return {each.strip() for each in re.split(r"\n(?=\S)", text) if "==" in each}


def test_the_lock_of_the_tests_holds_each_line_of_the_demos() -> None:
    demo, dev = ((ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8") for name in ("demo", "dev"))
    assert len(pinned(demo)) > 100
    assert pinned(demo) - pinned(dev) == set()
    planted = re.sub(r"^pandas==\S+", "pandas==3.0.0rc1", demo, flags=re.MULTILINE)
    assert len(pinned(planted) - pinned(dev)) == 1


def test_so_the_stamp_of_the_tests_is_one_of_the_demo_too() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "$(eval $(call install,demo,demo))\n$(eval $(call install,dev,demo dev))\n" in makefile
