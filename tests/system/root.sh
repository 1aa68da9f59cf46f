#!/bin/bash
# root.sh amd64|arm64 SUITE FILE.tar: makes a small Debian with systemd as PID 1, for nspawn.sh and vm.sh.
# Needs root, mmdebstrap, arch-test, and for arm64 qemu-user-static.
set -euo pipefail
arch=$1 suite=$2 file=$3
here=$(cd "$(dirname "$0")" && pwd)

# What stands beside mockx on many a machine: Valkey, which Debian 12 does not have yet.
valkey=valkey-server
[ "$suite" != bookworm ] || valkey=redis-server

wrap=()
[ "$arch" = "$(dpkg --print-architecture)" ] || wrap=("$here/arm64-ns.sh")

# No getty: it hangs up the console that the test writes to. No documentation, to be small.
# In memory, and without waiting for the disk after each file: nobody will miss a half-made system.
export TMPDIR=/dev/shm
"${wrap[@]}" mmdebstrap --quiet --mode=root --format=tar --architectures="$arch" --variant=minbase \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/mockx/*' \
    --include=systemd,systemd-sysv,udev,curl,dbus,$valkey \
    --customize-hook='for unit in console-getty.service serial-getty@.service getty@.service; do
        ln -sf /dev/null "$1/etc/systemd/system/$unit"; done' \
    --customize-hook='printf "127.0.0.1 localhost\n::1 localhost\n" > "$1/etc/hosts"' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
    "$suite" "$file.part"
mv "$file.part" "$file"
