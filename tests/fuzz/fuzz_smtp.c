/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A hostile client: the input is its bytes, cut into pieces by what they hold. The queue answers at once, or
 * is slow. The first octet says so, the second which door it is: logins, TLS first, LMTP. What must hold: a
 * mail reaches the store only as a run of complete lines without bare CR or LF, replies are whole lines,
 * nobody is logged in whose proof was not said to be right, and where a login is required no mail comes
 * without. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/smtp_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct smtp_server *server;
    int64_t now_ms;
    bool slow, asked, stored_asked, spool_asked, salt_asked, judge_asked, believed, judged;
    bool require_login, elsewhere;
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

static void give_salt(struct world *w)
{
    w->salt_asked = false;
    if (w->elsewhere && smtp_server_hand_on(w->server))
        return;
    if (w->code == 550 && w->judged)
        smtp_server_judged(w->server, 1, ID_NONE, span_of(NULL, 0), w->now_ms);
    else
        smtp_server_salted(w->server, span_str("salt"), 4096, w->now_ms);
}

static void give_judgement(struct world *w)
{
    static const uint8_t signature[32];
    static const struct id somebody = {{1}};
    w->judge_asked = false;
    w->judged = true;
    smtp_server_judged(w->server, 0, w->believed ? somebody : ID_NONE,
                       span_of(signature, w->believed ? sizeof(signature) : 0), w->now_ms);
}

static void login_salt(void *context, const char *name)
{
    struct world *w = context;
    check_line(name);
    if (!*name)
        abort();
    w->salt_asked = true;
    if (!w->slow)
        give_salt(w);
}

static void login_judge(void *context, const char *name, struct span signs, struct span proof)
{
    struct world *w = context;
    check_line(name);
    if (signs.len == 0 || proof.len != 32)
        abort();
    w->judge_asked = true;
    if (!w->slow)
        give_judgement(w);
}

static void login_password(void *context, const char *name, const char *password)
{
    static const struct id somebody = {{1}};
    struct world *w = context;
    check_line(name);
    if (!*password)
        abort();
    w->judged = true;
    smtp_server_judged(w->server, 0, w->believed ? somebody : ID_NONE, span_of(NULL, 0), w->now_ms);
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
    bool logged_in = !id_is_none(smtp_server_user(w->server));
    if ((logged_in && !(w->believed && w->judged)) || (w->require_login && !logged_in))
        abort();
    if (!*mail->recipients)
        abort();
    w->stored_asked = w->slow;
    if (!w->slow)
        smtp_server_stored(w->server, 0, w->now_ms);
}

static void forget(void *context)
{
    struct world *w = context;
    w->asked = w->stored_asked = w->spool_asked = w->salt_asked = w->judge_asked = false;
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
    if (w->salt_asked)
        give_salt(w);
    else if (w->judge_asked)
        give_judgement(w);
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
                                                     .login_salt = login_salt,
                                                     .login_judge = login_judge,
                                                     .login_password = login_password,
                                                     .spool = spool,
                                                     .spool_write = spool_write,
                                                     .store = store,
                                                     .forget = forget};
    if (size < 2)
        return 0;
    uint8_t door = data[1];
    struct world w = {.now_ms = 1,
                      .slow = data[0] & 1,
                      .code = data[0] & 2 ? 550 : 250,
                      .elsewhere = data[0] & 64,
                      .believed = door & 1,
                      .require_login = (door & 2) && !(door & 4)};
    uint8_t stride = (uint8_t)(data[0] >> 2);
    const struct smtp_server_opts opts = {.host_name = "h",
                                          .max_bytes = 200000,
                                          .lmtp = door & 4,
                                          .offer_tls = true,
                                          .implicit_tls = door & 8,
                                          .offer_login = !(door & 4),
                                          .login_in_clear = door & 16,
                                          .require_login = w.require_login,
                                          .events = &events,
                                          .context = &w,
                                          .now_ms = 1};
    w.server = smtp_server_new(&opts);
    size_t begin = 2, end = 2;
    read_output(&w);
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
