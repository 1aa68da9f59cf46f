#!/usr/bin/env bash
# Puts a valkey-server into target/valkey, for MOCKX_TEST_SERVER. Debian 12 has one in its backports only, which are asked
# here and nowhere else on this machine; it runs with the libraries of redis-server.
set -euo pipefail
cd "$(dirname "$0")/../.."
rm -rf target/valkey
mkdir -p target/valkey/{lists,archives}/partial
cd target/valkey
. /etc/os-release
suite=$VERSION_CODENAME
[ "$suite" != bookworm ] || suite=bookworm-backports
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" > sources.list
options=(-q -o "Dir::Etc::SourceList=$PWD/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$PWD/lists"
  -o "Dir::Cache=$PWD" -o APT::Sandbox::User=)
apt-get "${options[@]}" -o "APT::Architectures::=$(dpkg --print-architecture)" update >/dev/null
apt-get "${options[@]}" download valkey-server valkey-tools >/dev/null
for package in ./*.deb; do dpkg-deb --extract "$package" .; done
usr/bin/valkey-server --version
