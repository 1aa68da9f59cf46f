#!/usr/bin/env python3
"""A month of a daemon's life in half an hour, with faults: does it grow?

    cargo build && tests/soak/soak.py --seconds 1800        (60 in the gate)

The real daemon replays a month of made-up prices, so fast that it ends with the run, while clients trade, cancel twice,
vanish in the middle of a request, send garbage and read lists. Now and then its disk is full for a moment (as root: the
data directory is a small tmpfs in a mount namespace of its own; else that part is left out) and its configuration is
read again. Closed orders, trades and the candles of minutes go after a day.

Resident memory, size of the file, open descriptors and threads at the end must be within 5 % of what they were after the
first tenth, or within the small steps in which they come (`STEPS`). Then it is stopped and the store is checked.
Needs nothing but Python's own modules.
"""

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

DAYS = 30
SYMBOLS = {"BTC/USDT": 60000.0, "ETH/USDT": 2500.0, "SOL/USDT": 150.0}
CLIENTS = 4
DISK_MIB = 24
# What comes in steps: KiB of memory, KiB of file, descriptors, threads. Memory has room for what fills up in the first month,
# with a debug build: the curve of equity before it is thinned, the store's cache. 160,000 turns that leak show all the same.
STEPS = {"rss_kib": 3072, "file_kib": 512, "descriptors": 4, "threads": 4}
SHARE = 0.05


def recording(path, days):
    """A price a minute of each symbol."""
    chance, prices = random.Random(5), dict(SYMBOLS)
    with open(path, "w", encoding="ascii") as out:
        out.write("timestamp_ms,symbol,last,bid,ask,bid_qty,ask_qty\n")
        for minute in range(days * 1440):
            at = 1_790_000_000_000 + minute * 60_000
            for symbol in prices:
                price = prices[symbol] * (1 + chance.gauss(0, 0.0008))
                # Drawn back to where it began, so that a month of it goes nowhere.
                prices[symbol] = price + (SYMBOLS[symbol] - price) * 0.002
                last = f"{price:.2f}"
                out.write(f"{at},{symbol},{last},{last},{price * 1.0001:.2f},5,5\n")


