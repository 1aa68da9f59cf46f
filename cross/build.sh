#!/bin/bash
# build.sh amd64|arm64 [--static]: builds the release binary from Debian's packages alone (packages.sh installs them),
# without a container engine and without rustup. Prints the path of the binary, and nothing else, on stdout.
#
# The same commit gives the same bytes wherever the source tree lies. A tree without its repository wants
# SOURCE_DATE_EPOCH and MOCKX_COMMIT for that. A static binary needs nothing of the system that
# it runs on: it is for the container image.
set -euo pipefail
cd "$(dirname "$0")/.."

arch=$1 kind=${2:-}
case $arch in
    amd64) triple=x86_64-unknown-linux-gnu cc=x86_64-linux-gnu-gcc ;;
    arm64) triple=aarch64-unknown-linux-gnu cc=aarch64-linux-gnu-gcc ;;
    *) echo "build.sh: $arch: amd64 and arm64 are known" >&2; exit 2 ;;
esac

# Debian's, whatever else is in the path.
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

target=$(realpath -m "${CARGO_TARGET_DIR:-target}/debian")
home=${CARGO_HOME:-$HOME/.cargo}
root=$PWD
name=${triple//-/_}
export CARGO_TARGET_DIR=$target
export "CARGO_TARGET_${name^^}_LINKER=$cc" "CC_$name=$cc"

# No path of this machine and no time of day in the result.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
maps=("$target=/target" "$root=/mockx" "$home=/cargo")
flags=
for map in "${maps[@]}"; do flags+=" -ffile-prefix-map=$map"; done
export "CFLAGS_$name=$flags"
separator=$'\x1f'
flags=
for map in "${maps[@]}"; do flags+="${flags:+$separator}--remap-path-prefix=$map"; done
export CARGO_ENCODED_RUSTFLAGS=$flags

# Static: the flag is for the last step alone, which leaves the crates as they are.
out=$target/$triple/release/mockx
last=()
[ "$kind" = --static ] && last=(-- -C target-feature=+crt-static)
/usr/bin/cargo rustc --release --locked --target "$triple" --bin mockx "${last[@]}" >&2
if [ "$kind" = --static ]; then
    cp "$out" "$out-static"
    out+=-static
fi
echo "$out"
