#!/bin/bash
# tools.sh: installs what build.sh needs beyond cross/packages.sh: cargo-deb in the version that it was tried with, from
# crates.io; and lintian, which looks at the result. Needs root and a minute or two.
set -euo pipefail

DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends lintian dpkg-dev liblzma-dev xz-utils
# A debug build is made in a third of the time, and nobody waits for it later.
cargo install --locked --quiet --debug cargo-deb@3.8.0
