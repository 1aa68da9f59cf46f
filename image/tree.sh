#!/bin/bash
# tree.sh amd64|arm64 DIR: lays out in DIR what is in the image.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=$1 tree=$2
binary=$(cross/build.sh "$arch" --static)

rm -rf "$tree"
install -D -m 755 "$binary" "$tree/usr/bin/mockx"
# Live prices, as in the package.
mkdir -p "$tree/etc/mockx" "$tree/var/lib"
sed -f debian/config.sed config.toml > "$tree/etc/mockx/config.toml"
# The name tells mockx that this is the account of the daemon; the last file that names are looked up by DNS.
echo 'mockx:x:10001:10001::/var/lib/mockx:/nonexistent' > "$tree/etc/passwd"
echo 'mockx:x:10001:' > "$tree/etc/group"
echo 'hosts: files dns' > "$tree/etc/nsswitch.conf"
find "$tree" -type d -exec chmod 755 {} +
chmod 644 "$tree"/etc/{passwd,group,nsswitch.conf} "$tree/etc/mockx/config.toml"
find "$tree" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}" {} +
