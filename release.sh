#!/bin/bash
# release.sh: makes a release of the commit that is checked out, into target/dist: the package and the image for arm64 and
# amd64, the list of what is inside (SBOM), and checksums. The same commit gives the same bytes on every machine with the
# same packages of Debian.
#
# Needs root and Debian 12 on amd64: cross/packages.sh, debian/tools.sh, and buildah. Takes two builds and two steps of linking more,
# 10 to 20 minutes.
set -euo pipefail
cd "$(dirname "$0")"

if [ -n "$(git status --porcelain)" ]; then
    echo 'release.sh: the work tree is not clean; a release is a commit' >&2
    exit 1
fi
export SOURCE_DATE_EPOCH MOCKX_COMMIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
MOCKX_COMMIT=$(git rev-parse HEAD)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
[ "$(dpkg-parsechangelog -l debian/changelog -S Version)" = "$version-1" ] || {
    echo "release.sh: debian/changelog does not begin with $version-1" >&2
    exit 1
}

rm -rf target/dist
# The packages first: the images' programs take the place of theirs.
cross/build.sh arm64 amd64 >/dev/null
for maker in debian image; do
    for arch in arm64 amd64; do $maker/build.sh $arch; done
done

# What is built in; not what tests and benchmarks use. The tool writes beside Cargo.toml, and where that is.
command -v cargo-cyclonedx >/dev/null || cargo install --locked --quiet --debug cargo-cyclonedx@0.5.9
sbom=mockx_$version.cdx
cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --target aarch64-unknown-linux-gnu \
    --override-filename "$sbom"
sed "s|path+file://$PWD|path+file:///mockx|g" "$sbom.json" > "target/dist/$sbom.json"
rm "$sbom.json"

tests/system/sizes.sh
(cd target/dist && sha256sum -- *.deb *.tar *.json | tee SHA256SUMS)
