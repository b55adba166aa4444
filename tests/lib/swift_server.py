# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenStack Swift as Debian has it, with its own S3 door: swift-proxy, swift-account, swift-container, swift-object, memcached."""

import shutil
import subprocess
from pathlib import Path

from place_peers import Peer
from server import free_port

SERVER = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = root
swift_dir = {folder}
devices = {folder}/disks
mount_check = false
workers = 0
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
[{name}-replicator]
[{name}-updater]
[{name}-auditor]
"""
PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = root
swift_dir = {folder}
workers = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:tempauth]
use = egg:swift#tempauth
user_fax_keeper = {secret} .admin
"""
SECRET = "s3cret+/=x"
OWN = ["env", "-u", "PYTHONPATH"]  # its libraries are called as some of our tests' are


class _Part(Peer):
    def __init__(self, t, folder, name, port, command):
        self.folder, self.port = folder / name, port
        self.folder.mkdir()
        self.begin(t, command)


class Swift:
    """A server with an empty bucket `faxes`. None of its parts outlives the test."""

    missing = shutil.which("swift-proxy-server") is None or shutil.which("memcached") is None
    region, username, password = "us-east-1", "fax:keeper", SECRET

    def __init__(self, t):
        folder, cache, port = Path(t.folder()), free_port(), free_port()
        (folder / "disks" / "one").mkdir(parents=True)
        _Part(t, folder, "cache", cache, ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(cache)])
        for name in ("object", "container", "account"):
            at = free_port()
            (folder / f"{name}.conf").write_text(SERVER.format(name=name, port=at, folder=folder))
            for words in (("create", "4", "1", "0"), ("add", f"r1z1-127.0.0.1:{at}/one", "1"), ("rebalance",)):
                subprocess.run([*OWN, "swift-ring-builder", folder / f"{name}.builder", *words], check=True, stdout=subprocess.DEVNULL)
            _Part(t, folder, name, at, [*OWN, f"swift-{name}-server", folder / f"{name}.conf"])
        filters = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n"
                          for name in ("catch_errors", "gatekeeper", "healthcheck", "listing_formats", "s3api", "bulk", "slo"))
        (folder / "proxy.conf").write_text(PROXY.format(port=port, folder=folder, cache=cache, secret=SECRET) + filters)
        _Part(t, folder, "proxy", port, [*OWN, "swift-proxy-server", folder / "proxy.conf"])
        self.url = f"http://127.0.0.1:{port}/faxes"
