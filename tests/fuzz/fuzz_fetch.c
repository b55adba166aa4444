/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mailbox's server, POP3 or IMAP by the first byte; the second says how its words are cut into pieces. Our
 * side answers every question at once, and must end, and never take a mail that it did not ask for. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mail/fetch_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct owner {
    size_t keys; /* asked and not answered */
    bool mail;   /* complete and not answered */
    bool held, over;
    uint64_t bytes;
};

static void on_keys(void *context, const char *keys, size_t count)
{
    struct owner *o = context;
    size_t lines = 0;
    for (const char *c = keys; *c; c++)
        lines += *c == '\n';
    if (lines != count || count == 0 || count > 100 || o->keys)
        abort();
    o->keys = count;
}

static bool on_data(void *context, struct span bytes)
{
    struct owner *o = context;
    if (o->held || o->over || bytes.len == 0)
        abort();
    o->bytes += bytes.len;
    o->held = o->bytes % 7 == 0;
    return !o->held;
}

static void on_mail(void *context, const struct fetch_mail *mail)
{
    struct owner *o = context;
    if (o->mail || o->over || !*mail->key || strchr(mail->key, '\n') || (!mail->too_large && o->bytes > 200))
        abort();
    o->mail = true;
    o->bytes = 0;
}

static void on_cut(void *context)
{
    struct owner *o = context;
    o->bytes = 0;
}

static void on_quiet(void *context)
{
}

static void on_line(void *context, bool ours, const char *text)
{
    if (!utf8_valid(span_str(text)))
        abort();
}

static void on_over(void *context, const struct outcome *why, bool more)
{
    struct owner *o = context;
    if (o->over || (why && !utf8_valid(span_str(why->text))))
        abort();
    o->over = true;
}

static const struct fetch_client_handlers handlers = {on_keys,  on_data, on_mail, on_cut,
                                                      on_quiet, on_line, on_over};

static void answer(struct fetch_client *c, struct owner *o, uint8_t choice)
{
    static const char choices[] = {FETCH_NEW, FETCH_TAKEN, FETCH_KEPT, FETCH_NEW};
    char states[101];
    if (o->held) {
        o->held = false;
        fetch_client_resume(c, 0);
    }
    if (o->keys) {
        memset(states, choices[choice % 4], o->keys);
        states[o->keys] = 0;
        o->keys = 0;
        fetch_client_known(c, states, 0);
    }
    if (o->mail) {
        o->mail = false;
        fetch_client_taken(c, choice % 16 == 15, 0);
    }
    if (fetch_client_wants_tls(c))
        fetch_client_secured(c, 0);
    fetch_client_took(c, fetch_client_output(c).len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct owner o = {0};
    const struct fetch_client_opts opts = {.protocol = data[0] & 1 ? FETCH_IMAP : FETCH_POP3,
                                           .server_name = "mail.example.com",
                                           .starttls = data[0] & 2,
                                           .secured = !(data[0] & 2),
                                           .login = data[0] & 4 ? FETCH_LOGIN_TOKEN : FETCH_LOGIN_ANY,
                                           .user = "fax",
                                           .password = "secret",
                                           .folder = "INBOX",
                                           .max_bytes = 200,
                                           .keep_large = data[0] & 8,
                                           .handlers = &handlers,
                                           .context = &o};
    struct fetch_client *c = fetch_client_new(&opts, 0);
    size_t piece = 1 + data[1] % 64u;
    struct span rest = span_of(data + 2, size - 2);
    for (unsigned stuck = 0; rest.len > 0 && !o.over; stuck++) {
        size_t n = fetch_client_input(c, span_of(rest.data, rest.len < piece ? rest.len : piece), 0);
        rest = span_of(rest.data + n, rest.len - n);
        if (!o.over)
            answer(c, &o, data[0]);
        stuck = n > 0 ? 0 : stuck;
        if (stuck > 3)
            abort(); /* every answer lets it go on */
    }
    if (!o.over)
        fetch_client_lost(c, "the end");
    if (!o.over)
        abort();
    fetch_client_free(c);
    return 0;
}
