#!/bin/bash
# guest.sh: the life of the package on a Debian with a real systemd. nspawn.sh and vm.sh put it into their guest, where
# guest.service runs it once at boot. It writes to the console:
#
#   MOCKX ok|FAILED what       one line a check
#   MOCKX figure NAME VALUE    what was measured
#   MOCKX ACK ORDER            an order that was answered before the power cut, as it was answered
#   MOCKX end N passed, N failed
#
# /opt/mockx holds old.deb and new.deb: the same program under two versions, the old one with another configuration.
set -u
exec > /dev/console 2>&1
cd /opt/mockx || exit 1
export DEBIAN_FRONTEND=noninteractive

base=http://127.0.0.1:8000
drop_in=/run/systemd/system/mockx.service.d
passed=0 failed=0

say() { echo "MOCKX $*"; }
check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        say "ok $what"
    else
        failed=$((failed + 1))
        say "FAILED $what: $*"
        journalctl -u mockx --no-pager -o short-monotonic -n 15
    fi
}
finish() {
    say "end $passed passed, $failed failed"
    sync
    systemctl poweroff --no-block
    exit 0
}

# Whether a command succeeds within a minute.
soon() {
    local tries
    for tries in $(seq 300); do
        "$@" && return 0
        sleep 0.2
    done
    return 1
}
is() { [ "$1" = "$2" ] || { echo "$1, not $2"; false; }; }
below() { [ "$1" -lt "$2" ] || { echo "$1, not below $2"; false; }; }
get() { curl -fsS --max-time 10 "$base$1"; }
answers() { curl -fs --max-time 2 -o /dev/null "$base/admin/health"; }
priced() { curl -fs --max-time 2 -o /dev/null "$base/readyz"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; } # of the JSON on stdin, the last one of that name
digest() { get /admin/health | field digest; }
property() { systemctl show mockx -P "$1"; }
key() { echo "x-api-key: $(cat /var/lib/mockx/api-key)"; }
post() { curl -fsS --max-time 10 -H "$(key)" --json "$2" "$base$1"; }
install_package() { apt-get install -y -qq --allow-downgrades -o Dpkg::Options::=--force-confold "$1" 2>&1 | sed 's/^/  /'; }
settled() { [ -z "$(get '/orders?status=new,partially_filled&type=market' | tr -d '[]')" ]; }
filled() { [ "$(get "/orders/$1" | field status)" = filled ]; }
states() { journalctl -u mockx --no-pager -o cat | grep -q "$1"; }

# Simulated prices instead of the live ones, as a person would edit the file.
edit_config() {
    sed -i 's/^source = .*/source = "sim"/; s/^#audit_every = .*/audit_every = "2s"/' /etc/mockx/config.toml
    echo '# a line of the owner' >> /etc/mockx/config.toml
}

first_install() {
    check 'apt installs the package' install_package /opt/mockx/old.deb
    check 'the service is started' soon systemctl is-active --quiet mockx
    check 'the service is enabled' systemctl is-enabled --quiet mockx
    check 'it answers' soon answers
    check 'without a network it is alive and not ready' is "$(curl -s -o /dev/null -w '%{http_code}' $base/readyz)" 503
    check 'and says why in the journal' soon states binance
    check 'the packaged configuration is right' mockx check-config
    check 'the configuration is not for everybody' is "$(stat -c '%a %U %G' /etc/mockx/config.toml)" '640 root mockx'
    check 'nor is the state' is "$(stat -c '%a %U %G' /var/lib/mockx)" '750 mockx mockx'
    edit_config
    check 'the edited configuration is right' mockx check-config
    check 'it restarts with it' systemctl restart mockx
    check 'it has prices' soon priced
}

# The session of the README.
trade() {
    check 'README: a ticker' get /tickers/BTC/USDT
    check 'README: the wallet is filled' mockx fund USDT 100000
    local order
    order=$(post /orders '{"symbol":"BTC/USDT","side":"buy","amount":0.1}')
    check 'README: a market order' test -n "$order"
    check 'README: it is filled' soon filled "$(echo "$order" | field id)"
    check 'README: a limit order by the command' mockx order BTC/USDT buy 0.1 --price 60000
    check 'README: the balance' get /balance
    check 'README: the overview' mockx overview-capital
}

accounts() {
    useradd --create-home member --groups mockx
    useradd --create-home stranger
    check 'a member of the group needs no setting' runuser -u member -- mockx deposit USDT 1
    check 'the journal reads well' states 'listening\|http://'
    check 'a stranger may not change anything' is "$(runuser -u stranger -- mockx deposit USDT 1 >/dev/null 2>&1; echo $?)" 1
}

