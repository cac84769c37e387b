"""What the package offers as a library, in any order of imports and without what a scoring job does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

import source_of_two_leads
from predictive_scoring.publish.bundle import Bundle

IMPORTS = [
    "import predictive_scoring.scoring.about; from predictive_scoring import score",
    "from predictive_scoring import Bundle, score; from predictive_scoring import score",
]
HEAVY = ("sklearn", "mlflow", "dvc", "matplotlib", "altair", "shap")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("imports", IMPORTS)
def test_score_can_be_called_whatever_was_imported_before(imports: str) -> None:
    assert python(f"{imports}; print(callable(score))") == "True"


def test_the_library_scores_from_a_source_file(bundle: Bundle, tmp_path: Path) -> None:
    from predictive_scoring import score

    rows = score(bundle, source_of_two_leads.write(tmp_path), as_of="2024-03-01")
    assert rows["lead_id"].tolist() == ["L1", "L2"]
    assert rows["probability"].between(0, 1).all()


def test_scoring_works_where_training_tracking_and_charts_are_not_installed(bundle: Bundle, tmp_path: Path) -> None:
    source = source_of_two_leads.write(tmp_path)
    blocked = f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r}))"  # None there: importing it is an error
    scoring = "from predictive_scoring import Bundle, score"
    call = f"print(len(score(Bundle.load({str(bundle.folder)!r}), {str(source)!r}, '2024-03-01')))"
    assert python(f"{blocked}; {scoring}; {call}") == "2"
    with pytest.raises(AssertionError, match="sklearn"):
        python(f"{blocked}; from predictive_scoring import ConversionModel")  # the block itself works


def test_the_package_itself_imports_nothing_heavy() -> None:
    assert python("import sys, predictive_scoring; print('numpy' in sys.modules)") == "False"


def test_who_has_a_table_of_features_pays_for_no_reader_of_sources() -> None:
    asked = "print([name for name in sys.modules if name == 'duckdb' or '.sources.' in name])"
    assert python(f"import sys, predictive_scoring.scoring.job; {asked}") == "[]"
    assert python(f"import sys, predictive_scoring.cli.score_job; {asked}") != "[]"  # the job reads one


def test_an_unknown_name_is_an_attribute_error() -> None:
    import predictive_scoring

    with pytest.raises(AttributeError, match="scores"):
        predictive_scoring.scores  # noqa: B018
