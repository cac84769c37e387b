"""One spelling for what a person reads as equal, in Python and in SQL."""

from hypothesis import given, settings
from hypothesis import strategies as st

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.sources.typing_sql import category

TEXT = st.text(st.sampled_from("ab \t\n\u00a0\u2003\ufeffeé\u0301ñÑ中-_.'\""), max_size=12)


@given(st.lists(TEXT, min_size=1, max_size=50))
@settings(max_examples=25, deadline=None)
def test_D09_sql_and_python_clean_a_category_the_same_way(texts):
    import pyarrow as pa

    with open_engine() as engine:
        found = engine.sql(f"select {category('x')} as clean, x from given", given=pa.table({"x": texts})).to_pylist()
    assert all((row["clean"] or "") == clean_text(row["x"]) for row in found)


@given(TEXT)
def test_cleaning_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)
