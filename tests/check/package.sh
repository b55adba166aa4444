#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The Debian package of the last commit in a bare Debian 12, where the one of an earlier commit is installed, set up by its
# wizard, faxed with, and upgraded during twenty calls; then both are purged. As root:
#
#   tests/check/package.sh [--keep DIR] [--from COMMIT]
#
#   --keep   a root file system as fresh_root.sh makes it
#   --from   the earlier commit; else that of the last version, or before the first one the one thirty merges ago
#
# Ends with "the package works", or with the step that did not.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d /var/tmp/faxpost-package.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
tree=$(cd "$here/../.." && pwd)
root=$work/root
from=$(git -C "$tree" describe --tags --abbrev=0 HEAD^ 2>/dev/null || git -C "$tree" rev-list --first-parent --skip 30 -n 1 HEAD)
while [ $# -gt 0 ]; do
    case "$1" in
    --keep) root=$2 ;;
    --from) from=$2 ;;
    *) sed -n '3,12s/^# \{0,1\}//p' "$0"; exit 64 ;;
    esac
    shift 2
done

echo "the package of the last commit"
"$tree/packaging/deb" "$work/deb" >/dev/null
echo "and that of $(git -C "$tree" log -1 --format='%h, %cs' "$from")"
git clone -q --no-local "file://$tree" "$work/before"
git -C "$work/before" checkout -q "$from"
ln -s "$tree/ui/node_modules" "$work/before/ui/"
# Lower than every released one, so that apt sees an upgrade.
sed -i '1s/(\([^)]*\))/(\1~before)/' "$work/before/packaging/debian/changelog"
git -C "$work/before" -c user.name=test -c user.email=test@localhost commit -qam "an earlier version"
"$work/before/packaging/deb" "$work/deb-before" >/dev/null
"$here/fresh_root.sh" --keep "$root" true
cp "$work/deb"/faxpost_*.deb "$root/root/faxpost.deb"
cp "$work/deb-before"/faxpost_*.deb "$root/root/before.deb"
cat >"$root/root/try.sh" <<'TRY'
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
fail() { echo "package.sh: $1" >&2; exit 1; }

apt-get -q update >/dev/null
apt-get -q -y install --no-install-recommends /root/before.deb >/root/apt.log 2>&1 || { tail /root/apt.log; fail "apt refuses it"; }
# What the rest is tried with; the newer package may need more than the older one, and there is no network while it comes.
apt-get -q -y install --no-install-recommends python3 poppler-utils >>/root/apt.log 2>&1 || fail "no Python"
apt-get -q -y install --no-install-recommends --download-only /root/faxpost.deb >>/root/apt.log 2>&1 || fail "apt refuses the newer one"
unshare --net python3 -B /faxpost/tests/check/package_house.py /root/faxpost.deb

getent passwd faxpost faxpost-net >/dev/null || fail "its accounts are missing"
grep -q '^#smtp_listen = ' /etc/faxpost/faxpost.conf || fail "faxpost.conf does not show what could stand in it"
[ -s /usr/share/man/man1/faxpost.1.gz ] && [ -s /usr/share/man/man5/faxpost.conf.5.gz ] || fail "its man pages are missing"
[ "$(stat -c '%a %U' /usr/lib/cups/backend/faxpost)" = "700 root" ] || fail "CUPS would not run its backend as root"
[ -s /usr/share/ppd/faxpost/faxpost.ppd ] || fail "its PPD file is missing"
grep -q "^profile faxpost " /etc/apparmor.d/faxpost || fail "its AppArmor profile is missing"
bash -n /usr/share/bash-completion/completions/faxpost.bash || fail "bash cannot read its completion"

apt-get -q -y purge faxpost >/root/purge.log 2>&1 || { tail /root/purge.log; fail "it cannot be purged"; }
for left in /etc/faxpost /etc/apparmor.d/faxpost /etc/apparmor.d/local/faxpost /var/lib/faxpost /usr/libexec/faxpost /lib/systemd/system/faxpost.service; do
    [ ! -e "$left" ] || fail "purged, and $left is still there"
done
! getent passwd faxpost faxpost-net >/dev/null || fail "purged, and its accounts are still there"
echo "the package works"
TRY
"$here/fresh_root.sh" --keep "$root" bash /root/try.sh
