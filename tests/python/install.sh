#!/usr/bin/env bash
# Puts the Python packages that the tests want into target/python, an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv target/python
target/python/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
