#!/usr/bin/env bash
# Makes the locks anew from pyproject.toml: hashed, host-free, one resolution for Python 3.11 to 3.13.
# Needs uv on the PATH (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."
uv lock
export_lock() { uv export --quiet --frozen --no-emit-project --no-header --no-annotate --no-default-groups "${@:2}" -o "requirements/$1.lock"; }
export_lock score
export_lock demo --extra train --extra report --group build
export_lock dev --extra dev --group build
export_lock all --all-extras --group build
# Its own Python: Featuretools wants a pandas before 3. Only benchmarks/features.py calls it.
printf 'featuretools>=1.31,<2\npandas>=2.2,<3\npyarrow>=22,<27\n' |
  uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate - -o requirements/featuretools.lock