measure() {
    local start end
    systemctl stop mockx
    start=$(date +%s%N)
    systemctl start mockx
    soon answers
    end=$(date +%s%N)
    say "figure start_to_200_ms $(((end - start) / 1000000))"
    sleep 12 # idle is what it is after a while
    local rss
    rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(property MainPID)/status")
    say "figure idle_rss_kib $rss"
    check 'idle memory is below 16 MiB' below "$rss" 16384
}

restart() {
    soon settled
    local before
    before=$(digest)
    check 'restart' systemctl restart mockx
    check 'it answers after the restart' soon answers
    check 'the digest is the same after a restart' is "$(digest)" "$before"
}

# Keys and reloads.
settings() {
    echo 'a-key-of-the-owner' | install -m 600 /dev/stdin /etc/mockx/api_key
    check 'it starts with a key of the owner' systemctl restart mockx
    check 'it takes over the key' is "$(cat /var/lib/mockx/api-key)" a-key-of-the-owner
    check 'and wants it' post /balance/USDT/deposit '{"amount":1}'
    rm /etc/mockx/api_key
    check 'a key is not needed' systemctl restart mockx
    sed -i 's/^#level = .*/level = "debug"/' /etc/mockx/config.toml
    check 'it reloads' systemctl reload mockx
    check 'and says what has changed' soon states 'reloaded: log.level'
    sed -i 's/^level = .*/level = "info"/' /etc/mockx/config.toml
    sed -i 's/^source = .*/source = "nowhere"/' /etc/mockx/config.toml
    check 'a wrong configuration does not start' is "$(systemctl restart mockx 2>/dev/null; echo $?)" 1
    check 'and is named in the journal' states nowhere
    sed -i 's/^source = .*/source = "sim"/' /etc/mockx/config.toml
    systemctl reset-failed mockx
    check 'a right one does' systemctl restart mockx
}

# The socket unit, which the package has as an example.
socket() {
    cp /usr/share/doc/mockx/examples/mockx.socket /run/systemd/system/
    systemctl daemon-reload
    systemctl stop mockx
    systemctl start mockx.socket
    check 'with the socket unit a client starts the daemon' soon answers
    (
        while [ ! -e /run/enough ]; do get /healthz >/dev/null || echo refused; done
    ) > /run/refused 2>&1 &
    local client=$!
    check 'it restarts under load' systemctl restart mockx
    sleep 1
    touch /run/enough
    wait $client
    check 'and no client was refused' is "$(cat /run/refused)" ''
    systemctl stop mockx mockx.socket
    rm /run/systemd/system/mockx.socket
    systemctl daemon-reload
    systemctl start mockx
}

# A Valkey on the same machine (or the Redis of older Debians), which is told what happens.
beside_valkey() {
    local client
    client=$(command -v valkey-cli redis-cli | head -1)
    check 'a Valkey runs beside it' soon has_member "$client" PONG ping
    echo 'REDIS_URL=redis://127.0.0.1:6379/0' | install -m 600 /dev/stdin /etc/mockx/environment
    check 'it restarts with a mirror in it' systemctl restart mockx
    soon answers
    check 'readers of the Valkey see the balances' soon has_member "$client" USDT hkeys balances
    check 'and the orders' soon has_member "$client" 000000000001 hkeys orders
    soon settled
    check 'the mirror holds what the exchange has' soon mockx mirror verify
    rm /etc/mockx/environment
    check 'it restarts without it' systemctl restart mockx
    soon answers
}
has_member() { # CLIENT MEMBER COMMAND...
    local client=$1 member=$2
    shift 2
    "$client" "$@" | grep -qxF "$member"
}

watchdog() {
    [ "$(property Type)" = notify ] || { check 'the service is of Type=notify' false; return; }
    mkdir -p $drop_in
    printf '[Service]\nWatchdogSec=6s\n' > $drop_in/test.conf
    systemctl daemon-reload
    systemctl restart mockx
    local before old
    before=$(digest) old=$(property MainPID)
    kill -STOP "$old"
    check 'the watchdog restarts a hung executor' soon restarted "$old"
    check 'it answers again' soon answers
    check 'the digest is the same after that' is "$(digest)" "$before"
    check 'the journal names the watchdog' states 'Watchdog timeout'
    rm -r $drop_in
    systemctl daemon-reload
    systemctl restart mockx
}
restarted() {
    local now
    now=$(property MainPID)
    [ "$now" != 0 ] && [ "$now" != "$1" ]
}

