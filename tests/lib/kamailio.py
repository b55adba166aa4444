# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kamailio as registrar and proxy: whose password is "pw-" and its name, may register and call; a call to a number of
`numbers` goes to where that account is registered, with the number in To.

    with Kamailio(folder, numbers={"200": "desk"}) as kamailio:
        kamailio.count("registered desk")
"""

import pathlib
import shutil
import signal
import subprocess
import time

from server import held_port

MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/"

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
disable_sctp=yes
{listen}
{alias}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
{load}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", {least})
modparam("registrar", "max_expires", {most})
modparam("auth", "algorithm", "{algorithm}")
modparam("rr", "enable_double_rr", 1)
{params}
request_route {{
    if (is_method("OPTIONS") && $rU == $null) {{
        sl_send_reply("{options}", "Here");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{domain}", "pw-$au", "0")) {{
            xlog("L_NOTICE", "challenge $tU\\n");
            auth_challenge("{domain}", "0");
            exit;
        }}
        if ($hdr(Expires) == "0") xlog("L_NOTICE", "unregistered $au\\n");
        else xlog("L_NOTICE", "registered $au for $hdr(Expires) at $ct\\n");
        save("location");
        exit;
    }}
    if (has_totag()) {{
        if (is_method("ACK") && !loose_route()) {{ t_relay(); exit; }}
        loose_route();
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{
        t_relay();
        exit;
    }}
    if (!is_method("INVITE")) {{
        sl_send_reply("405", "No");
        exit;
    }}
    if (!pv_proxy_authenticate("{domain}", "pw-$au", "0")) {{
        proxy_challenge("{domain}", "0");
        exit;
    }}
    xlog("L_NOTICE", "call from $au to $rU\\n");
    consume_credentials();
    record_route();
{numbers}
    if (!lookup("location")) {{
        sl_send_reply("404", "Not registered");
        exit;
    }}
    t_relay();
}}
"""


def installed():
    return shutil.which("kamailio", path="/usr/sbin:/usr/bin") is not None


class Kamailio:
    def __init__(self, folder, *, numbers=None, domain="127.0.0.1", algorithm="", least=20, most=3600, port=None,
                 options=200, listen=("udp", "tcp"), load=(), params=(), address="127.0.0.1", tls=None):
        """tls: (certificate, key) for a listener over TLS and no other."""
        if tls:
            listen, load = ("tls",), ("tls", *load)
            params = (f'modparam("tls", "certificate", "{tls[0]}")', f'modparam("tls", "private_key", "{tls[1]}")',
                      'modparam("tls", "tls_method", "TLSv1.2+")', *params)
        self.folder, self.port, self.holder = pathlib.Path(folder), port, None
        if not port:
            self.port, self.holder = held_port(address)  # of TCP: it may be stopped and started again
        self.log = self.folder / "kamailio.log"
        routes = "".join(f'    if ($rU == "{number}") $rU = "{account}";\n' for number, account in (numbers or {}).items())
        self.config = CONFIG.format(
            alias=f"alias={domain}" if domain != address else "", domain=domain, modules=MODULES,
            listen="\n".join(["enable_tls=yes"] * bool(tls) + [f"listen={kind}:{address}:{self.port}" for kind in listen]),
            least=least, most=most, algorithm=algorithm, options=options, numbers=routes,
            load="\n".join(f'loadmodule "{name}.so"' for name in load), params="\n".join(params))
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *what):
        self.stop()
        if self.holder:
            self.holder.close()

    def start(self):
        file = self.folder / "kamailio.cfg"
        file.write_text(self.config)
        run = self.folder / "kamailio-run"
        run.mkdir(exist_ok=True)
        begun = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(["/usr/sbin/kamailio", "-f", file, "-DD", "-E", "-m", "16", "-M", "4", "-Y", run,
                                             "-w", self.folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while f":{self.port:04X} " not in pathlib.Path("/proc/net/udp").read_text() + pathlib.Path("/proc/net/tcp").read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("kamailio does not start:\n" + self.log.read_text()[begun:][-2000:])
            time.sleep(0.02)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def count(self, text):
        """How often its log says that."""
        return self.log.read_text(errors="replace").count(text) if self.log.exists() else 0
