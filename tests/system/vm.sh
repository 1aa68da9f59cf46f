#!/bin/bash
# vm.sh PACKAGE [SUITE]: the life of the arm64 package on a whole emulated machine, with a power cut in the middle of
# orders and a clock that begins in 1970. Needs root; README.md says which packages. Takes 3 to 10 minutes, and once as
# much for the system, which is kept in target/system.
#
# The machine has 512 MB, as the smaller Pis do. The power cut is a SIGKILL of the emulator: what the guest had in memory
# is gone, what it had brought to the disk is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$1 suite=${2:-bookworm}
cache=$here/../../target/system
tar=$cache/arm64-$suite.tar
log=$cache/vm.log
mkdir -p "$cache"
[ "$tar" -nt "$here/root.sh" ] || "$here/root.sh" arm64 "$suite" "$tar"
"$here/vm-disk.sh" "$tar" "$package" "$cache/vm"
: > "$log"

emulator=
trap '[ -z "$emulator" ] || kill -9 "$emulator" 2>/dev/null || true' EXIT
boot() {
    qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m 512 -accel tcg,thread=multi -nographic -no-reboot -nic none \
        -kernel "$cache/vm/vmlinuz" -initrd "$cache/vm/initrd" \
        -drive "file=$cache/vm/disk,if=none,id=disk,format=raw,cache=writeback" -device virtio-blk-device,drive=disk \
        -append 'console=ttyAMA0 panic=-1 quiet systemd.show_status=false systemd.firstboot=off' \
        </dev/null >> "$log" 2>&1 &
    emulator=$!
}
# Waits until the log has so many lines that match, or the machine or the time is at its end.
until_log() { # COUNT PATTERN SECONDS
    local end=$((SECONDS + $3))
    while [ "$(grep -c "$2" "$log")" -lt "$1" ]; do
        [ $SECONDS -lt $end ] || { echo "vm.sh: no $2 after $3 s" >&2; return 1; }
        kill -0 "$emulator" 2>/dev/null || { echo "vm.sh: the machine ended before $2" >&2; return 1; }
        sleep 0.1
    done
}
show() { tr -d '\r' < "$log" | grep -a '^MOCKX' | grep -av 'ACK\|KEPT' || true; }
given_up() { show; tr -d '\r' < "$log" | tail -n 20; exit 1; }

boot
until_log 1 'MOCKX life' 1200 || given_up
until_log 100 'MOCKX ACK' 300 || given_up
sleep "0.$((RANDOM % 10))"
kill -9 $emulator
wait $emulator 2>/dev/null || true

boot
until_log 1 'MOCKX end' 600 || given_up
until_end=$((SECONDS + 60))
while kill -0 $emulator 2>/dev/null && [ $SECONDS -lt $until_end ]; do sleep 0.2; done
show

# The last line may have been cut in the middle; a whole one ends with a brace.
orders() { tr -d '\r' < "$log" | sed -n 's/^MOCKX '"$1"' \({"id":.*"updated_at":[0-9]*}\)$/\1/p' | sort -u; }
acknowledged=$(orders ACK | wc -l)
lost=$(comm -23 <(orders ACK) <(orders KEPT))
if [ -n "$lost" ]; then
    echo "MOCKX FAILED acknowledged before the power cut and not there as it was after it:"
    echo "$lost"
    exit 1
fi
echo "MOCKX ok all of $acknowledged acknowledged orders are there as they were"
[ "$acknowledged" -ge 90 ]
tr -d '\r' < "$log" | grep -q '^MOCKX life [0-9]* passed, 0 failed$'
tr -d '\r' < "$log" | grep -q '^MOCKX end [0-9]* passed, 0 failed$'
