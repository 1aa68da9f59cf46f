#!/bin/bash
# build.sh amd64|arm64: builds the image with buildah, without a daemon and without the network, and prints the path of its
# tarball (docker load, podman load). The same commit gives the same bytes. Needs root, buildah and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=$1
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
mkdir -p target/dist
work=$(mktemp -d)
trap 'buildah --root "$work/storage" --storage-driver vfs rmi --all --force >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
image/tree.sh "$arch" "$work/context/tree"
mkdir "$work/context/state"

# The last stage alone: the tree takes the place of the first one.
sed '1,/^FROM scratch/ { /^FROM scratch/!d }; s/ --from=build / /; s| /tree/| tree/|; s| /state/| state/|' Dockerfile > "$work/Dockerfile"
store=(--root "$work/storage" --runroot "$work/run" --storage-driver vfs)
buildah "${store[@]}" bud --quiet --log-level error --isolation chroot --format docker --platform "linux/$arch" \
    --timestamp "$SOURCE_DATE_EPOCH" --tag "localhost/mockx:$version" --file "$work/Dockerfile" "$work/context" >&2
buildah "${store[@]}" push --quiet "localhost/mockx:$version" "docker-archive:$work/image.tar:mockx:$version" >&2
out=target/dist/mockx_${version}_$arch.image.tar
python3 image/settle.py "$work/image.tar" "$out"
echo "$out"
