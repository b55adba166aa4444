/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The program faxpost-line with this test as its parent, queue and call process. Two of them call each other.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "base/clock.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "ipc/message.h"
#include "role/boot.h"

/* For next(): whatever comes. */
#define MSG_ANY MSG_none

enum { PATIENCE_MS = 20 * 1000, CALLS = 2, SEEN_MAX = 64 };

static const char *program;

/* What came from a line, in order. */
struct seen {
    enum message_type type;
    uint64_t request;
    struct id attempt;
    unsigned instance; /* of the call process it came to */
    uint32_t kind, status;
    char text[80];
    uint8_t dialog[4096];
    size_t dialog_len;
};

struct end {
    struct channel channel;
    struct rig *rig;
    unsigned instance;
};

/* One line process with its neighbours. */
struct rig {
    struct loop *loop;
    pid_t pid;
    struct end parent, queue, call[CALLS];
    char bound[BOOT_BOUND_LEN];
    bool ready;
    struct seen seen[SEEN_MAX];
    size_t count, looked_at;
    int media_fds[SEEN_MAX];
};

static void note(struct end *e, struct message *m)
{
    struct rig *r = e->rig;
    assert_in_range(r->count, 0, SEEN_MAX - 1);
    struct seen *s = &r->seen[r->count];
    *s = (struct seen){.type = m->type, .request = m->request, .instance = e->instance};
    r->media_fds[r->count++] = -1;
    switch ((int)m->type) {
    case MSG_dialled: s->attempt = m->dialled.attempt; break;
    case MSG_dial_failed:
        s->attempt = m->dial_failed.attempt;
        s->status = m->dial_failed.sip_status;
        (void)str_copy(s->text, sizeof(s->text), m->dial_failed.code);
        break;
    case MSG_dialog_alive: s->attempt = m->dialog_alive.attempt; break;
    case MSG_invited:
        s->attempt = m->invited.attempt;
        (void)str_format(s->text, sizeof(s->text), "%s %s %s", m->invited.trunk, m->invited.called,
                         m->invited.calling);
        break;
    case MSG_forwarded:
        s->attempt = m->forwarded.attempt;
        s->status = m->forwarded.error;
        break;
    case MSG_hung_up: s->attempt = m->hung_up.attempt; break;
    case MSG_media_end:
        s->attempt = m->media_end.attempt;
        (void)str_copy(s->text, sizeof(s->text), m->media_end.reason);
        break;
    case MSG_media:
        s->attempt = m->media.attempt;
        s->kind = m->media.kind;
        s->status = m->media.caller;
        (void)str_copy(s->text, sizeof(s->text), m->media.remote);
        memcpy(s->dialog, m->media.dialog.data, m->media.dialog.len);
        s->dialog_len = m->media.dialog.len;
        r->media_fds[r->count - 1] = m->media.fd > 0 ? take_fd(&m->media.fd) : -1;
        break;
    default: r->count--; break; /* progress */
    }
}

static void on_message(void *context, struct message *m)
{
    struct end *e = context;
    if (m->type == MSG_ready) {
        e->rig->ready = true;
        (void)str_copy(e->rig->bound, sizeof(e->rig->bound), m->ready.bound);
        return;
    }
    note(e, m);
}

static void on_closed(void *context)
{
}

static void end_start(struct rig *r, struct end *e, unsigned instance, int fd)
{
    e->rig = r;
    e->instance = instance;
    e->channel = (struct channel){.fd = -1, .on_message = on_message, .on_closed = on_closed, .context = e};
    list_init(&e->channel.unsent);
    channel_start(&e->channel, r->loop, fd);
}

static void connect_peer(struct rig *r, struct end *e, enum role role, unsigned instance, uint64_t generation)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    if (e->rig)
        channel_stop(&e->channel);
    end_start(r, e, instance, fds[0]);
    struct message m = {.type = MSG_peer,
                        .peer = {.role = role, .instance = instance, .generation = generation, .fd = fds[1]}};
    channel_send(&r->parent.channel, &m);
    (void)close(fds[1]);
}