class Daemon:
    def __init__(self, binary, home, seconds):
        self.data = os.path.join(home, "data")
        os.mkdir(self.data, 0o700)
        rows = os.path.join(home, "month.csv")
        recording(rows, DAYS)
        speed = DAYS * 86400 / seconds
        config = os.path.join(home, "config.toml")
        with open(config, "w", encoding="ascii") as out:
            out.write(f'[oracle]\nsource = "replay:{rows}"\nreplay_pace = {speed:.0f}\nmax_age = "0s"\n')
            out.write('[exchange]\nprune_after = "1d"\nprune_trades_after = "1d"\nprune_every = "2h"\n')
            out.write('expire_after = "12h"\ntick_loop = "10min"\n')
            out.write('[store]\nprice_flush = "300s"\ncandle_minutes = "1d"\ncandle_hours = "2d"\n')
        serve = [binary, "serve", "--config", config, "--data-dir", self.data, "--listen", "127.0.0.1:0"]
        self.small = os.geteuid() == 0
        if self.small:
            mount = f'mount -t tmpfs -o size={DISK_MIB}m,mode=0700 tmpfs "$0" && exec "$@"'
            serve = ["unshare", "--mount", "sh", "-c", mount, self.data, *serve]
        else:
            print("soak: the disk is never full; run it as root for that")
        self.log = os.path.join(home, "log")
        with open(self.log, "wb") as log:
            env = {"PATH": os.environ["PATH"], "HOME": home}
            self.process = subprocess.Popen(serve, stdin=subprocess.DEVNULL, stderr=log, env=env)
        self.pid = self.process.pid
        self.seen = f"/proc/{self.pid}/root{self.data}" if self.small else self.data
        for _ in range(600):
            try:
                with open(f"{self.seen}/endpoint", encoding="ascii") as endpoint:
                    self.address = endpoint.read().strip().removeprefix("http://")
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise SystemExit("soak: the daemon does not start: " + open(self.log).read())
        with open(f"{self.seen}/api-key", encoding="ascii") as key:
            self.key = key.read().strip()

    def figures(self):
        status = open(f"/proc/{self.pid}/status", encoding="ascii").read()
        return {
            "rss_kib": int(re.search(r"VmRSS:\s+(\d+)", status)[1]),
            "file_kib": os.stat(f"{self.seen}/mockx.redb").st_size >> 10,
            "descriptors": len(os.listdir(f"/proc/{self.pid}/fd")),
            "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
        }

    def fill_disk(self):
        """Until there is not a byte left."""
        with open(f"{self.seen}/ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass

    def empty_disk(self):
        os.unlink(f"{self.seen}/ballast")


class Client(threading.Thread):
    def __init__(self, daemon, number, end):
        super().__init__(daemon=True)
        self.target, self.end = daemon, end
        self.chance = random.Random(number)
        self.times, self.codes, self.ids = [], {}, []
        self.connection = None

    def ask(self, method, path, body=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.target.address, timeout=20)
        headers = {"x-api-key": self.target.key, "content-type": "application/json"}
        begun = time.monotonic()
        try:
            self.connection.request(method, path, body and json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            self.count("closed")
            return None
        self.times.append((begun, time.monotonic() - begun))
        self.count(answer.status)
        return json.loads(text) if answer.status < 300 else None

    def count(self, code):
        self.codes[code] = self.codes.get(code, 0) + 1

    def run(self):
        for asset in ("USDT", "BTC", "ETH", "SOL"):
            while self.ask("POST", f"/balance/{asset}/deposit", {"amount": 10_000_000}) is None:
                time.sleep(0.2)
        while time.monotonic() < self.end:
            self.act()
            time.sleep(0.05)

    def act(self):
        symbol = self.chance.choice(list(SYMBOLS))
        side = self.chance.choice(["buy", "sell"])
        what = self.chance.random()
        if what < 0.5:
            price = round(SYMBOLS[symbol] * self.chance.uniform(0.97, 1.03), 2)
            self.place({"symbol": symbol, "side": side, "type": "limit", "amount": 0.1, "limit_price": price})
        elif what < 0.7:
            self.place({"symbol": symbol, "side": side, "amount": 0.1})
        elif what < 0.85 and self.ids:
            order = self.chance.choice(self.ids)
            for _ in range(2):
                self.ask("POST", f"/orders/{order}/cancel")
        elif what < 0.94:
            self.ask("GET", self.chance.choice(["/orders?limit=50", "/trades?limit=50", "/balance", "/admin/health"]))
        elif what < 0.97:
            self.vanish(b"POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        else:
            self.vanish(self.chance.randbytes(200))

    def place(self, order):
        placed = self.ask("POST", "/orders", order)
        if placed:
            self.ids = [*self.ids[-30:], placed["id"]]

    def vanish(self, sent):
        host, port = self.target.address.split(":")
        try:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(sent)
        except OSError:
            pass


def median(samples, key):
    return statistics.median(sample[key] for sample in samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--binary", default="target/debug/mockx")
    parser.add_argument("--checker", help="the program that checks the store in the end, if not the same")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    with tempfile.TemporaryDirectory(prefix="mockx-soak-") as home:
        binary = os.path.abspath(arguments.binary)
        soak(binary, arguments.checker or binary, home, seconds)


def soak(binary, checker, home, seconds):
    daemon = Daemon(binary, home, seconds)
    begun = time.monotonic()
    end = begun + seconds
    clients = [Client(daemon, number, end) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    samples, faults, next_fault = [], 0, begun + seconds / 40
    while time.monotonic() < end:
        time.sleep(seconds / 400)
        if daemon.process.poll() is not None:
            raise SystemExit("soak: the daemon has ended: " + open(daemon.log).read())
        samples.append(daemon.figures())
        if time.monotonic() >= next_fault:
            next_fault += seconds / 20
            faults += 1
            daemon.process.send_signal(signal.SIGHUP)
            if daemon.small:
                daemon.fill_disk()
                time.sleep(min(2.0, seconds / 60))
                daemon.empty_disk()
    for client in clients:
        client.join()
    tenth = len(samples) // 10
    early, late = samples[tenth : 2 * tenth], samples[-tenth:]
    codes, times = {}, sorted(took for client in clients for _, took in client.times)
    for client in clients:
        for code, count in client.codes.items():
            codes[code] = codes.get(code, 0) + count
    failed = []
    print(f"soak: {DAYS} days in {seconds} s, {faults} faults, answers {codes}")
    print(f"soak: an answer took {times[len(times) // 2] * 1000:.1f} ms, 99 % less than "
          f"{times[len(times) * 99 // 100] * 1000:.1f} ms, the slowest {times[-1] * 1000:.0f} ms")
    for key, step in STEPS.items():
        before, after = median(early, key), median(late, key)
        grows = after > before + max(before * SHARE, step)
        failed += [key] * grows
        most = max(sample[key] for sample in samples)
        print(f"soak: {key:12} {before:9.0f} after a tenth, {after:9.0f} at the end ({(after / before - 1) * 100:+.1f} %), "
              f"at most {most}{' TOO MUCH' if grows else ''}")
    log = open(daemon.log, encoding="utf-8").read()
    smaller = re.findall(r"file has (\d+) KiB and had (\d+) KiB; that took (\d+) ms", log)
    if smaller:
        longest = max(int(took) for _, _, took in smaller)
        print(f"soak: the file was made smaller {len(smaller)} times, in at most {longest} ms")
    if daemon.small and 503 not in codes:
        failed.append("no write was refused while the disk was full")
    if not codes.get(200) and not codes.get(201):
        failed.append("nothing was answered")
    # In the daemon's own namespace, which ends with it.
    copy = os.path.join(home, "copy")
    root = os.open(f"{daemon.seen}", os.O_RDONLY)
    daemon.process.send_signal(signal.SIGTERM)
    if daemon.process.wait(60) != 0:
        failed.append(f"the end: {log[-500:]}")
    store = f"/proc/self/fd/{root}/mockx.redb"
    with open(store, "rb") as stored, open(copy, "wb") as out:
        out.write(stored.read())
    os.close(root)
    checked = subprocess.run([checker, "check", copy], capture_output=True, text=True, check=False)
    print(f"soak: {(checked.stdout or checked.stderr).strip()}")
    if checked.returncode:
        failed.append("the store is not sound")
    if failed:
        raise SystemExit(f"soak: FAILED: {failed}\n{log[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
