/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t31_modem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <spandsp.h>

enum { PATH_ROOM = 64 };

struct t31_modem {
    int pty, terminal; /* the terminal is kept open, so that it outlives whoever opens it next */
    char path[PATH_ROOM];
    t31_state_t *t31;
    bool off_hook, clear_to_send;
};

static int on_output(at_state_t *at, void *context, const uint8_t *bytes, size_t len)
{
    struct t31_modem *m = context;
    while (len > 0) {
        ssize_t n = write(m->pty, bytes, len);
        if (n <= 0)
            break; /* nobody reads: as on a cable without one */
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static int on_control(t31_state_t *t31, void *context, int op, const char *number)
{
    struct t31_modem *m = context;
    switch (op) {
    case AT_MODEM_CONTROL_CALL:
    case AT_MODEM_CONTROL_ANSWER:
    case AT_MODEM_CONTROL_OFFHOOK: m->off_hook = true; break;
    case AT_MODEM_CONTROL_HANGUP:
    case AT_MODEM_CONTROL_ONHOOK: m->off_hook = false; break;
    case AT_MODEM_CONTROL_CTS: m->clear_to_send = number != NULL; break;
    default: break;
    }
    return 0;
}

static bool open_terminal(struct t31_modem *m)
{
    struct termios raw;
    m->pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (m->pty < 0 || grantpt(m->pty) != 0 || unlockpt(m->pty) != 0 ||
        ptsname_r(m->pty, m->path, sizeof(m->path)) != 0)
        return false;
    m->terminal = open(m->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (m->terminal < 0 || tcgetattr(m->terminal, &raw) != 0)
        return false;
    cfmakeraw(&raw);
    return tcsetattr(m->terminal, TCSANOW, &raw) == 0 && fchmod(m->terminal, 0666) == 0;
}

struct t31_modem *t31_modem_new(void)
{
    struct t31_modem *m = calloc(1, sizeof(*m));
    if (m == NULL)
        abort();
    m->pty = m->terminal = -1;
    m->clear_to_send = true;
    m->t31 = t31_init(NULL, on_output, m, on_control, m, NULL, NULL);
    if (m->t31 != NULL && open_terminal(m))
        return m;
    t31_modem_close(m);
    return NULL;
}

void t31_modem_close(struct t31_modem *m)
{
    if (m->terminal >= 0)
        (void)close(m->terminal);
    if (m->pty >= 0)
        (void)close(m->pty);
    m->terminal = m->pty = -1;
}

const char *t31_modem_path(const struct t31_modem *m)
{
    return m->path;
}

/* What is not read waits in the terminal: that is the flow control. */
void t31_modem_read(struct t31_modem *m)
{
    char bytes[256];
    ssize_t n;
    while (m->clear_to_send && (n = read(m->pty, bytes, sizeof(bytes))) > 0)
        (void)t31_at_rx(m->t31, bytes, (int)n);
}

bool t31_modem_off_hook(const struct t31_modem *m)
{
    return m->off_hook;
}

void t31_modem_ring(struct t31_modem *m)
{
    t31_call_event(m->t31, AT_CALL_EVENT_ALERTING);
}

void t31_modem_connect(struct t31_modem *m, bool we_called)
{
    t31_call_event(m->t31, we_called ? AT_CALL_EVENT_CONNECTED : AT_CALL_EVENT_ANSWERED);
}

void t31_modem_hang_up(struct t31_modem *m)
{
    t31_call_event(m->t31, AT_CALL_EVENT_HANGUP);
}

void t31_modem_pass(struct t31_modem *m, int16_t *heard, int16_t *said, int count)
{
    (void)t31_rx(m->t31, heard, count);
    int made = t31_tx(m->t31, said, count);
    memset(said + made, 0, (size_t)(count - made) * sizeof(*said));
}
