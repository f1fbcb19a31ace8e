#!/bin/sh
# Takes the README's pictures anew, from the demo's report. Needs chromium and ImageMagick; run in the project's folder.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/wayseal demo "$work/demo" --quiet >/dev/null
for lang in en zh; do
    .venv/bin/wayseal trace "$work/demo/ledger" --leaks "$work/demo/leaks.csv" --quiet \
        --format html --lang "$lang" --out "$work/$lang.html"
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,1130 \
        --screenshot="$work/$lang.png" "file://$work/$lang.html" >/dev/null 2>&1
    convert "$work/$lang.png" +dither -colors 128 -strip "PNG8:docs/images/report.$lang.png"
done
