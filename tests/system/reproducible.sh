#!/bin/bash
# reproducible.sh [amd64|arm64]: builds the package of the commit that is checked out twice, in two clones at different
# places, and compares. Takes two builds.
set -euo pipefail
cd "$(dirname "$0")/../.."
arch=${1:-amd64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for place in one another/place; do
    git clone --quiet --no-local . "$work/$place/mockx"
    (cd "$work/$place/mockx" && env -u CARGO_TARGET_DIR debian/build.sh "$arch" >/dev/null)
done
cd "$work"
sha256sum {one,another/place}/mockx/target/dist/*.deb
cmp one/mockx/target/dist/*.deb another/place/mockx/target/dist/*.deb
