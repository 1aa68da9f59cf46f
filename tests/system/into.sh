#!/bin/bash
# into.sh ROOT PACKAGE: lays the test and the package, in two versions, into the tree of a guest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1 package=$2
install -D -m 755 "$here/guest.sh" "$root/opt/mockx/guest.sh"
install -m 644 "$package" "$root/opt/mockx/new.deb"
"$here/older.sh" "$package" "$root/opt/mockx/old.deb"
install -D -m 644 "$here/guest.service" "$root/etc/systemd/system/mockx-test.service"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../mockx-test.service "$root/etc/systemd/system/multi-user.target.wants/mockx-test.service"
