"""Which tests go to one worker together: those that share what would be made twice if two workers each made it."""

from typing import Final

# The longest first. A project is run once for the whole pipeline, and one machine of Java is warmed up for Spark.
TOGETHER: Final = {
    "the pipeline": ("tests/pipeline/",),
    "Spark": (
        "tests/unit/engine/test_two_engines.py",
        "tests/unit/features/test_features_against_sql.py",
        "tests/unit/sources/test_two_engines_extract.py",
    ),
    "a browser": ("tests/browser/",),
    "faults": ("tests/faults/",),
}


def together(nodeid: str) -> str:
    """Return what a test goes to a worker with: one of the above, or the tests of its file."""
    return next((name for name, places in TOGETHER.items() if nodeid.startswith(places)), nodeid.partition("::")[0])


def place_in_line(nodeid: str) -> int:
    """Return 0 for what is to begin first, and the most for tests that are quick."""
    names = [*TOGETHER]
    name = together(nodeid)
    return names.index(name) if name in TOGETHER else len(names)
