#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The Debian package of the last commit in a bare Debian 12: installed, served from, purged. As root:
#
#   tests/check/package.sh [--keep DIR]      DIR: a root file system as fresh_root.sh makes it
#
# Ends with "the package works", or with the step that did not.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d /var/tmp/faxpost-package.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
[ "${1:-}" != --keep ] || root=$2

"$here/../../packaging/deb" "$work/deb" >/dev/null
"$here/fresh_root.sh" --keep "$root" true
cp "$work/deb"/faxpost_*.deb "$root/root/faxpost.deb"
cat >"$root/root/try.sh" <<'TRY'
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
fail() { echo "package.sh: $1" >&2; exit 1; }
roles() { cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^faxpost-' || true; }
until_true() { for _ in $(seq 300); do eval "$1" && return 0; sleep 0.2; done; return 1; }

apt-get -q update >/dev/null
apt-get -q -y install --no-install-recommends /root/faxpost.deb >/root/apt.log 2>&1 || { tail /root/apt.log; fail "apt refuses it"; }
getent passwd faxpost faxpost-net >/dev/null || fail "its accounts are missing"
grep -q '^#smtp_listen = ' /etc/faxpost/faxpost.conf || fail "faxpost.conf does not show what could stand in it"
[ -s /usr/share/man/man1/faxpost.1.gz ] && [ -s /usr/share/man/man5/faxpost.conf.5.gz ] || fail "its man pages are missing"
[ "$(stat -c '%a %U' /usr/lib/cups/backend/faxpost)" = "700 root" ] || fail "CUPS would not run its backend as root"
[ -s /usr/share/ppd/faxpost/faxpost.ppd ] || fail "its PPD file is missing"
grep -q "^profile faxpost " /etc/apparmor.d/faxpost || fail "its AppArmor profile is missing"
bash -n /usr/share/bash-completion/completions/faxpost.bash || fail "bash cannot read its completion"

faxpost serve 2>/root/serve.log &
until_true '[ -e /var/lib/faxpost/run/ready ]' || { cat /root/serve.log; fail "it does not get ready"; }
faxpost status >/root/status.txt || fail "it does not answer"
for process in /proc/[0-9]*; do
    name=$(cat "$process/comm" 2>/dev/null) || continue
    case "$name" in
    faxpost-parent) ;;
    faxpost-*) [ "$(stat -c %U "$process")" != root ] || fail "$name runs as root" ;;
    esac
done
# An upgrade, as far as a root without systemd shows it: what runs goes on until it may begin anew, in the same process.
parent=$(cat /var/lib/faxpost/run/ready)
queue=$(sed -n 's/^queue 0 [0-9]* //p' /var/lib/faxpost/run/roles)
apt-get -q -y install --reinstall --no-install-recommends /root/faxpost.deb >>/root/apt.log 2>&1 || { tail /root/apt.log; fail "it cannot be installed over itself"; }
until_true 'grep -q "^1 " /var/lib/faxpost/run/renewal' || { tail /root/serve.log; fail "the new programs are not taken"; }
[ "$(cat /var/lib/faxpost/run/ready)" = "$parent" ] || fail "the new one is another process"
[ "$(sed -n 's/^queue 0 [0-9]* //p' /var/lib/faxpost/run/roles)" != "$queue" ] || fail "the old roles still run"
faxpost upgrade | grep -q "nothing to do" || fail "it begins anew for nothing"
faxpost status >/root/status.txt || fail "it does not answer after the upgrade"

kill %1
wait %1 || fail "it does not end well"
[ "$(roles)" = 0 ] || fail "processes are left"

apt-get -q -y purge faxpost >/root/purge.log 2>&1 || { tail /root/purge.log; fail "it cannot be purged"; }
for left in /etc/faxpost /etc/apparmor.d/faxpost /etc/apparmor.d/local/faxpost /var/lib/faxpost /usr/libexec/faxpost /lib/systemd/system/faxpost.service; do
    [ ! -e "$left" ] || fail "purged, and $left is still there"
done
! getent passwd faxpost faxpost-net >/dev/null || fail "purged, and its accounts are still there"
echo "the package works"
TRY
"$here/fresh_root.sh" --keep "$root" bash /root/try.sh
