#!/bin/bash
# older.sh PACKAGE OUT: the same package under a lower version and with another packaged configuration, to upgrade from.
set -euo pipefail
package=$1 out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dpkg-deb --raw-extract "$package" "$work/tree"
sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/tree/DEBIAN/control"
echo '# the configuration of an older version' >> "$work/tree/etc/mockx/config.toml"
(cd "$work/tree" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | xargs -0 md5sum) > "$work/md5sums"
mv "$work/md5sums" "$work/tree/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Zgzip --build "$work/tree" "$out" >/dev/null
