#!/bin/bash
# arm64-ns.sh COMMAND...: runs COMMAND as root in a user namespace of its own in which arm64 programs run through
# qemu-user. The machine's own table of program formats stays as it is. Needs Linux 6.7, root, qemu-user-static.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/go"

export GO=$work/go
unshare --user --mount --pid --fork --kill-child bash -euc '
    read -r _ < "$GO"
    mount -t proc proc /proc
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    # F: the interpreter is opened now, so that it is there after a chroot too.
    sed "s|:[^:]*:[A-Z]*\$|:/usr/bin/qemu-aarch64-static:FPC|" /usr/lib/binfmt.d/qemu-aarch64.conf \
        > /proc/sys/fs/binfmt_misc/register
    exec "$@"' bash "$@" <&0 &
child=$!

# Its users can be mapped once it has left our namespace.
while [ "$(readlink /proc/$child/ns/user)" = "$(readlink /proc/self/ns/user)" ]; do sleep 0.05; done
echo '0 0 65536' > /proc/$child/uid_map
echo '0 0 65536' > /proc/$child/gid_map
echo > "$work/go"
wait $child
