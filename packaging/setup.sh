#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Installs the Debian packages that are missing, and the npm packages that ui/package-lock.json pins: `setup.sh run`
# for building and running, `setup.sh check` for the tests as well, `setup.sh package` for making the Debian package.
# As root it asks apt; anybody else gets the one command that root has to give. Says nothing where nothing is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

case "${1:-}" in
run) groups='^run$' ;;
check) groups='^(run|check)$' ;;
package) groups='^(run|package)$' ;;
*) echo "usage: $0 run|check|package" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system: install what packaging/packages lists by hand, then go on with meson." >&2
    exit 1
fi

mapfile -t wanted < <(awk -v groups="$groups" '
    /^\[/ { group = substr($0, 2, length($0) - 2); next }
    /^[^#]/ && group ~ groups { print $1 }' "$here/packages")
# A package counts as there by its own name or where an installed one provides it (pkg-config: pkgconf).
installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
    awk '$1 == "installed" { gsub(/\([^)]*\)|,/, " "); $1 = ""; print }' | tr '\n' ' ') "
missing=()
for package in "${wanted[@]}"; do
    [[ $installed == *" $package "* ]] || missing+=("$package")
done
debian_packages() {
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "Missing Debian packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi

    echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive

    # The tests start the daemons among these packages themselves, with settings of their own; a service of the
    # machine's must not begin to run because somebody typed ./check.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi

    log=$(mktemp /tmp/faxpost-setup.XXXXXX)
    apt() {
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >>"$log" 2>&1
    }
    if ! apt update || ! apt install --no-install-recommends "${missing[@]}"; then
        tail -n 15 "$log" >&2
        echo "apt could not install what is missing; the lines above are the end of $log." >&2
        exit 1
    fi
    rm -f "$log"
}

# Exactly what the lock file says; nothing of it runs while it is installed (ui/.npmrc). `run` needs fewer of them, and goes
# on without: then all is there but the browser application.
npm_packages() {
    local ui=$here/../ui log
    for had in "$1" check; do
        ! cmp -s "$ui/package-lock.json" "$ui/node_modules/.faxpost-$had" || return 0
    done
    log=$(mktemp /tmp/faxpost-setup.XXXXXX)
    echo "Installing the npm packages of ui"
    if ! (cd "$ui" && npm ci "${@:2}" >"$log" 2>&1); then
        tail -n 15 "$log" >&2
        echo "npm could not install what is missing; the lines above are the end of $log." >&2
        [ "$purpose" = run ] || exit 1
        rm -rf "$ui/node_modules" # half of it would be worse than nothing
        echo "Going on without the browser application; once npm reaches its registry, run this again." >&2
        return 0
    fi
    cp "$ui/package-lock.json" "$ui/node_modules/.faxpost-$1"
    rm -f "$log"
}

purpose=$1
debian_packages
if [ "$1" = check ]; then npm_packages check; else npm_packages run --omit=dev; fi
