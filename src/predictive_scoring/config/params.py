"""params.yaml as one frozen model: a block a stage."""

from pathlib import Path

from pydantic import Field

from predictive_scoring.config.audit import Audit
from predictive_scoring.config.base import Block
from predictive_scoring.config.engine import Engine
from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.features import Features
from predictive_scoring.config.monitor import Monitor
from predictive_scoring.config.parse import parse_block, read_yaml
from predictive_scoring.config.publish import Publish
from predictive_scoring.config.report import Report
from predictive_scoring.config.score import Score
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target, TargetName
from predictive_scoring.config.tracking import Tracking
from predictive_scoring.config.train import Train
from predictive_scoring.config.value import Value


class Params(Block):
    """Everything that steers the pipeline; the only file a user turns knobs in."""

    source: Path = Field(description="The source file that says where the history lies.")
    targets: dict[TargetName, Target] = Field(min_length=1, description="One model for each entry.")
    simulate: Simulate = Simulate()
    engine: Engine = Engine()
    extract: Extract = Extract()
    snapshots: Snapshots = Snapshots()
    features: Features = Features()
    split: Split = Split()
    audit: Audit = Audit()
    train: Train = Train()
    value: Value = Value()
    evaluate: Evaluate = Evaluate()
    publish: Publish = Publish()
    score: Score = Score()
    report: Report = Report()
    monitor: Monitor = Monitor()
    tracking: Tracking = Tracking()


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Return the parsed and checked params.yaml.

    Raises
    ------
    ConfigurationError
        If the file is missing, is not YAML, or breaks the schema; every problem is listed at once.
    """
    return parse_block(Params, read_yaml(path), where=str(path))