static void line_start(struct rig *r, struct loop *loop, const char *bound)
{
    int fds[2];
    *r = (struct rig){.loop = loop};
    assert_int_equal(channel_pair(fds), 0);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0) {
        /* The leak check traces, which the sandbox forbids. */
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        if (dup2(fds[1], BOOT_PARENT_FD) == BOOT_PARENT_FD)
            (void)execl(program, program, (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    end_start(r, &r->parent, 0, fds[0]);
    struct message init = {.type = MSG_init,
                           .init = {.conf = "sip_listen = 127.0.0.1:0\nlog_level = error\n",
                                    .conf_name = "test.conf",
                                    .bound = bound}};
    struct message go = {.type = MSG_go};
    channel_send(&r->parent.channel, &init);
    channel_send(&r->parent.channel, &go);
    connect_peer(r, &r->queue, ROLE_QUEUE, 0, 1);
    for (unsigned i = 0; i < CALLS; i++)
        connect_peer(r, &r->call[i], ROLE_CALL, i, 1);
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (!r->ready && clock_mono_ms() < until)
        (void)loop_step(loop, 50);
    assert_true(r->ready);
}

static void line_gone(struct rig *r, int signal)
{
    int status;
    if (signal)
        (void)kill(r->pid, signal);
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    if (!signal)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    channel_stop(&r->parent.channel);
    channel_stop(&r->queue.channel);
    for (unsigned i = 0; i < CALLS; i++)
        channel_stop(&r->call[i].channel);
    for (size_t i = 0; i < r->count; i++)
        if (r->media_fds[i] >= 0)
            (void)close(r->media_fds[i]);
}

static void line_stop(struct rig *r)
{
    struct message m = {.type = MSG_stop};
    channel_send(&r->parent.channel, &m);
    line_gone(r, 0);
}

/* The next message of that type, skipping none of another type. */
static const struct seen *next(struct rig *r, enum message_type type)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (r->looked_at == r->count && clock_mono_ms() < until)
        (void)loop_step(r->loop, 50);
    if (r->looked_at == r->count || (type != MSG_ANY && r->seen[r->looked_at].type != type))
        fail_msg("%s instead of %s",
                 r->looked_at == r->count ? "nothing" : message_name(r->seen[r->looked_at].type),
                 message_name(type));
    return &r->seen[r->looked_at++];
}

/* ---- the world: a dials b ---- */

struct world {
    struct loop *loop;
    struct rig a, b;
};

static void tell_trunk(struct rig *r, const struct rig *to, const char *user, const char *host)
{
    char json[512], at[ENDPOINT_TEXT_LEN], port[ENDPOINT_TEXT_LEN];
    (void)str_copy_span(port, sizeof(port), span_of(to->bound + 4, strcspn(to->bound + 4, "\n")));
    (void)str_format(at, sizeof(at), "%s%s", host, strrchr(port, ':'));
    (void)str_format(
        json, sizeof(json),
        "[{\"id\":\"1\",\"name\":\"other\",\"peer\":\"sip:%s\",\"transport\":\"udp\",\"user\":\"%s\","
        "\"t38\":true}]",
        at, user);
    struct message m = {.type = MSG_trunks, .trunks = {.trunks = json}};
    channel_send(&r->queue.channel, &m);
    /* Nobody answers that; but what follows on the same channel is dealt with later. */
    struct message no_trunk = {
        .type = MSG_dial,
        .request = 1,
        .dial = {.attempt = id_new(), .trunk = "nobody", .number = "1", .caller_id = "", .caller_name = ""}};
    channel_send(&r->queue.channel, &no_trunk);
    const struct seen *failed = next(r, MSG_dial_failed);
    assert_string_equal(failed->text, "no-trunk");
    struct message stored = {.type = MSG_dial_failed_stored,
                             .request = failed->request,
                             .dial_failed_stored = {.attempt = failed->attempt}};
    channel_send(&r->queue.channel, &stored);
    (void)next(r, MSG_dialled);
}

static void world_open(struct world *w)
{
    w->loop = loop_new();
    line_start(&w->a, w->loop, "");
    line_start(&w->b, w->loop, "");
    tell_trunk(&w->a, &w->b, "", "127.0.0.1");
    tell_trunk(&w->b, &w->a, "", "127.0.0.1");
}

static void world_close(struct world *w)
{
    line_stop(&w->a);
    line_stop(&w->b);
    loop_free(w->loop);
}

static struct id dial(struct rig *r, unsigned call_instance, struct span secret)
{
    struct id attempt = id_new();
    struct message m = {.type = MSG_dial,
                        .request = 7,
                        .dial = {.attempt = attempt,
                                 .trunk = "other",
                                 .number = "200",
                                 .caller_id = "100",
                                 .caller_name = "Front",
                                 .secret = secret,
                                 .t38 = 1,
                                 .call_instance = call_instance}};
    channel_send(&r->queue.channel, &m);
    return attempt;
}

static void verdict(struct rig *r, const struct seen *invited, uint32_t status, unsigned call_instance)
{
    struct message m = {.type = MSG_invite_verdict,
                        .request = invited->request,
                        .invite_verdict = {.attempt = invited->attempt,
                                           .sip_status = status,
                                           .reason = "",
                                           .t38 = 1,
                                           .call_instance = call_instance,
                                           .forward = "300"}};
    channel_send(&r->queue.channel, &m);
}

struct talk {
    const struct seen *a, *b; /* the first media of both ends */
};

static struct talk talk(struct world *w, unsigned call_instance)
{
    struct id attempt = dial(&w->a, call_instance, span_of(NULL, 0));
    struct talk t;
    assert_true(id_equal(next(&w->a, MSG_dialled)->attempt, attempt));
    const struct seen *invited = next(&w->b, MSG_invited);
    assert_string_equal(invited->text, "other 200 100");
    verdict(&w->b, invited, 200, call_instance);
    t.a = next(&w->a, MSG_media);
    t.b = next(&w->b, MSG_media);
    assert_true(id_equal(t.a->attempt, attempt));
    assert_int_equal(t.a->kind, MEDIA_PCMA);
    assert_int_equal(t.a->status, 1);
    assert_int_equal(t.b->status, 0);
    assert_int_equal(t.a->instance, call_instance);
    assert_int_equal(t.b->instance, call_instance);
    return t;
}

static void hang_up(struct rig *r, const struct seen *media)
{
    struct message m = {
        .type = MSG_hang_up,
        .request = 9,
        .hang_up = {.attempt = media->attempt, .dialog = span_of(media->dialog, media->dialog_len)}};
    channel_send(&r->call[media->instance].channel, &m);
}

/* ---- tests ---- */

static void a_call_from_dial_to_hung_up(void **state)
{
    struct world w;
    world_open(&w);
    struct talk t = talk(&w, 1);
    /* Both sockets came with the first media and reach each other. */
    struct endpoint to_b, from_a;
    assert_true(endpoint_parse(t.a->text, &to_b));
    assert_int_equal(endpoint_of_socket(w.b.media_fds[t.b - w.b.seen], &from_a), 0);
    assert_int_equal(endpoint_port(&to_b), endpoint_port(&from_a));
    struct message want = {.type = MSG_want_t38, .want_t38 = {.attempt = t.b->attempt}};
    channel_send(&w.b.call[1].channel, &want);
    assert_int_equal(next(&w.a, MSG_media)->kind, MEDIA_T38);
    assert_int_equal(next(&w.b, MSG_media)->kind, MEDIA_T38);
    hang_up(&w.a, t.a);
    assert_true(id_equal(next(&w.a, MSG_hung_up)->attempt, t.a->attempt));
    const struct seen *over = next(&w.b, MSG_media_end);
    assert_true(id_equal(over->attempt, t.b->attempt));
    assert_string_equal(over->text, "sip-bye");
    world_close(&w);
}

static void ask_forward(struct rig *r, const struct seen *media)
{
    struct message m = {.type = MSG_forward, .request = 11, .forward = {.attempt = media->attempt}};
    channel_send(&r->call[media->instance].channel, &m);
}

/* Our own user agent takes no REFER; neither does a line that does not know the call any more. */
static void a_call_that_cannot_be_forwarded_goes_on(void **state)
{
    struct world w;
    world_open(&w);
    struct talk t = talk(&w, 1);
    ask_forward(&w.b, t.b);
    ask_forward(&w.b, t.b); /* as after a restart of either side */
    const struct seen *not = next(&w.b, MSG_forwarded);
    assert_true(id_equal(not ->attempt, t.b->attempt));
    assert_int_not_equal(not ->status, 0);
    struct seen unknown = *t.b;
    unknown.attempt = id_new();
    ask_forward(&w.b, &unknown);
    not = next(&w.b, MSG_forwarded);
    assert_true(id_equal(not ->attempt, unknown.attempt));
    assert_int_not_equal(not ->status, 0);
    hang_up(&w.b, t.b);
    (void)next(&w.b, MSG_hung_up);
    (void)next(&w.a, MSG_media_end);
    world_close(&w);
}

static void a_caller_whom_the_queue_sends_on(void **state)
{
    struct world w;
    world_open(&w);
    (void)dial(&w.a, 0, span_of(NULL, 0));
    (void)next(&w.a, MSG_dialled);
    verdict(&w.b, next(&w.b, MSG_invited), 302, 0);
    const struct seen *failed = next(&w.a, MSG_dial_failed);
    assert_int_equal(failed->status, 302);
    world_close(&w);
    assert_int_equal(w.b.count, w.b.looked_at);
}

static void a_refusal_by_the_queue(void **state)
{
    struct world w;
    world_open(&w);
    struct id attempt = dial(&w.a, 0, span_of(NULL, 0));
    (void)next(&w.a, MSG_dialled);
    verdict(&w.b, next(&w.b, MSG_invited), 486, 0);
    const struct seen *failed = next(&w.a, MSG_dial_failed);
    assert_true(id_equal(failed->attempt, attempt));
    assert_int_equal(failed->status, 486);
    assert_string_equal(failed->text, "sip-486");
    world_close(&w);
    assert_int_equal(w.b.count, w.b.looked_at); /* the queue hears nothing of what it refused itself */
}

static void the_same_dial_twice_is_one_call(void **state)
{
    struct world w;
    world_open(&w);
    struct id attempt = id_new();
    struct message m = {.type = MSG_dial,
                        .request = 7,
                        .dial = {.attempt = attempt,
                                 .trunk = "other",
                                 .number = "200",
                                 .caller_id = "100",
                                 .caller_name = "",
                                 .call_instance = 0}};
    channel_send(&w.a.queue.channel, &m);
    channel_send(&w.a.queue.channel, &m);
    (void)next(&w.a, MSG_dialled);
    (void)next(&w.a, MSG_dialled);
    const struct seen *invited = next(&w.b, MSG_invited);
    verdict(&w.b, invited, 200, 0);
    (void)next(&w.a, MSG_media);
    (void)next(&w.b, MSG_media);
    struct message drop = {.type = MSG_drop, .drop = {.attempt = attempt}};
    channel_send(&w.a.queue.channel, &drop);
    assert_string_equal(next(&w.a, MSG_media_end)->text, "sip-hung-up");
    (void)next(&w.b, MSG_media_end);
    world_close(&w);
}

static void a_killed_line_leaves_dialogs_that_the_next_one_ends(void **state)
{
    struct world w;
    world_open(&w);
    struct talk t = talk(&w, 0);
    struct seen before = *t.a;
    char bound[BOOT_BOUND_LEN];
    (void)str_copy(bound, sizeof(bound), w.a.bound);
    line_gone(&w.a, SIGKILL);
    line_start(&w.a, w.loop, bound);
    assert_string_equal(w.a.bound, bound); /* the same port */
    hang_up(&w.a, &before);
    assert_true(id_equal(next(&w.a, MSG_hung_up)->attempt, before.attempt));
    assert_true(id_equal(next(&w.b, MSG_media_end)->attempt, t.b->attempt));
    /* Asked again, as call does where the answer was lost, and with bytes that are no dialog. */
    hang_up(&w.a, &before);
    (void)next(&w.a, MSG_hung_up);
    before.dialog_len = 3;
    hang_up(&w.a, &before);
    (void)next(&w.a, MSG_hung_up);
    world_close(&w);
}

static void a_dead_call_process_ends_its_calls_and_no_others(void **state)
{
    struct world w;
    world_open(&w);
    struct talk dead = talk(&w, 0), alive = talk(&w, 1);
    connect_peer(&w.a, &w.a.call[0], ROLE_CALL, 0, 2);
    assert_true(id_equal(next(&w.b, MSG_media_end)->attempt, dead.b->attempt));
    struct message want = {.type = MSG_want_t38, .want_t38 = {.attempt = alive.a->attempt}};
    channel_send(&w.a.call[1].channel, &want);
    const struct seen *end =
        next(&w.a, MSG_media_end); /* to the new process, which does not know the attempt */
    assert_true(id_equal(end->attempt, dead.a->attempt));
    assert_int_equal(next(&w.a, MSG_media)->kind, MEDIA_T38);
    assert_int_equal(next(&w.b, MSG_media)->kind, MEDIA_T38);
    world_close(&w);
}

static void a_new_queue_hears_of_every_dialog_and_is_asked_again(void **state)
{
    struct world w;
    world_open(&w);
    struct talk t = talk(&w, 0);
    struct id second = dial(&w.a, 1, span_of(NULL, 0));
    (void)next(&w.a, MSG_dialled);
    const struct seen *invited = next(&w.b, MSG_invited);
    connect_peer(&w.a, &w.a.queue, ROLE_QUEUE, 0, 2);
    assert_true(id_equal(next(&w.a, MSG_dialog_alive)->attempt, t.a->attempt));
    assert_true(id_equal(next(&w.a, MSG_dialog_alive)->attempt, second));
    connect_peer(&w.b, &w.b.queue, ROLE_QUEUE, 0, 2);
    (void)next(&w.b, MSG_dialog_alive);
    (void)next(&w.b, MSG_dialog_alive);
    const struct seen *again = next(&w.b, MSG_invited);
    assert_true(id_equal(again->attempt, invited->attempt));
    verdict(&w.b, again, 200, 1);
    assert_true(id_equal(next(&w.a, MSG_media)->attempt, second));
    (void)next(&w.b, MSG_media);
    world_close(&w);
}

static void a_password_for_another_key_is_told(void **state)
{
    struct world w;
    world_open(&w);
    tell_trunk(&w.a, &w.b, "clinic", "127.0.0.1");
    (void)dial(&w.a, 0, span_str("not a sealed box of anybody, but long enough to be one, surely"));
    const struct seen *first = next(&w.a, MSG_dial_failed);
    assert_string_equal(first->text, "trunk-secret");
    world_close(&w);
}

/* The look-up runs in a thread, inside of the sandbox. */
static void a_trunk_with_a_name_is_reached(void **state)
{
    struct world w;
    world_open(&w);
    tell_trunk(&w.a, &w.b, "", "localhost");
    const struct seen *s;
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    do {
        (void)dial(&w.a, 0, span_of(NULL, 0));
        s = next(&w.a, MSG_ANY);
        if (s->type == MSG_dial_failed) { /* not looked up yet */
            assert_string_equal(s->text, "trunk-not-ready");
            (void)next(&w.a, MSG_dialled);
            w.a.count = w.a.looked_at = 0;
        }
    } while (s->type == MSG_dial_failed && clock_mono_ms() < until);
    assert_int_equal(s->type, MSG_dialled);
    verdict(&w.b, next(&w.b, MSG_invited), 200, 0);
    (void)next(&w.a, MSG_media);
    (void)next(&w.b, MSG_media);
    world_close(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_from_dial_to_hung_up),
        cmocka_unit_test(a_refusal_by_the_queue),
        cmocka_unit_test(a_call_that_cannot_be_forwarded_goes_on),
        cmocka_unit_test(a_caller_whom_the_queue_sends_on),
        cmocka_unit_test(the_same_dial_twice_is_one_call),
        cmocka_unit_test(a_killed_line_leaves_dialogs_that_the_next_one_ends),
        cmocka_unit_test(a_dead_call_process_ends_its_calls_and_no_others),
        cmocka_unit_test(a_new_queue_hears_of_every_dialog_and_is_asked_again),
        cmocka_unit_test(a_password_for_another_key_is_told),
        cmocka_unit_test(a_trunk_with_a_name_is_reached),
    };
    if (argc != 2)
        return 2;
    program = argv[1];
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
