/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A hostile client: the input is its bytes, cut into pieces by what they hold. The queue answers at once, or
 * is slow. What must hold: a mail reaches the store only as a run of complete lines without bare CR or LF,
 * and replies are whole lines. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/smtp_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct smtp_server *server;
    int64_t now_ms;
    bool slow, asked, stored_asked, spool_asked;
    unsigned code;
};

static void check_mail(struct span mail)
{
    for (size_t i = 0; i < mail.len; i++) {
        bool cr = mail.data[i] == '\r', lf = mail.data[i] == '\n';
        if ((cr && (i + 1 == mail.len || mail.data[i + 1] != '\n')) ||
            (lf && (i == 0 || mail.data[i - 1] != '\r')))
            abort();
    }
    if (mail.len > 0 && mail.data[mail.len - 1] != '\n')
        abort();
}

static void check_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
}

static void rcpt_check(void *context, const char *sender, const char *recipient)
{
    struct world *w = context;
    check_line(sender);
    check_line(recipient);
    w->asked = w->slow;
    if (!w->slow)
        smtp_server_checked(w->server, w->code, "2.1.5", recipient, w->now_ms);
}

static void spool(void *context, struct id mail)
{
    struct world *w = context;
    w->spool_asked = w->slow;
    if (!w->slow)
        smtp_server_spooled(w->server, 0, w->now_ms);
}

static int spool_write(void *context, struct span data)
{
    return 0;
}

static void store(void *context, const struct smtp_mail *mail)
{
    struct world *w = context;
    check_mail(mail->data);
    check_line(mail->helo);
    if (!*mail->recipients)
        abort();
    w->stored_asked = w->slow;
    if (!w->slow)
        smtp_server_stored(w->server, 0, w->now_ms);
}

static void forget(void *context)
{
    struct world *w = context;
    w->asked = w->stored_asked = w->spool_asked = false;
}

static void answer(struct world *w)
{
    if (w->asked)
        smtp_server_checked(w->server, w->code, "2.1.5", "late", w->now_ms);
    if (w->spool_asked)
        smtp_server_spooled(w->server, 0, w->now_ms);
    if (w->stored_asked)
        smtp_server_stored(w->server, 0, w->now_ms);
    w->asked = w->stored_asked = w->spool_asked = false;
}

static void read_output(struct world *w)
{
    struct span out = smtp_server_output(w->server);
    if (out.len > 0 && out.data[out.len - 1] != '\n')
        abort();
    smtp_server_sent(w->server, out.len);
    if (smtp_server_wish(w->server) == SMTP_WISH_TLS)
        smtp_server_secured(w->server, w->now_ms);
}

static size_t give(struct world *w, struct span in)
{
    uint8_t *copy = mem_dup(in.data, in.len);
    size_t n = smtp_server_input(w->server, span_of(copy, in.len), w->now_ms);
    free(copy);
    if (n > in.len)
        abort();
    read_output(w);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct smtp_server_events events = {.rcpt_check = rcpt_check,
                                                     .spool = spool,
                                                     .spool_write = spool_write,
                                                     .store = store,
                                                     .forget = forget};
    if (size == 0)
        return 0;
    struct world w = {.now_ms = 1, .slow = data[0] & 1, .code = data[0] & 2 ? 550 : 250};
    uint8_t stride = (uint8_t)(data[0] >> 2);
    const struct smtp_server_opts opts = {.host_name = "h",
                                          .max_bytes = 200000,
                                          .offer_tls = true,
                                          .events = &events,
                                          .context = &w,
                                          .now_ms = 1};
    w.server = smtp_server_new(&opts);
    size_t begin = 1, end = 1;
    while (end < size) {
        size_t step = stride ? (size_t)stride + data[end] % 7 : size - end;
        end = step < size - end ? end + step : size;
        size_t n;
        do {
            n = give(&w, span_of(data + begin, end - begin));
            begin += n;
            answer(&w);
            read_output(&w);
        } while (n > 0 && begin < end);
        w.now_ms += data[end - 1] * 10;
        smtp_server_expire(w.server, w.now_ms);
        read_output(&w);
    }
    smtp_server_free(w.server);
    return 0;
}
