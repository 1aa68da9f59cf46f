#!/bin/bash
# packages.sh: installs what build.sh needs, for both machines. For Debian 12 and later on amd64 or arm64; needs root.
set -euo pipefail

case $(dpkg --print-architecture) in
    amd64) other=arm64 gcc=gcc-aarch64-linux-gnu ;;
    arm64) other=amd64 gcc=gcc-x86-64-linux-gnu ;;
    *) echo 'packages.sh: for amd64 and arm64' >&2; exit 2 ;;
esac
dpkg --add-architecture $other
apt-get update -q
# rustc-web and cargo-web: the newest Rust, which Debian 12 and 13 keep up to date. Later ones call it rustc.
if apt-cache show rustc-web >/dev/null 2>&1; then flavour=-web; else flavour=; fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "cargo$flavour" "rustc$flavour" "libstd-rust$flavour-dev" "libstd-rust$flavour-dev:$other" \
    gcc lld-19 libc6-dev $gcc libc6-dev-$other-cross git ca-certificates