memory_limit() {
    local group=/sys/fs/cgroup$(property ControlGroup)
    check 'the memory limit is set' is "$(property MemoryMax)" 268435456
    # Containers of nspawn.sh have no memory controller.
    [ -e "$group/memory.max" ] || return 0
    check 'the kernel holds the limit' is "$(cat "$group/memory.max")" 268435456
    say "figure memory_current_kib $(($(cat "$group/memory.current") / 1024))"
    local before
    before=$(digest)
    mkdir -p $drop_in
    # Less than it needs to start: the kernel has to step in.
    printf '[Service]\nMemoryHigh=infinity\nMemoryMax=256K\nMemorySwapMax=0\n' > $drop_in/test.conf
    systemctl daemon-reload
    timeout 20 systemctl restart mockx
    check 'above its limit it is killed' soon killed_for_memory
    rm -r $drop_in
    systemctl daemon-reload
    systemctl reset-failed mockx
    systemctl restart mockx
    check 'and goes on with room' soon answers
    check 'the digest is the same after that' is "$(digest)" "$before"
}
killed_for_memory() { journalctl -u mockx -o cat --no-pager | grep -q 'oom-kill\|OOM killer'; }

upgrade() {
    soon settled
    local before old
    before=$(digest) old=$(property MainPID)
    check 'apt upgrades the package' install_package /opt/mockx/new.deb
    check 'the new one runs' restarted "$old"
    check 'it answers after the upgrade' soon answers
    check 'the digest is the same after the upgrade' is "$(digest)" "$before"
    check 'the edited configuration is kept' grep -q 'a line of the owner' /etc/mockx/config.toml
    check 'the new one lies beside it' test -e /etc/mockx/config.toml.dpkg-dist
}

papers() {
    check 'there is a manual page' test -e /usr/share/man/man1/mockx.1.gz
    check 'and one for the configuration' test -e /usr/share/man/man5/mockx.toml.5.gz
    check 'bash completes' bash -c '. /usr/share/bash-completion/completions/mockx && complete -p mockx'
    check 'it says its version' mockx --version
}

remove() {
    local before
    before=$(digest)
    check 'apt removes the package' apt-get remove -y -qq mockx
    check 'the service is gone' is "$(systemctl is-active mockx)" inactive
    check 'the program is gone' test ! -e /usr/bin/mockx
    check 'the state is kept' test -e /var/lib/mockx/mockx.redb
    check 'the configuration is kept' test -e /etc/mockx/config.toml
    check 'apt installs it again' install_package /opt/mockx/new.deb
    check 'it answers again' soon answers
    check 'nothing was lost' is "$(digest)" "$before"
    check 'apt purges the package' apt-get purge -y -qq mockx
    check 'the state is gone' test ! -e /var/lib/mockx
    check 'the configuration is gone' test ! -e /etc/mockx
    check 'the unit is gone' is "$(systemctl show mockx -P LoadState)" not-found
}

# Orders until the power is cut: four clients, each prints what was answered.
order_until_the_end() {
    install_package /opt/mockx/new.deb
    edit_config
    systemctl restart mockx
    soon priced
    mockx fund USDT 1000000 >/dev/null
    touch ordering
    sync
    say 'orders from here on'
    local header client
    header=$(key)
    for client in 1 2 3 4; do
        while :; do
            # Far below the market: it stays as it was answered.
            order=$(curl -fsS -H "$header" --json \
                "{\"symbol\":\"BTC/USDT\",\"side\":\"buy\",\"type\":\"limit\",\"amount\":0.001,\"price\":$client}" \
                $base/orders) && say "ACK $order"
        done &
    done
    wait
}

after_the_power_cut() {
    check 'it starts at boot after the power cut' soon answers
    check 'the store takes writes' mockx deposit USDT 1
    sleep 5
    check 'the books add up' is "$(get /admin/health | field audit_failure)" null
    # One line an order; a flat object holds no brace.
    get '/orders?status=new' | sed 's/^\[//; s/\]$//; s/},{/}\n{/g; $a\' | sed 's/^/MOCKX KEPT /'
    clock_of_a_pi
}

# A Pi has no battery for its clock: it may start in 1970, and jump when the network tells the time.
clock_of_a_pi() {
    local now order
    now=$(date +%s)
    systemctl stop mockx
    date -s @3600 >/dev/null
    systemctl start mockx
    check 'it starts in 1970' soon priced
    order=$(mockx order BTC/USDT buy 0.001 --price 1 | field id)
    check 'and takes orders' test -n "$order"
    date -s "@$((now + 60))" >/dev/null
    sleep 5
    check 'nothing expires when the clock jumps' is "$(get "/orders/$order" | field status)" new
    order=$(mockx order BTC/USDT buy 0.001 | field id)
    check 'orders fill after the jump' soon filled "$order"
    check 'the jump was seen' test "$(get /admin/health | field steps)" -ge 1
    check 'the books still add up' is "$(get /admin/health | field audit_failure)" null
}

say "$(uname -m), Linux $(uname -r), $(systemctl --version | head -1)"
if [ -e ordering ]; then
    after_the_power_cut
    finish
fi
first_install
trade
accounts
measure
restart
settings
socket
beside_valkey
watchdog
memory_limit
upgrade
papers
remove
systemd-detect-virt --quiet --container && finish
say "life $passed passed, $failed failed"
order_until_the_end
