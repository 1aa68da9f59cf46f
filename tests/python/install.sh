#!/usr/bin/env bash
# Puts the Python packages that the tests want into environments of their own under target/: clients of Binance do not go
# together with each other, or with another version of themselves.
set -euo pipefail
cd "$(dirname "$0")/../.."
install() {
  python3 -m venv "target/$1"
  "target/$1/bin/python3" -m pip install --quiet --disable-pip-version-check -r "$2"
}
install python tests/python/requirements.txt
for list in ccxt-latest ccxt-4.4.20 freqtrade; do
  install "python-$list" "tests/python/binance/$list.txt"
done
