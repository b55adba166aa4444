# SPDX-License-Identifier: AGPL-3.0-or-later
"""The SIP user agent against SIPp: test_line.py [NAME...]

Each test has a line-peer (our user agent with commands) and a SIPp that plays one scenario of tests/peer/sip; both must
see what they want. Ports are the kernel's choice. Tests run several at once, for they mostly wait."""
import concurrent.futures
import functools
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import negotiation

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('FAXPOST_BUILD_CHECKED', 'build-check')
PROGRAM = os.path.join(BUILD, 'tests', 'peer', 'line-peer')
PATIENCE = 60  # an INVITE that nobody answers takes 32 seconds


class Failed(Exception):
    pass


class Line:
    """Our side."""

    def __init__(self, program, host):
        at = f'[{host}]:0' if ':' in host else f'{host}:0'
        self.process = subprocess.Popen([program, at], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.seen = []
        self.errors = []
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True).start()
        self.port = int(self.want(r'listening .*:(\d+)').group(1))

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip('\n'))
        self.lines.put(None)

    def do(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()

    def want(self, pattern):
        """The next line has to match; trying and ringing may come in between."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise Failed(f'waited for "{pattern}" in vain after {self.seen}') from None
            self.seen.append(line)
            match = line is not None and re.fullmatch(pattern, line)
            if match:
                return match
            if line not in ('trying', 'ringing', 'answered'):
                raise Failed(f'"{line}" instead of "{pattern}" after {self.seen} {"".join(self.errors)}')

    def end(self):
        self.process.stdin.close()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed('line-peer does not end') from None
        if code != 0:
            raise Failed(f'line-peer ended with {code}: {"".join(self.errors)}')


def free_port(host):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family, socket.SOCK_STREAM) as tcp:
            udp.bind((host, 0))
            port = udp.getsockname()[1]
            try:
                tcp.bind((host, port))
                return port
            except OSError:
                continue


def is_bound_by(pid, port):
    """Does that process hold a socket on the port?"""
    try:
        links = {os.readlink(f'/proc/{pid}/fd/{fd}') for fd in os.listdir(f'/proc/{pid}/fd')}
    except OSError:
        return False
    for table in ('udp', 'udp6', 'tcp', 'tcp6'):
        with open(f'/proc/net/{table}', encoding='ascii') as f:
            for row in list(f)[1:]:
                words = row.split()
                if int(words[1].rsplit(':', 1)[1], 16) == port and f'socket:[{words[9]}]' in links:
                    return True
    return False


class World:
    """One test: our side, SIPp, and how it went."""

    def __init__(self, program, directory, host='127.0.0.1', tcp=False):
        self.host, self.tcp, self.directory = host, tcp, directory
        self.sipp, self.errors = None, ''
        self.line = Line(program, host)
        self.port = free_port(host)
        self.trunk()

    def trunk(self, user='-', host=None):
        self.user, self.peer_host = user, host
        self.line.do(f'trunk {"tcp" if self.tcp else "udp"} {host or self.host} {self.port} {user}')
        self.line.want('known')

    def scenario(self, name, keys):
        """The file, with its {keys} filled in: SIPp's own keywords do not go everywhere."""
        with open(os.path.join(HERE, 'sip', name + '.xml'), encoding='ascii') as f:
            text = f.read()
        for key, value in keys.items():
            text = text.replace('{' + key + '}', str(value))
        path = os.path.join(self.directory, name + '.xml')
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
        return path

    def command(self, path, is_caller):
        command = ['sipp', '-sf', path, '-i', self.host, '-mi', self.host, '-p', str(self.port), '-m', '1', '-nostdin',
                   '-trace_err', '-error_file', os.path.join(self.directory, 'errors'), '-timeout', f'{PATIENCE}s',
                   '-timeout_error', '-t', 't1' if self.tcp else 'u1']
        if is_caller:
            target = f'[{self.host}]' if ':' in self.host else self.host
            command.append(f'{target}:{self.line.port}')
        return command

    def start(self, name, **keys):
        """A port that was free may be taken by another test in the meantime: then another one."""
        path = self.scenario(name, keys)
        for _ in range(5):
            self.sipp = subprocess.Popen(self.command(path, name.startswith('uac')), cwd=self.directory,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                         text=True)
            until = time.monotonic() + PATIENCE
            while self.sipp.poll() is None and not is_bound_by(self.sipp.pid, self.port):
                if time.monotonic() > until:
                    raise Failed('SIPp does not bind its port')
            if self.sipp.poll() is None:
                return
            self.errors = self.sipp.stderr.read()
            if 'Unable to bind' not in self.errors:
                if name.startswith('uac'):
                    return  # it is through already
                raise Failed('SIPp does not start: ' + self.errors)
            self.port = free_port(self.host)
            self.trunk(self.user, self.peer_host)
        raise Failed('no free port for SIPp')

    def finish(self):
        """SIPp saw all it wanted."""
        _, errors = self.sipp.communicate(timeout=PATIENCE + 10)
        code, self.sipp = self.sipp.returncode, None
        errors = self.errors + errors
        if code != 0:
            log = os.path.join(self.directory, 'errors')
            if os.path.exists(log):
                with open(log, encoding='latin-1') as f:
                    errors += f.read()
            raise Failed(f'SIPp ended with {code}: {errors[:3000]}\nours: {self.line.seen}')

    def close(self):
        if self.sipp:
            self.sipp.kill()
            self.sipp.wait()


def dialled(w, scenario, **keys):
    w.start(scenario, **keys)
    w.line.do('dial 200')
    w.line.want(r'media pcma .*:16000')


def bye(w):
    w.line.do('bye')
    w.line.want('ended sip-hung-up here')
    w.finish()


def t38_refused(w, status):
    dialled(w, 'uas_refuses_t38', status=status)
    w.line.do('t38')
    w.line.want(r'media pcma .*:16000 t38-refused')
    bye(w)


def test_488_stays_in_audio(w):
    t38_refused(w, 488)


def test_415_stays_in_audio(w):
    t38_refused(w, 415)


def test_606_stays_in_audio(w):
    t38_refused(w, 606)


def test_603_stays_in_audio(w):
    t38_refused(w, 603)


def test_stream_refused_in_200(w):
    dialled(w, 'uas_takes_no_stream')
    w.line.do('t38')
    w.line.want(r'media pcma .*:16000 t38-refused')
    bye(w)


def test_late_t38_by_called_side(w):
    dialled(w, 'uas_late_t38')
    w.line.want(r'media t38 .*:16002 .*')
    w.line.want('ended sip-bye far')
    w.finish()


def test_glare_waits_and_tries_again(w):
    dialled(w, 'uas_glare')
    w.line.do('t38')
    w.line.want(r'media t38 .*:16002 .*')
    bye(w)


def test_glare_takes_their_offer(w):
    dialled(w, 'uas_glare_lost')
    w.line.do('t38')
    w.line.want(r'media t38 .*:16002 .*')
    bye(w)


def test_dialog_gone_ends_the_call(w):
    dialled(w, 'uas_dialog_gone')
    w.line.do('t38')
    w.line.want('ended sip-lost .*')
    w.finish()


def test_digest(w):
    w.trunk('clinic')
    w.line.do('secret s3cret:%')
    dialled(w, 'uas_digest')
    bye(w)


def test_digest_refused_twice(w):
    w.trunk('clinic')
    w.line.do('secret wrong')
    w.start('uas_digest_never')
    w.line.do('dial 200')
    w.line.want('ended sip-login far')
    w.finish()


def test_digest_without_a_password(w):
    w.start('uas_basic')
    w.line.do('dial 200')
    w.line.want('ended sip-login far')
    w.finish()


def test_basic_is_never_answered(w):
    w.trunk('clinic')
    w.line.do('secret s3cret')
    w.start('uas_basic')
    w.line.do('dial 200')
    w.line.want('ended sip-login far')
    w.finish()


# proves: D8
def test_redirect_is_not_followed(w):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind((w.host, 0))
        w.start('uas_redirects', elsewhere=elsewhere.getsockname()[1])
        w.line.do('dial 200')
        w.line.want('ended sip-302 far')
        w.finish()
        elsewhere.setblocking(False)
        try:
            raise Failed(f'the call went elsewhere: {elsewhere.recv(100)}')
        except BlockingIOError:
            pass


def test_retry_after_is_left_to_the_queue(w):
    w.start('uas_retry_after', status=503)
    w.line.do('dial 200')
    w.line.want('ended sip-503 far')
    w.finish()


def test_busy_with_retry_after(w):
    w.start('uas_retry_after', status=486)
    w.line.do('dial 200')
    w.line.want('ended sip-486 far')
    w.finish()


def test_cancel(w):
    w.start('uas_rings')
    w.line.do('dial 200')
    w.line.want('ringing')
    w.line.do('bye')
    w.line.want('ended sip-hung-up .*')
    w.finish()


def test_answer_crosses_cancel(w):
    w.start('uas_answers_cancel_with_200')
    w.line.do('dial 200')
    w.line.want('ringing')
    bye(w)


def test_answer_without_our_codings(w):
    w.start('uas_no_audio')
    w.line.do('dial 200')
    w.line.want('ended sip-answer .*')
    w.finish()


def test_answer_in_a_reliable_183(w):
    dialled(w, 'uas_early_answer')
    bye(w)


def called(w, scenario, *wanted, caller='0501234567'):
    w.start(scenario)
    w.line.want(rf'invited 200 from {caller} at .*')
    for pattern in wanted:
        w.line.want(pattern)
    w.finish()


def test_caller_wants_reliable_180(w):
    w.line.do('auto hold')
    w.start('uac_reliable')
    w.line.want(r'invited .*')
    w.line.do('accept')
    w.line.want(r'media pcma .*:16000')
    w.line.want('ended sip-bye far')
    w.finish()


# proves: D8
def test_refer_and_update_are_refused(w):
    called(w, 'uac_audio', r'media pcma .*:16000', 'ended sip-bye far')


def referred(w, outcome, word):
    w.start('uac_referred', target='300', answer='202 Accepted', outcome=outcome)
    w.line.want(r'invited .*')
    w.line.want(r'media pcma .*:16000')
    w.line.do('forward 300')
    w.line.want(f'forwarded {word}')
    bye(w)


def test_call_is_forwarded_by_refer(w):
    referred(w, '200 OK', 'yes')


def test_call_is_not_taken_over_by_a_busy_telephone(w):
    referred(w, '486 Busy Here', 'no')


def test_t38_that_is_off_is_refused(w):
    w.line.do('auto hold')
    w.start('uac_again', first=negotiation.AUDIO + '\n' + negotiation.T38, kind='audio', again=negotiation.T38, status=488,
            ack_branch='[branch-3]')
    w.line.want(r'invited .*')
    w.line.do('accept-audio')
    w.line.want(r'media pcma .*:16000')
    w.line.want('ended sip-bye far')
    w.finish()


def play(w, row):
    """One of negotiation.py."""
    scenario, keys, steps = row
    if steps and steps[0].startswith('> auto '):  # it holds for the call: before that begins
        w.line.do(steps[0][2:])
        w.trunk()
        steps = steps[1:]
    w.start(scenario, **keys)
    for step in steps:
        if step.startswith('> '):
            w.line.do(step[2:])
        else:
            w.line.want(step)
    w.finish()


def test_late_offer(w):
    called(w, 'uac_late_offer', r'media pcma .*:16000', r'media pcma .*:16000', 'ended sip-bye far')


def test_t38_and_back(w):
    called(w, 'uac_t38_and_back', r'media pcma .*:16000', r'media t38 .*:16002 .*', r'media pcma .*:16000',
           'ended sip-bye far')


def test_broken_description_is_488(w):
    w.start('uac_broken')
    w.finish()


def test_caller_gives_up(w):
    w.line.do('auto hold')
    called(w, 'uac_cancels', 'ended sip-cancelled far')


def number_seen(w, rule, number):
    w.line.do('auto hold')
    w.line.do(f'called {rule}')
    w.line.want('known')
    w.start('uac_diverted')
    w.line.want(f'invited {number} from 0501234567 at .*')
    w.line.want('ended sip-cancelled far')
    w.finish()


def test_number_is_that_of_the_request(w):
    number_seen(w, 'request', 200)


def test_number_may_stand_in_to(w):
    number_seen(w, 'to', 500)


def test_number_may_stand_in_diversion(w):
    number_seen(w, 'diversion', 300)


def test_caller_who_wants_privacy_is_anonymous(w):
    w.line.do('auto hold')
    called(w, 'uac_private', 'ended sip-cancelled far', caller='anonymous')


# proves: D8
def test_stranger_is_403(w):
    w.trunk(host='127.0.0.9')
    w.start('uac_stranger')
    w.finish()


def test_t38_taken_over_tcp(w):
    play(w, negotiation.ROWS['calling_side_asks'])


def test_t38_and_back_over_tcp(w):
    test_t38_and_back(w)


def test_t38_taken_over_ipv6(w):
    play(w, negotiation.ROWS['calling_side_asks'])


def test_t38_and_back_over_ipv6(w):
    test_t38_and_back(w)


TESTS = {name.removeprefix('test_'): f for name, f in list(globals().items()) if name.startswith('test_')}
TESTS.update({'negotiation_' + name: functools.partial(play, row=row) for name, row in negotiation.ROWS.items()})


def run(name, function):
    kind = {'tcp': name.endswith('_over_tcp'), 'host': '::1' if name.endswith('_over_ipv6') else '127.0.0.1'}
    with tempfile.TemporaryDirectory() as directory:
        w = World(PROGRAM, directory, **kind)
        try:
            function(w)
            w.line.end()
        except (Failed, subprocess.TimeoutExpired) as e:
            w.line.process.kill()
            return f'{e}'
        finally:
            w.close()
    return None


def main():
    chosen = {name: f for name, f in TESTS.items() if name in sys.argv[1:] or len(sys.argv) == 1}
    if not shutil.which('sipp'):
        for name in chosen:
            print(f'skipped {name}: the peer sipp is missing (package sip-tester)')
        return 0
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = [(name, pool.submit(run, name, f)) for name, f in chosen.items()]
        for name, result in results:
            why = result.result()
            failures += why is not None
            print(f'failed {name}: ' + why.replace('\n', '\\n') if why else f'ok {name}', flush=True)
    return 1 if failures or not results else 0


sys.exit(main())
