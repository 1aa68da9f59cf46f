#!/bin/bash
# packages.sh: installs what build.sh needs. For Debian 12 and later on amd64; needs root.
set -euo pipefail

dpkg --add-architecture arm64
apt-get update -q
# rustc-web and cargo-web: the newest Rust that Debian 12 keeps up to date. 13 calls it rustc.
if apt-cache show rustc-web >/dev/null 2>&1; then flavour=-web; else flavour=; fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "cargo$flavour" "rustc$flavour" "libstd-rust$flavour-dev" "libstd-rust$flavour-dev:arm64" \
    gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross git ca-certificates
