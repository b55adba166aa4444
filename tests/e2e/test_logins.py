# SPDX-License-Identifier: AGPL-3.0-or-later
"""Users who log in to send, by mail programs that others wrote; and a mail server in front that hands over by LMTP."""

import base64
import fcntl
import os
import pathlib
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import termios

import case
import mail
import pdf
import provision
import sign
from dns import DnsServer
from postfix import Postfix, missing
from server import Server
from store import Store

TO = f"200@front.{provision.DOMAIN}"
PASSWORD = "correct horse battery"
USAGE, DATA, INTERRUPTED = 64, 65, 130


def house(t, **settings):
    """A server that trusts no network; frontdesk has a password, office has none."""
    dns = t.enter(DnsServer({}))
    server = t.enter(Server(t.folder(), settings={
        "dns_servers": dns.address, "submission_listen": "127.0.0.1:0", "submissions_listen": "127.0.0.1:0",
        "lmtp_listen": "127.0.0.1:0", **settings}))
    told = provision.example(server.port("sip")[1])
    told["tenants"][0]["trusted_networks"] = []
    server.apply(told)
    t.equal(server.cli("user", "password", "frontdesk", text=PASSWORD + "\n")[:2],
            (0, 'user "frontdesk": password\n1 change\n'), "faxpost user password")
    return server


def letter(sender=provision.FRONT, pages=1):
    return mail.make(sender, TO, [("a.pdf", "application/pdf", pdf.make(pages, document=3))])


def no_check():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def submission(t, server, door="submission", login=True):
    """smtplib at one of the doors, over TLS."""
    host, port = server.port(door)
    if door == "submissions":
        client = smtplib.SMTP_SSL(host, port, timeout=60, context=no_check())
    else:
        client = smtplib.SMTP(host, port, timeout=60)
        client.starttls(context=no_check())
    t.later(client.close)
    if login:
        client.login("frontdesk", PASSWORD)
    return client


def reply_to(call, *arguments):
    """(code, text) of what a client says, also where it is refused."""
    try:
        code, text = call(*arguments)[:2]
    except smtplib.SMTPResponseException as e:
        code, text = e.smtp_code, e.smtp_error
    except smtplib.SMTPRecipientsRefused as e:
        code, text = list(e.recipients.values())[0]
    return code, text.decode() if isinstance(text, bytes) else text


def jobs_end(t, server, count):
    store = Store(server.state)
    t.wait(lambda: len([j for j in store.jobs() if j["state"] == "done"]) == count,
           f"not {count} faxes are done; {server.log_tail()}", 240)


def needs(t, *programs):
    for program in programs:
        if not shutil.which(program):
            t.skip(f"{program} is missing")


# ---- mail programs ----

