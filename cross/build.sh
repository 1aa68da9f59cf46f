#!/bin/bash
# build.sh amd64|arm64... [--static]: builds the release binary from Debian's packages alone (packages.sh installs them),
# without a container engine and without rustup. Prints the path of the binary, and nothing else, on stdout. Both at once
# take little longer than one: most of the time goes into a last step that keeps one core busy.
#
# The same commit gives the same bytes wherever the source tree lies. A tree without its repository wants
# SOURCE_DATE_EPOCH and MOCKX_COMMIT for that. A static binary needs nothing of the system that
# it runs on: it is for the container image.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian's, whatever else is in the path.
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

target=$(realpath -m "${CARGO_TARGET_DIR:-target}/debian")
export CARGO_TARGET_DIR=$target

# No path of this machine and no time of day in the result, and no tables for unwinding: a panic aborts.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
separator=$'\x1f'
cflags=-fno-asynchronous-unwind-tables
rustflags=-Cforce-unwind-tables=no
for map in "$target=/target" "$PWD=/mockx" "${CARGO_HOME:-$HOME/.cargo}=/cargo"; do
    cflags+=" -ffile-prefix-map=$map"
    rustflags+="$separator--remap-path-prefix=$map"
done
# lld folds functions of the same code into one, and writes what is to be relocated at start in a tenth of the space (glibc 2.36
# reads that).
for flag in -fuse-ld=lld -B/usr/lib/llvm-19/bin -Wl,--icf=all -Wl,-z,pack-relative-relocs \
    -Wl,--no-eh-frame-hdr -Wl,-T,cross/no-unwind.ld; do
    rustflags+="$separator-Clink-arg=$flag"
done
export CARGO_ENCODED_RUSTFLAGS=$rustflags
# For both, whichever is built: what runs during a build is then the same for both, and made once.
for machine in x86_64 aarch64; do
    gcc=$machine-linux-gnu-gcc
    export "CARGO_TARGET_${machine^^}_UNKNOWN_LINUX_GNU_LINKER=$gcc"
    export "CC_${machine}_unknown_linux_gnu=$gcc" "CFLAGS_${machine}_unknown_linux_gnu=$cflags"
done

triples=() last=()
for word in "$@"; do
    case $word in
        amd64) triples+=(x86_64-unknown-linux-gnu) ;;
        arm64) triples+=(aarch64-unknown-linux-gnu) ;;
        # The flag is for the last step alone, which leaves the crates as they are.
        --static) last=(-- -C target-feature=+crt-static) ;;
        *) echo "build.sh: $word: amd64, arm64 and --static are known" >&2; exit 2 ;;
    esac
done
[ ${#triples[@]} -gt 0 ] || { echo 'build.sh: amd64 or arm64?' >&2; exit 2; }

build=(/usr/bin/cargo rustc --release --locked --bin mockx)
if [ ${#last[@]} = 0 ]; then
    "${build[@]}" "${triples[@]/#/--target=}" >&2
fi
for triple in "${triples[@]}"; do
    out=$target/$triple/release/mockx
    if [ ${#last[@]} -gt 0 ]; then
        "${build[@]}" "--target=$triple" "${last[@]}" >&2
        cp "$out" "$out-static"
        out+=-static
    fi
    echo "$out"
done
