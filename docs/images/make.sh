#!/bin/sh
# Takes the README's pictures anew, from the demo's reports. Needs chromium and ImageMagick; run in the project's folder.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/wayseal demo "$work/demo" --quiet >/dev/null
shot() { # language, window's height, page, picture
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --user-data-dir="$work/chromium" --hide-scrollbars \
        --window-size="1100,$2" --screenshot="$work/$1.png" "file://$3" >/dev/null 2>&1
    convert "$work/$1.png" +dither -colors 128 -strip "PNG8:$4"
}
for lang in en zh; do
    .venv/bin/wayseal trace "$work/demo/ledger" --leaks "$work/demo/leaks.csv" --quiet \
        --format html --lang "$lang" --out "$work/$lang.html"
    shot "$lang" 1130 "$work/$lang.html" "docs/images/report.$lang.png"
    .venv/bin/wayseal detect "$work/demo/ledger" --quiet --format html --lang "$lang" --out "$work/cases.$lang.html"
    shot "$lang" 1400 "$work/cases.$lang.html" "docs/images/cases.$lang.png"
done
