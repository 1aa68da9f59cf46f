#!/bin/bash
# nspawn.sh PACKAGE [SUITE]: the life of the amd64 package under a real systemd, in a container of systemd-nspawn that
# has no network. Needs root; README.md says which packages. Takes about a minute, and once some minutes for the system,
# which is kept in target/system. Works also where PID 1 is not systemd.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$1 suite=${2:-bookworm}
cache=$here/../../target/system
tar=$cache/amd64-$suite.tar
mkdir -p "$cache"
[ "$tar" -nt "$here/root.sh" ] || "$here/root.sh" amd64 "$suite" "$tar"

work=$(mktemp -d --tmpdir=/dev/shm)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
tar -C "$work/root" -xf "$tar" --exclude=./dev
mkdir -p "$work/root/dev"
"$here/into.sh" "$work/root" "$package"

# nspawn wants a plain tree of control groups and a folder /run to write to.
unshare --mount --propagation private bash -euc '
    mount -t tmpfs -o mode=755 tmpfs /run
    umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec timeout --kill-after=10 600 systemd-nspawn --quiet --register=no --keep-unit --boot --private-network \
        --machine=mockx-test --directory="$1" systemd.show_status=false' bash "$work/root" </dev/null |
    tr -d '\r' | tee "$work/log" | grep --line-buffered -v 'Reading database' || true

grep -q '^MOCKX end [0-9]* passed, 0 failed$' "$work/log"
