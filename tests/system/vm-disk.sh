#!/bin/bash
# vm-disk.sh ROOT.tar PACKAGE DIR: makes DIR/vmlinuz, DIR/initrd and DIR/disk of a Debian system for vm.sh. Nothing is
# mounted and no loop device is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tar=$1 package=$2 out=$3
mkdir -p "$out"
work=$(mktemp -d --tmpdir=/dev/shm)
trap 'rm -rf "$work"' EXIT

# Debian's kernel, and a busybox for the first steps.
kernel=$(apt-cache depends linux-image-arm64:arm64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\).*/\1/p' | head -1)
(cd "$out" && ls "${kernel%:*}"_*.deb busybox-static_*.deb >/dev/null 2>&1 ||
    apt-get download -qq "${kernel%:*}:arm64" busybox-static:arm64 2>&1 | grep -v unsandboxed || true)
for package_of_guest in "$out/${kernel%:*}"_*.deb "$out"/busybox-static_*.deb; do
    dpkg-deb -x "$package_of_guest" "$work/debs"
done
version=$(ls "$work/debs/lib/modules")
cp "$work/debs/boot/vmlinuz-$version" "$out/vmlinuz"

# The modules that this machine needs; all of them are 290 MB.
from=$work/debs/lib/modules/$version to=$work/modules/lib/modules/$version
mkdir -p "$to"
for module in virtio_mmio virtio_blk virtio-rng ext4 jbd2 mbcache crc16 crc32c_generic libcrc32c autofs4 configfs; do
    file=$(cd "$from" && find kernel -name "$module.ko" | head -1)
    [ -z "$file" ] || install -D -m 644 "$from/$file" "$to/$file"
done
cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
depmod -b "$work/modules" "$version"

mkdir -p "$work/initrd"/{bin,dev,proc,sys,new}
cp "$work/debs/bin/busybox" "$work/initrd/bin/"
cp -r "$work/modules/lib" "$work/initrd/"
cat > "$work/initrd/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /sbin /usr/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in virtio_mmio virtio_blk ext4 crc32c_generic; do modprobe $module; done
for try in $(seq 100); do [ -b /dev/vda ] && break; sleep 0.1; done
mount -t ext4 /dev/vda /new || { echo 'MOCKX FAILED no disk'; poweroff -f; }
mount --move /dev /new/dev
umount /sys /proc
exec switch_root /new /sbin/init
INIT
chmod 755 "$work/initrd/init"
(cd "$work/initrd" && find . | cpio --quiet -o -H newc) > "$out/initrd"

mkdir "$work/root"
tar -C "$work/root" -xf "$tar" --exclude='./dev/*'
mkdir -p "$work/root/usr/lib/modules"
cp -r "$to" "$work/root/usr/lib/modules/"
"$here/into.sh" "$work/root" "$package"
rm -f "$out/disk"
mke2fs -q -t ext4 -d "$work/root" "$out/disk" 700M
