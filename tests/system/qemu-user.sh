#!/bin/bash
# qemu-user.sh BINARY: the tests of the API, of restarts and of kills against an arm64 binary, which runs in qemu-user; and
# a session that must end in the same digest as on this machine. Needs qemu-user-static and libc6:arm64.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "$1")

wrapper=$(mktemp)
trap 'rm -f "$wrapper"' EXIT
# Without -L, which would mix two C libraries.
printf '#!/bin/sh\nexec /usr/bin/qemu-aarch64-static %s "$@"\n' "$binary" > "$wrapper"
chmod +x "$wrapper"

"$wrapper" --version
export MOCKX_TEST_BINARY=$wrapper
cargo test --locked --test it -- api:: stop:: kill::
cargo test --locked --test it -- --ignored --nocapture another_build_ends_in_the_same_digest
