#!/bin/bash
# packages.sh: installs what the scripts here need beyond cross/packages.sh and debian/tools.sh. For Debian 12 on amd64;
# needs root.
set -euo pipefail
dpkg --add-architecture arm64
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    mmdebstrap arch-test debian-archive-keyring systemd systemd-container \
    qemu-user-static libc6:arm64 qemu-system-arm kmod cpio e2fsprogs \
    buildah podman crun uidmap netavark docker-compose iproute2 curl python3
