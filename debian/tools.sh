#!/bin/bash
# tools.sh: installs what build.sh here and release.sh need beyond cross/packages.sh: cargo-deb and cargo-cyclonedx in the
# versions that they were tried with, from crates.io, and Debian's lintian. Needs root and some minutes.
set -euo pipefail

DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends lintian dpkg-dev liblzma-dev xz-utils
# A debug build takes a third of the time to make, and nobody waits for it later.
for tool in cargo-deb@3.8.0 cargo-cyclonedx@0.5.9; do
    cargo install --locked --quiet --debug "$tool"
done
