"""The trees' contributions are those of the shap package's exact TreeExplainer."""

import warnings

import numpy as np
import pytest

from predictive_scoring.model.scorer import Scorer
from small_company import SmallCompany

with warnings.catch_warnings():  # its plots use what matplotlib will give up
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import shap


def contributions_by_shap(scorer: Scorer, encoded: np.ndarray) -> np.ndarray:
    explainer = shap.TreeExplainer(scorer.booster, feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(encoded, check_additivity=False)
    values = values[1] if isinstance(values, list) else values
    expected = float(np.ravel(explainer.expected_value)[-1])
    return np.column_stack([values, np.full(len(encoded), expected)])


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")  # says that the output's shape changed once
def test_tree_contributions_equal_those_of_shap(company: SmallCompany) -> None:
    scorer = company.candidate.scorer
    encoded = scorer.encoding.encode(company.dataset.frame(company.dataset.rows("test")))[:200]
    own = np.asarray(scorer.booster.predict(encoded, pred_contrib=True))
    assert own.shape[1] == encoded.shape[1] + 1
    assert np.abs(own[:, :-1]).max() > 0.05
    np.testing.assert_allclose(own, contributions_by_shap(scorer, encoded), rtol=0, atol=1e-9)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")
def test_both_halves_add_up_to_the_models_contributions(company: SmallCompany) -> None:
    scorer = company.candidate.scorer
    frame = company.dataset.frame(company.dataset.rows("test")).iloc[:50]
    encoded = scorer.encoding.encode(frame)
    share = scorer.linear_share
    expected = (1 - share) * contributions_by_shap(scorer, encoded) + share * scorer.linear.contributions(encoded)
    expected[:, -1] += scorer.offset
    np.testing.assert_allclose(scorer.contributions(frame), expected, rtol=0, atol=1e-9)
