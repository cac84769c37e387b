"""The layers hold, and no file can run what it was given."""

import re
import subprocess
import sys
from pathlib import Path

from pickles import is_pickle
from together import TOGETHER, together

ROOT = Path(__file__).parents[2]
FORBIDDEN = (
    "import pickle",
    "import joblib",
    "import cloudpickle",
    "yaml.load(",
    "yaml.unsafe_load",
    "eval(",
    "Styler",
)


def test_modules_import_only_what_stands_below_them() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_J18_no_source_pickles_or_evaluates() -> None:
    finds = dangerous_lines({str(p.relative_to(ROOT)): p.read_text() for p in (ROOT / "src").rglob("*.py")})
    assert finds == ["src/predictive_scoring/config/parse.py: yaml.load( with a loader of its own"]


def test_a_planted_pickle_is_found() -> None:
    assert dangerous_lines({"a.py": "import pickle\n"}) == ["a.py: import pickle"]


def dangerous_lines(sources: dict[str, str]) -> list[str]:
    finds = []
    for name, text in sorted(sources.items()):
        for line in text.splitlines():
            for word in FORBIDDEN:
                if word in line and not line.lstrip().startswith("#"):
                    safe = word == "yaml.load(" and "Loader=_StrictLoader" in line
                    finds.append(f"{name}: {word}{' with a loader of its own' if safe else ''}")
    return finds


def test_the_clone_holds_no_pickle() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = [name for name in tracked.split("\0") if name] or [
        str(p.relative_to(ROOT)) for p in (ROOT / "src").rglob("*")
    ]
    pickled = [name for name in names if is_pickle((ROOT / name).read_bytes() if (ROOT / name).is_file() else b"")]
    assert pickled == []


def test_a_pickle_under_any_name_is_known_by_its_first_bytes() -> None:
    import pickle

    assert is_pickle(pickle.dumps({"a": 1}))
    assert not is_pickle(b"tree\nversion=v4\n")


def test_no_two_files_of_tests_have_one_name() -> None:
    """Without packages around them, pytest imports the second as the first, and its tests are not run."""
    names = [path.name for path in (Path(__file__).parents[1]).rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_J17_nobody_writes_tables_with_what_does_not_escape() -> None:
    """pandas' Styler and `to_html(escape=False)` write values as markup."""
    asked = re.compile(r"\.style\b|Styler|escape=False|autoescape=False")
    sources = list((ROOT / "src").rglob("*.py"))
    assert len(sources) > 100
    assert not [str(path) for path in sources if asked.search(path.read_text(encoding="utf-8"))]
    assert asked.search("frame.style.format()")  # the planted bug


def test_every_file_that_asks_for_spark_goes_to_the_worker_that_has_it() -> None:
    """A file that is forgotten starts a second machine of Java in another worker."""
    asks = re.compile(r"spark: SparkEngine|by: Shards|usefixtures\([^)]*\"spark\"")
    tests = Path(__file__).parents[1]
    found = [path for path in tests.rglob("test_*.py") if asks.search(path.read_text(encoding="utf-8"))]
    listed = [path.relative_to(ROOT).as_posix() for path in found if path != Path(__file__)]
    assert sorted(listed) == sorted(TOGETHER["Spark"])
    assert {together(f"{name}::test_any") for name in listed} == {"Spark"}
    assert together("tests/unit/test_storage.py::test_any") == "tests/unit/test_storage.py"
