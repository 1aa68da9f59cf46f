#!/bin/bash
# image.sh IMAGE.tar: runs the image in podman as a careful person would: read-only, without rights, with a volume. It
# must get healthy, answer, and keep its state when the container goes. Needs root, podman and crun.
#
# Works also where PID 1 is not systemd: then podman gets a plain tree of control groups and none of its own.
set -euo pipefail
image=$1
here=$(cd "$(dirname "$0")" && pwd)
if [ "${2:-}" != inside ]; then
    exec unshare --mount --net --propagation private bash -euc '
        ip link set lo up 2>/dev/null || true
        mount -t tmpfs -o mode=755 tmpfs /run
        umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        exec "$@"' bash "$here/image.sh" "$image" inside
fi

store=$(mktemp -d)
printf '[network]\nnetwork_backend = "netavark"\n' > "$store/containers.conf"
export CONTAINERS_CONF=$store/containers.conf
pod() { podman --root "$store" --runroot /run/pod --storage-driver vfs --cgroup-manager cgroupfs --events-backend file --log-level fatal "$@"; }
trap 'pod rm --all --force --time 5 >/dev/null 2>&1 || true; rm -rf "$store"' EXIT
name=$(pod load --quiet --input "$image" | sed -n '$s/^Loaded image[^:]*: *//p')
echo "image: $name, $(pod image inspect --format '{{.Size}}' "$name") bytes"
pod volume create state >/dev/null

start() {
    pod run --detach --name mockx --network host --read-only --cap-drop all --security-opt no-new-privileges \
        --ulimit nofile=1024:4096 --ulimit nproc=1024:4096 --cgroups=disabled --volume state:/var/lib/mockx \
        --env EXCHANGE=sim "$name" >/dev/null
    for try in $(seq 150); do pod healthcheck run mockx >/dev/null 2>&1 && return; sleep 0.2; done
    pod logs mockx
    return 1
}
digest() { curl -fsS http://127.0.0.1:8000/admin/health | sed 's/.*"digest":"\([^"]*\)".*/\1/'; }

start
echo "healthy, as user $(stat -c %u:%g "/proc/$(pod inspect --format '{{.State.Pid}}' mockx)")"
pod exec mockx mockx --version
pod exec mockx mockx fund USDT 1000 >/dev/null
pod exec mockx mockx order BTC/USDT buy 0.001 --price 1 >/dev/null
before=$(digest)
pod stop --time 10 mockx >/dev/null
pod rm mockx >/dev/null
start
[ "$(digest)" = "$before" ]
echo "the digest $before is the same in a new container"
