#!/bin/sh
# Every month: train, judge, publish. Run it in the project's folder, on a machine with the extra `train`.
# `dvc repro` runs what changed; a source that is a query changes without a file, so it is always read again. The
# pipeline itself holds the gate: a model that does not pass is not published, and the one in use stays. One that does
# becomes `champion`, with a record of why; `predictive-scoring rollback` takes it back.
set -eu
dvc repro --force --single-item extract
dvc repro
predictive-scoring champion lead-won
