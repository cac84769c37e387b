#!/bin/sh
# Every night: score, hand over, look after. Run it in the project's folder; it stops at the first failure with the
# exit code of what failed (docs/operate.md lists them), and it is safe to run again: what was done is not done twice.
#   MODEL   a bundle's folder, or models:/lead-won@champion
#   SOURCE  the source file
#   DAY     as of when; today by default, another day to make up a missed run
set -eu
umask 077
: "${MODEL:=models/released/won}" "${SOURCE:=data/sources/acme.yaml}" "${DAY:=$(date -u +%F)}"

predictive-scoring score --model "$MODEL" --source "$SOURCE" --as-of "$DAY" --out "scores/$DAY" --latest
predictive-scoring export --scores "scores/$DAY" --to "lists/$DAY.xlsx" --lang es --top 500
predictive-scoring monitor --model "$MODEL" --source "$SOURCE" --scores scores --as-of "$DAY" --out monitor
