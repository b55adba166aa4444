#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A bare Debian 12 made with debootstrap, this tree's last commit in /faxpost, a command run there. As root:
#
#   tests/check/fresh_root.sh [--keep DIR] [--user NAME] COMMAND [ARGUMENT…]
#   tests/check/fresh_root.sh ./run --once
#
# --keep uses DIR, made at first and left as it is; --user runs the command as that account, made where it is missing,
# after packaging/setup.sh ran as root. The exit status is the command's.
set -euo pipefail
keep='' user=''
while [ $# -gt 0 ]; do
    case "$1" in
    --keep) keep=$2; shift 2 ;;
    --user) user=$2; shift 2 ;;
    -h | --help) sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || set -- ./run --once
if [ "$(id -u)" -ne 0 ]; then
    echo "fresh_root.sh makes a root file system: only root can" >&2
    exit 1
fi
for tool in debootstrap unshare pivot_root git; do
    command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install debootstrap git)" >&2; exit 1; }
done
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
root=${keep:-$(mktemp -d /var/tmp/faxpost-root.XXXXXX)}
[ -n "$keep" ] || trap 'rm -rf --one-file-system "$root"' EXIT

if [ ! -e "$root/bin/sh" ]; then
    mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\(http[^ ]*\) bookworm .*/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
        grep -v security | grep '/debian' | head -n 1 || true)
    echo "debootstrap bookworm from ${mirror:=http://deb.debian.org/debian}"
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || { tail "$root.log" >&2; exit 1; }
    rm -f "$root.log"
    chmod 755 "$root"
    # The machine's own sources, as far as they are Debian's.
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/apt.conf.d/*proxy*; do
        [ ! -e "$file" ] || cp --parents "$file" "$root"
    done
    [ ! -e "$root/etc/apt/sources.list.d/debian.sources" ] || : >"$root/etc/apt/sources.list"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Whom this machine's npm trusts beside Debian's authorities, where it stands behind a proxy of its own.
[ ! -e "${NODE_EXTRA_CA_CERTS:-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$root/etc/extra-ca.crt"
rm -rf "$root/faxpost"
git -c safe.directory="$tree" clone -q --depth 1 --no-local "file://$tree" "$root/faxpost"

# The rest happens in name spaces of its own: every mount and process there ends with it.
export root user
unshare --mount --pid --fork --propagation private --kill-child /bin/bash -euc '
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev" -o mode=755
    for node in null zero full random urandom tty; do
        : >"$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"; ln -s fd/1 "$root/dev/stdout"; ln -s fd/2 "$root/dev/stderr"
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm" -o mode=1777
    mount -t tmpfs tmpfs "$root/tmp" -o mode=1777
    cd "$root"
    mkdir -p .old
    pivot_root . .old
    cd /
    umount -l /.old
    rmdir /.old
    cd /faxpost
    export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
    unset LD_PRELOAD PYTHONPATH SSL_CERT_FILE SSL_CERT_DIR
    [ ! -e /etc/extra-ca.crt ] || export SSL_CERT_FILE=/etc/extra-ca.crt NODE_EXTRA_CA_CERTS=/etc/extra-ca.crt
    if [ -z "$user" ]; then
        "$@"
        exit
    fi
    id "$user" >/dev/null 2>&1 || useradd --create-home "$user"
    case "$1" in */check) packaging/setup.sh check ;; *) packaging/setup.sh run ;; esac
    chown -R "$user": /faxpost
    HOME=/home/$user exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"
' fresh_root "$@"