@case.test
# proves: A5
def swaks_logs_in_and_its_mail_is_faxed(t):
    needs(t, "swaks")
    server = house(t)
    file = server.folder / "mail"
    file.write_bytes(letter().as_bytes())
    for door, way, mechanism in (("submission", "--tls", "PLAIN"), ("submissions", "--tls-on-connect", "LOGIN"),
                                 ("smtp", "--tls", "PLAIN")):
        host, port = server.port(door)
        done = subprocess.run(["swaks", "--server", host, "--port", str(port), way, "--auth", mechanism, "--auth-user",
                               provision.FRONT, "--auth-password", PASSWORD, "--from", provision.FRONT, "--to", TO,
                               "--data", f"@{file}", "--suppress-data"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        t.equal(done.returncode, 0, done.stdout)
        t.true(" 235 " in done.stdout, f"no login: {done.stdout}")
    jobs_end(t, server, 1)  # the same mail thrice is faxed once (A6)
    t.equal(len(Store(server.state).mails_in()), 3, "mails stored")


@case.test
# proves: A5
def scram_client_logs_in_and_proves_the_server(t):
    needs(t, "gsasl", "msmtp")
    server = house(t)
    host, port = server.port("submission")

    def gsasl(password):
        return subprocess.run(["gsasl", "--smtp", "--no-cb", "--connect", f"{host}:{port}", "--mechanism", "SCRAM-SHA-256",
                               "--authentication-id", "frontdesk", "--password", password, "--starttls", "--x509-ca-file=", "--verbose"],
                              input="", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    good = gsasl(PASSWORD)
    t.true(" 2.7.0" in good.stdout and "235" in good.stdout, good.stdout)
    bad = gsasl(PASSWORD + "x")
    t.true("535 5.7.8" in bad.stdout, bad.stdout)
    done = subprocess.run(["msmtp", f"--host={host}", f"--port={port}", "--auth=scram-sha-256", "--user=frontdesk",
                           f"--passwordeval=echo {PASSWORD}", "--tls=on", "--tls-certcheck=off", f"--from={provision.FRONT}", TO],
                          input=letter().as_bytes(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    t.equal(done.returncode, 0, done.stdout)
    jobs_end(t, server, 1)


@case.test
# proves: A5
def python_logs_in_by_each_of_its_ways(t):
    server = house(t)
    client = submission(t, server, login=False)
    client.ehlo()
    offered = client.esmtp_features["auth"].split()
    t.equal(offered, ["SCRAM-SHA-256", "PLAIN", "LOGIN"], "offered")
    client.user, client.password = "FrontDesk@LOCALHOST", PASSWORD
    t.equal(client.auth("PLAIN", client.auth_plain)[0], 235, "PLAIN, with an address")
    other = submission(t, server, "submissions", login=False)
    other.ehlo()
    other.user, other.password = "frontdesk", PASSWORD
    t.equal(other.auth("LOGIN", other.auth_login, initial_response_ok=False)[0], 235, "LOGIN, no initial response")
    large = letter(pages=30)
    t.true(len(large.as_bytes()) > 70000, "the large one goes through no file")
    other.send_message(large)
    t.wait(lambda: Store(server.state).jobs(), f"it is not faxed; {server.log_tail()}", 60)


# ---- what is not let in ----

@case.test
# proves: A5
def nothing_goes_without_tls_and_login(t):
    server = house(t)
    host, port = server.port("submission")
    with smtplib.SMTP(host, port, timeout=60) as plain:
        plain.ehlo()
        t.true("auth" not in plain.esmtp_features, "AUTH is offered in the clear")
        t.equal(reply_to(plain.docmd, "AUTH", "PLAIN AGZyb250ZGVzawBndWVzcw==")[0], 538, "a password in the clear")
        t.equal(reply_to(plain.mail, provision.FRONT)[0], 530, "MAIL before TLS")
    client = submission(t, server, login=False)
    client.ehlo()
    t.equal(reply_to(client.mail, provision.FRONT)[0], 530, "MAIL before AUTH")
    with smtplib.SMTP(*server.port("smtp"), timeout=60) as stranger:
        stranger.ehlo()
        codes = [stranger.mail(provision.FRONT)[0], stranger.rcpt(TO)[0]]
        t.equal(codes, [250, 250], "envelope")
        t.equal(reply_to(stranger.data, sign.crlf(letter().as_bytes()))[0], 550, "the same mail from nobody")
    t.equal(Store(server.state).mails_in(), [], "mails stored")


@case.test
# proves: A5 S2.6
def who_logged_in_writes_in_no_other_name(t):
    server = house(t)
    told = {"faxboxes": [{"id": "front", "users": [{"user": name, "send": True, "receive": True}
                                                   for name in ("frontdesk", "office")]}]}
    server.apply(told)
    client = submission(t, server)
    client.mail(provision.BACK)
    code, text = reply_to(client.rcpt, TO)
    t.true(code == 550 and "another user" in text and "frontdesk" in text, f"envelope: {code} {text}")
    client.rset()
    client.mail(provision.FRONT)
    client.rcpt(TO)
    code, text = reply_to(client.data, sign.crlf(letter(provision.BACK).as_bytes()))
    t.true(code == 550 and "another user" in text, f"header: {code} {text}")
    for line in (f"From: {provision.FRONT}, {provision.BACK}", f"From: {provision.FRONT}\r\nFrom: {provision.BACK}"):
        client.mail(provision.FRONT)
        client.rcpt(TO)
        code, text = client.data(sign.crlf((line + "\n" + letter().as_string().split("\n", 1)[1]).encode()))
        if code == 250:  # it is told by mail, to who has logged in
            t.wait(lambda: server.mails(provision.FRONT), f"no answer; {server.log_tail()}", 60)
    t.equal(Store(server.state).jobs(), [], "jobs")
    t.equal(server.mails(provision.BACK), [], "mails to whom the name belongs")
    client.send_message(letter())
    jobs_end(t, server, 1)


def try_login(t, server, name, password):
    """The reply to AUTH PLAIN on a connection of its own."""
    client = submission(t, server, login=False)
    client.ehlo()
    client.user, client.password = name, password
    reply = reply_to(client.auth, "PLAIN", client.auth_plain)
    client.close()
    return reply


@case.test
def guessing_gets_slower_and_raises_an_alarm(t):
    server = house(t)
    t.equal(try_login(t, server, "frontdesk", PASSWORD)[0], 235, "the first login")
    for i in range(6):
        code, text = try_login(t, server, "office", f"wrong {i} guess")
        t.equal(code, 535, f"guess {i}: {text}")
    code, text = try_login(t, server, "office", "wrong guess")
    t.true(code == 454 and "second" in text, f"{code} {text}")
    t.equal(try_login(t, server, "nobody at all", "wrong guess")[0], 454, "another name from that address")
    t.equal(try_login(t, server, "frontdesk", PASSWORD)[0], 235, "a user who has logged in from there")

    def alarm():
        try_login(t, server, "office", "wrong guess")
        return any(a["code"] == "logins-guessed" for a in server.json("status")["alarms"])
    t.wait(alarm, f"no alarm; {server.log_tail()}", 120)
    log = server.log.read_text()
    t.true("wrong login from 127.0.0.1" in log and "guesses passwords" in log, "the log does not tell")
    t.true("wrong guess" not in log and "nobody at all" not in log, "the log has what was typed")


@case.test
def names_cannot_be_probed(t):
    server = house(t)

    def salt(name):
        """What SCRAM says first to that name, without our nonce."""
        client = submission(t, server, login=False)
        client.ehlo()
        first = base64.b64encode(f"n,,n={name},r=abcdefgh".encode()).decode()
        code, text = client.docmd("AUTH", "SCRAM-SHA-256 " + first)
        t.equal(code, 334, name)
        client.docmd("*")
        return re.search(rb",s=(.*)", base64.b64decode(text)).group(1)
    before = {name: salt(name) for name in ("frontdesk", "office", "nobody", "nobody2")}
    t.equal(len(set(before.values())), 4, "salts are like each other")
    t.equal({len(s) for s in before.values()}, {len(before["frontdesk"])}, "lengths")
    server.stop()
    server.start()
    t.equal({name: salt(name) for name in before}, before, "after a restart")
    t.equal(salt("NOBODY"), before["nobody"], "another case, nobody's name")


# ---- passwords ----

@case.test
def password_is_kept_as_sealed_keys_only(t):
    server = house(t)
    t.equal(server.cli("user", "password", provision.FRONT, text=PASSWORD)[1], "nothing to change\n", "the same again")
    exported = server.cli("export")[1]
    t.true('"sealed"' in exported and PASSWORD not in exported and "SCRAM" not in exported, f"export: {exported}")
    for path in (server.log, *(p for p in server.state.rglob("*") if p.is_file())):
        content = path.read_bytes()
        t.true(PASSWORD.encode() not in content and b"SCRAM-SHA-256$" not in content, f"{path} has it")
    file = server.folder / "export.json"
    file.write_text(exported)
    t.equal(server.cli("apply", file)[1], "nothing to change\n", "the export given back")
    t.equal(try_login(t, server, "frontdesk", PASSWORD)[0], 235, "login after it")
    t.equal(server.cli("user", "password", "frontdesk", "--none")[0], 0, "taken away")
    t.equal(try_login(t, server, "frontdesk", PASSWORD)[0], 535, "login without a password")
    t.equal(try_login(t, server, "frontdesk", "")[0], 501, "login with an empty one")


@case.test
def password_is_asked_for_twice_on_a_terminal(t):
    server = house(t)
    for typed, status in (([b"typed secret\n", b"typed secret\n"], 0), ([b"typed secret\n", b"other secret\n"], DATA),
                          ([b"cut short\x03"], INTERRUPTED)):
        ours, theirs = os.openpty()
        t.later(os.close, ours)
        asker = subprocess.Popen([server.build / "src" / "faxpost", "user", "password", "office"], env=server.env,
                                 stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                 preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        t.later(asker.kill)
        for line, question in zip(typed, (b"password: ", b"\nthe same again: ")):
            t.equal(asker.stderr.read(len(question)), question, "the question")
            os.write(ours, line)
        said, complaint = asker.communicate(timeout=60)
        t.equal(asker.returncode, status, f"exit status, after: {said} {complaint}")
        t.true(termios.tcgetattr(theirs)[3] & termios.ECHO, "the terminal hides what is typed from now on")
        os.close(theirs)
    t.equal(try_login(t, server, "office", "typed secret")[0], 235, "login")


@case.test
def wrong_use_of_user_has_no_effect(t):
    server = house(t)
    before = server.cli("export")[1]
    for status, words, *arguments in (
            (USAGE, "user password NAME", "user", "rename", "office"),
            (USAGE, "no user \"nobody\"", "user", "password", "nobody"),
            (USAGE, "faxpost: a password has 8 to 200", "user", "password", "office", "--file", file_of(server, "short")),
            (USAGE, "8 to 200", "user", "password", "office", "--file", file_of(server, "pässwörter")),
            (USAGE, "empty", "user", "password", "office", "--file", file_of(server, "")),
            (USAGE, "not both", "user", "password", "office", "--none", "--file", "x"),
            (USAGE, "PATH", "user", "password")):
        got, _, complaint = server.cli(*arguments, text="")
        t.equal(got, status, f"{arguments}: {complaint}")
        if words != "PATH":
            t.true(words in complaint, f"{arguments}: {complaint}")
        t.equal(complaint.count("\n"), 1, f"{arguments}: lines in {complaint}")
    t.equal(server.cli("export")[1], before, "provisioning")


def file_of(server, text):
    path = server.folder / f"secret{len(text)}"
    path.write_text(text + "\n")
    return path


# ---- a mail server in front ----

class Lmtp(smtplib.LMTP):
    """Replies of LMTP's DATA, one a recipient."""

    def hand_over(self, sender, recipients, message):
        codes = [self.mail(sender)[0]] + [self.rcpt(r)[0] for r in recipients]
        self.putcmd("data")
        codes.append(self.getreply()[0])
        self.send(sign.crlf(message) + b".\r\n")
        accepted = codes[1:-1].count(250)
        return codes, [self.getreply()[0] for _ in range(accepted)]


@case.test
def lmtp_answers_for_each_recipient(t):
    folder = t.folder()
    path = f"{folder}/lmtp"
    server = house(t, lmtp_socket=path)
    t.equal(pathlib.Path(path).stat().st_mode & 0o777, 0o660, "permissions of the socket")
    client = t.enter(Lmtp(path))
    client.ehlo()
    t.true("auth" not in client.esmtp_features and "starttls" not in client.esmtp_features, "offered")
    to = [TO, f"100@back.{provision.DOMAIN}", f"201@front.{provision.DOMAIN}"]
    codes, replies = client.hand_over(provision.FRONT, to, letter().as_bytes())
    t.equal((codes, replies), ([250, 250, 550, 250, 354], [250, 250]), "replies")
    t.equal(len(Store(server.state).mails_in()), 1, "mails stored")
    # by TCP, from where nobody is trusted: refused once a recipient
    other = t.enter(Lmtp(*server.port("lmtp"), timeout=60))
    other.ehlo()
    codes, replies = other.hand_over(provision.FRONT, [to[0], to[2]], letter().as_bytes())
    t.equal((codes, replies), ([250, 250, 250, 354], [550, 550]), "replies by TCP")
    server.apply({"tenants": [{"name": "example", "trusted_networks": ["127.0.0.0/8"]}]})
    codes, replies = other.hand_over(provision.FRONT, [to[0], to[2]], letter().as_bytes())
    t.equal(replies, [250, 250], "replies by TCP, trusted")


@case.test
def lmtp_socket_that_verifies_trusts_nobody(t):
    path = f"{t.folder()}/lmtp"
    server = house(t, lmtp_socket=path, lmtp_senders="verified")
    client = t.enter(Lmtp(path))
    client.ehlo()
    codes, replies = client.hand_over(provision.FRONT, [TO], letter().as_bytes())
    t.equal((codes, replies), ([250, 250, 354], [550]), "replies")
    t.equal(Store(server.state).mails_in(), [], "mails stored")


@case.test
def wrong_lmtp_settings_are_told_at_start(t):
    folder = t.folder()
    plain = folder / "plain"
    plain.write_text("kept")
    for settings, words in (({"lmtp_socket": "lmtp"}, "absolute"), ({"lmtp_group": "postfix"}, "lmtp_group"),
                            ({"lmtp_senders": "all"}, "lmtp_senders"), ({"lmtp_socket": str(plain)}, "lmtp_socket"),
                            ({"lmtp_socket": f"{folder}/none/lmtp"}, "lmtp_socket"),
                            ({"lmtp_socket": f"{folder}/lmtp", "lmtp_group": "no such group"}, "no such group")):
        server = Server(t.folder(), settings=settings)
        server.launch()
        t.later(server.stop)
        t.true(server.process.wait(60) != 0, f"{settings}: it starts")
        t.true(words in server.log.read_text(), f"{settings}: {server.log_tail()}")
    t.equal(plain.read_text(), "kept", "the file in the way")


@case.test
def postfix_in_front_hands_over_by_lmtp(t):
    why = missing()
    if why:
        t.skip(why)
    server = house(t, lmtp_socket=f"{t.folder()}/lmtp", lmtp_group="postfix")
    os.chmod(pathlib.Path(server.settings["lmtp_socket"]).parent, 0o755)
    front = t.enter(Postfix(t.folder(), hands_over=f"lmtp:unix:{server.settings['lmtp_socket']}"))
    mail.send(("127.0.0.1", front.port), letter())
    jobs_end(t, server, 1)
    # three recipients, of which one is no number of ours to fax: the others are faxed, one bounces
    many = letter()
    mail.send(("127.0.0.1", front.port), many, recipients=[TO, f"201@front.{provision.DOMAIN}", f"100@back.{provision.DOMAIN}"])
    t.wait(lambda: len(Store(server.state).mails_in()) == 2, f"the second did not come; {server.log_tail()}", 60)
    t.equal(len(Store(server.state).mails_in()[1]["recipients"].split()), 2, "its recipients")
    t.wait(lambda: front.waiting() == 0, "Postfix keeps something", 60)
    # nobody there: Postfix keeps it, and it comes later
    server.stop()
    mail.send(("127.0.0.1", front.port), letter())
    t.wait(lambda: front.waiting() == 1, "Postfix does not keep it", 60)
    server.start()
    t.wait(lambda: len(Store(server.state).mails_in()) == 3, f"it did not come; {server.log_tail()}", 60)


# ---- when processes die ----

@case.test
def login_outlives_the_queue(t):
    server = house(t)
    client = submission(t, server)
    server.kill("queue")
    client.send_message(letter())
    jobs_end(t, server, 1)  # a call that comes while no queue lives is refused, and tried again minutes later
    other = submission(t, server, login=False)
    other.ehlo()
    server.kill("queue")
    other.user, other.password = "frontdesk", PASSWORD
    t.equal(reply_to(other.auth, "PLAIN", other.auth_plain)[0], 235, f"login while the queue starts; {server.log_tail()}")


case.main()
