/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "line_world.h"

#include "base/clock.h"
#include "base/str.h"

static void on_invited(void *context, struct ua_call *call, const struct ua_invited *who)
{
    struct side *s = context;
    s->call = call;
    s->invited++;
    (void)str_copy(s->called, sizeof(s->called), who->called);
    (void)str_copy(s->calling, sizeof(s->calling), who->calling);
    (void)str_copy(s->calling_name, sizeof(s->calling_name), who->calling_name);
    if (s->reject)
        ua_reject(call, s->reject);
    else if (!s->hold)
        ua_accept(call, !s->no_t38);
}

static void on_progress(void *context, struct ua_call *call, enum ua_progress p)
{
    struct side *s = context;
    s->ringing += p == UA_RINGING;
    s->answered += p == UA_ANSWERED;
}

static void on_media(void *context, struct ua_call *call, struct ua_media *m)
{
    struct side *s = context;
    s->media++;
    s->refused_t38 += m->refused_t38;
    s->kind = m->media.kind;
    s->remote = m->media.remote;
    if (m->fd >= 0) {
        assert_true(s->fd < 0 || s->both_ends);
        if (s->fd >= 0)
            (void)close(s->fd);
        s->fd = m->fd;
        m->fd = -1;
    }
    assert_in_range(m->dialog.len, 1, sizeof(s->dialog));
    memcpy(s->dialog, m->dialog.data, m->dialog.len);
    s->dialog_len = m->dialog.len;
    if (s->hang_up)
        ua_hang_up(call);
}

static void on_ended(void *context, struct ua_call *call, const struct ua_ended *end)
{
    struct side *s = context;
    s->ended++;
    s->end = *end;
    s->end.trace = s->trace;
    (void)str_copy(s->trace, sizeof(s->trace), end->trace);
    s->call = NULL;
}

static void on_trunk(void *context, const struct trunk *trunk, const struct trunk_health *health)
{
    struct side *s = context;
    s->trunk_up += health->state == TRUNK_UP;
    s->trunk_down += health->state == TRUNK_DOWN;
    s->health = *health;
}

static void on_forwarded(void *context, struct ua_call *call, bool ok)
{
    struct side *s = context;
    s->forwarded += ok;
    s->not_forwarded += !ok;
}

const struct ua_handler world_handler = {on_invited, on_progress, on_media, on_ended, on_trunk, on_forwarded};

/* Of every trunk that has a user. */
static bool open_secret(void *context, const struct trunk *trunk, char *secret, size_t room)
{
    return str_copy(secret, room, WORLD_SECRET);
}

void side_open(struct world *w, struct side *s, const char *listen)
{
    struct ua_opts opts = {.root = w->root,
                           .listen_count = 1,
                           .handler = &world_handler,
                           .context = s,
                           .open_secret = open_secret,
                           .refresh_least_s = 1};
    unsigned failed;
    assert_true(endpoint_parse(listen, &opts.listen[0]));
    *s = (struct side){.fd = -1};
    s->ua = ua_open(&opts, &failed);
    assert_non_null(s->ua);
    struct endpoint e = ua_endpoint(s->ua, 0);
    assert_int_not_equal(endpoint_port(&e), 0);
}

struct trunk trunk_to(const struct ua *ua, enum trunk_transport transport)
{
    struct endpoint e = ua_endpoint(ua, 0);
    struct trunk t = {
        .id = "t", .name = "other", .port = endpoint_port(&e), .transport = transport, .t38 = true};
    endpoint_format_host(&e, t.host);
    return t;
}

void world_open(struct world *w, const char *listen)
{
    w->loop = loop_new();
    w->root = line_root_new(w->loop);
    side_open(w, &w->a, listen);
    side_open(w, &w->b, listen);
    struct trunk to_a = trunk_to(w->a.ua, TRUNK_UDP);
    ua_set_trunks(w->b.ua, &to_a, 1);
}

void side_close(struct side *s)
{
    ua_close(s->ua);
    s->ua = NULL;
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

void world_close(struct world *w)
{
    side_close(&w->a);
    side_close(&w->b);
    line_root_free(w->root);
    loop_free(w->loop);
}

void wait_until(struct world *w, const int *count, int wanted)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (*count < wanted && clock_mono_ms() < until)
        line_root_step(w->root, 50);
    assert_int_equal(*count, wanted);
}

struct ua_call *dial_over(struct world *w, const struct trunk *t, const char *number)
{
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = t,
                        .secret = "",
                        .number = number,
                        .caller_id = "+4930123",
                        .caller_name = "Town \"Hall\"",
                        .t38 = true};
    w->a.call = ua_dial(w->a.ua, &d, &failed);
    assert_non_null(w->a.call);
    return w->a.call;
}

void dial(struct world *w)
{
    struct trunk t = trunk_to(w->b.ua, TRUNK_UDP);
    (void)dial_over(w, &t, "200");
}

void talk(struct world *w)
{
    dial(w);
    wait_until(w, &w->a.media, 1);
    wait_until(w, &w->b.media, 1);
}
