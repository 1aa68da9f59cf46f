#!/bin/bash
# build.sh amd64|arm64: builds the package from what cross/build.sh makes, and prints its path. tools.sh installs what
# this needs. The same commit gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

arch=$1
case $arch in
    amd64) triple=x86_64-unknown-linux-gnu ;;
    arm64) triple=aarch64-unknown-linux-gnu ;;
    *) echo "build.sh: $arch: amd64 and arm64 are known" >&2; exit 2 ;;
esac
cross/build.sh "$arch" >/dev/null
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

# What the package holds beyond files of the repository; Cargo.toml names both.
stage=target/package
rm -rf "$stage"
mkdir -p "$stage" target/dist
sed -f debian/config.sed config.toml > "$stage/config.toml"
for key in source symbols; do
    [ "$(grep -c "^$key = " "$stage/config.toml")" = 1 ] || { echo "debian/config.sed has missed $key" >&2; exit 1; }
done
cargo run --quiet --locked --example manual -- "$stage/manual" >&2
gzip -9 --no-name "$stage"/manual/*.[15]
gzip -9 --no-name --stdout CHANGELOG.md > "$stage/changelog.gz"

version=$(dpkg-parsechangelog -l debian/changelog -S Version)
package=target/dist/mockx_${version}_$arch.deb
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/debian
# The strip of this machine knows one architecture; cargo has stripped the binary already.
cargo deb --quiet --locked --target "$triple" --no-build --no-strip --deb-version "$version" --output "$package" >&2
echo "$package"
