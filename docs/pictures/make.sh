#!/bin/sh
# Makes the pictures of the page again: the top of a page, 1200 by 1400 pixels, reduced to 256 colours.
# Run it at the root of the repository once the pages are there; CHROMIUM and PYTHON name other programs.
#   sh docs/pictures/make.sh [FOLDER NAME]
# FOLDER holds report.en.html and report.es.html (the demo's by default); NAME names the pictures (report by default).
set -eu

pages=$(cd "${1:-data/reports/won}" && pwd)
name=${2:-report}
pictures=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for language in en es; do
  picture="$pictures/$name.$language.png"
  "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --virtual-time-budget=15000 \
    --user-data-dir="$scratch" --window-size=1200,1400 --screenshot="$scratch/page.png" \
    "file://$pages/report.$language.html" 2>"$scratch/chromium.log" || { cat "$scratch/chromium.log" >&2; exit 1; }
  "${PYTHON:-python}" -c '
import sys
from PIL import Image
page = Image.open(sys.argv[1]).convert("RGB")
page.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(sys.argv[2], optimize=True)
' "$scratch/page.png" "$picture"
done
