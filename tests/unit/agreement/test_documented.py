"""The agreement that the documentation shows whole is one, and shows every part."""

from pathlib import Path

import yaml

from predictive_scoring.agreement.definition import Agreement, Condition, Criterion, Version
from predictive_scoring.agreement.terms import HandOff

PAGE = Path(__file__).parents[3] / "docs" / "agreement.md"


def test_the_documented_agreement_is_one_and_has_every_part() -> None:
    text = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    (version,) = yaml.safe_load(text)["versions"]
    Agreement.model_validate({"versions": [version]})
    assert version.keys() == Version.model_fields.keys()
    assert version["hand_off"].keys() == HandOff.model_fields.keys()
    assert version["mql"]["any_of"][1].keys() == Condition.model_fields.keys()
    shown = {key for criterion in version["profile"] for key in criterion}
    assert Criterion.model_fields.keys() - shown == {"at_most"}  # said in the table below
    assert "`at_most`" in PAGE.read_text(encoding="utf-8")
