#!/bin/bash
# sizes.sh: holds what debian/build.sh and image/build.sh have made to its limits.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
mib=$((1024 * 1024))
hold() { # FILE BYTES
    local size
    size=$(stat -c %s "$1")
    printf '%10d of at most %10d bytes  %s\n' "$size" "$2" "$1"
    [ "$size" -lt "$2" ]
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for package in target/dist/mockx_"$version"-*.deb; do
    hold "$package" $((3 * mib))
    dpkg-deb --extract "$package" "$work"
    case $package in
        *_arm64.deb) hold "$work/usr/bin/mockx" $((6 * mib)) ;;
        *) hold "$work/usr/bin/mockx" $((8 * mib)) ;;
    esac
done
for image in target/dist/mockx_"$version"_*.image.tar; do
    [ -e "$image" ] || continue
    # As it goes over the wire, and as it lies on the disk.
    gzip -c "$image" > "$work/${image##*/}.gz"
    hold "$work/${image##*/}.gz" 6000000
    hold "$image" $((8 * mib))
done
