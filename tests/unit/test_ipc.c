/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The codec, and two roles' peers in one process, joined by the same socket pairs the parent would make. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "ipc/channel.h"
#include "ipc/peers.h"
#include "net/loop.h"

static void message_round_trip(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, MESSAGE_BYTES_MAX);
    struct id id = id_new();
    SCOPED_FD int file = fd_sealed_memory("x", span_str("page"));
    struct message m = {
        .type = MSG_page_received,
        .request = 7,
        .page_received = {.attempt = id, .page = 3, .width = 1728, .coding = "T.6", .t6 = file}};
    int fds[MESSAGE_FDS_MAX];
    assert_int_equal(message_encode(&m, &b, fds), 1);
    int given = dup(fds[0]);
    struct message back;
    assert_true(message_decode(buf_span(&b), &given, 1, &back));
    assert_int_equal(back.type, MSG_page_received);
    assert_int_equal(back.request, 7);
    assert_true(id_equal(back.page_received.attempt, id));
    assert_int_equal(back.page_received.page, 3);
    assert_string_equal(back.page_received.coding, "T.6");
    assert_int_equal(back.page_received.t6, given);
    message_close_fds(&back);
    assert_int_equal(fcntl(given, F_GETFD), -1);
}

/* Every prefix, every appended byte and every message type with random bytes: refused or decoded, never read
 * past. */
static void malformed_packet_is_refused(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, MESSAGE_BYTES_MAX);
    int fds[MESSAGE_FDS_MAX];
    struct message m = {
        .type = MSG_rcpt_check,
        .rcpt_check = {.sender = "a@example.com", .recipient = "b@example.com", .client_ip = "::1"}};
    (void)message_encode(&m, &b, fds);
    struct message back;
    for (size_t n = 0; n < b.len; n++) {
        uint8_t *cut = mem_dup(b.data, n);
        assert_false(message_decode(span_of(cut, n), NULL, 0, &back));
        free(cut);
    }
    (void)buf_append_byte(&b, 0);
    assert_false(message_decode(buf_span(&b), NULL, 0, &back));
}

static void descriptor_without_field_is_closed(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, MESSAGE_BYTES_MAX);
    int fds[MESSAGE_FDS_MAX];
    struct message m = {.type = MSG_hung_up};
    (void)message_encode(&m, &b, fds);
    int given = dup(STDERR_FILENO);
    struct message back;
    assert_false(message_decode(buf_span(&b), &given, 1, &back));
    assert_int_equal(fcntl(given, F_GETFD), -1);
}

static void table_knows_who_may_say_what(void **state)
{
    assert_true(message_allowed(MSG_mail_store, ROLE_MAILIN, ROLE_QUEUE));
    assert_false(message_allowed(MSG_mail_store, ROLE_WEB, ROLE_QUEUE));
    assert_false(message_allowed(MSG_dial, ROLE_QUEUE, ROLE_CALL));
    assert_true(message_allowed(MSG_init, ROLE_PARENT, ROLE_CALL));
}

/* ---- peers ---- */

struct side {
    struct peers *peers;
    struct loop *loop;
    int parent_end; /* what the parent would hold */
    int asked, answered, connected, told, told_when_asked;
    struct sender kept;
    bool keep_silent;
};

static void on_mail_spool(void *context, const struct sender *from, struct msg_mail_spool *m)
{
    struct side *s = context;
    s->asked++;
    s->kept = *from;
    if (s->keep_silent)
        return;
    struct message answer = {.type = MSG_mail_spooled, .mail_spooled = {.mail = m->mail, .error = 5}};
    peers_answer(s->peers, from, &answer);
}

static void on_mail_spooled(void *context, const struct sender *from, struct msg_mail_spooled *m)
{
    struct side *s = context;
    assert_int_equal(m->error, 5);
    s->answered++;
    s->kept = *from;
}

/* Reads the file to its end, as a handler does. */
static void on_apply(void *context, const struct sender *from, struct msg_apply *m)
{
    struct side *s = context;
    SCOPED_BUF struct buf text;
    buf_init(&text, 100);
    s->asked++;
    assert_int_equal(fd_read_rest(m->json, &text), 0);
    assert_string_equal(buf_text(&text), "whole");
}

static void on_trunks(void *context, const struct sender *from, struct msg_trunks *m)
{
    ((struct side *)context)->told++;
}

static void on_dial(void *context, const struct sender *from, struct msg_dial *m)
{
    struct side *s = context;
    s->asked++;
    s->told_when_asked = s->told;
}

static const struct message_handlers handlers = {.apply = on_apply,
                                                 .mail_spool = on_mail_spool,
                                                 .mail_spooled = on_mail_spooled,
                                                 .trunks = on_trunks,
                                                 .dial = on_dial};

/* As the queue does: what a new line has to know is told at once, in a batch. */
static void on_peer(void *context, enum role role, unsigned instance, uint64_t generation)
{
    struct side *s = context;
    s->connected++;
    if (role != ROLE_LINE)
        return;
    peers_cork(s->peers);
    struct message m = {.type = MSG_trunks, .trunks = {.trunks = "[]"}};
    peers_tell(s->peers, ROLE_LINE, 0, &m);
}

static void on_stop(void *context)
{
}

static void side_init(struct side *s, struct loop *l, enum role role)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    *s = (struct side){.loop = l, .parent_end = fds[0]};
    const struct peers_opts opts = {.loop = l,
                                    .self = role,
                                    .parent_fd = fds[1],
                                    .handlers = &handlers,
                                    .context = s,
                                    .on_peer = on_peer,
                                    .on_stop = on_stop};
    s->peers = peers_new(&opts);
}

static void side_clear(struct side *s)
{
    peers_free(s->peers);
    (void)close(s->parent_end);
}

static void tell_peer(const struct side *to, enum role about, uint64_t generation, int fd)
{
    struct channel c = {.fd = -1};
    struct message m = {.type = MSG_peer, .peer = {.role = about, .generation = generation, .fd = fd}};
    channel_start(&c, to->loop, dup(to->parent_end));
    channel_send(&c, &m);
    channel_stop(&c);
    (void)close(fd);
}

static void connect_sides(const struct side *a, enum role role_a, const struct side *b, enum role role_b)
{
    static uint64_t generation;
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    tell_peer(a, role_b, ++generation, fds[0]);
    tell_peer(b, role_a, generation, fds[1]);
}

static void run(struct loop *l)
{
    for (int i = 0; i < 20; i++)
        (void)loop_step(l, 0);
}

static void ask_is_repeated_until_it_is_answered(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    struct message m = {.type = MSG_mail_spool, .mail_spool = {.mail = id_new()}};
    uint64_t request = peers_ask(mailin.peers, ROLE_QUEUE, 0, &m); /* nobody is there yet */
    run(l);
    queue.keep_silent = true;
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 1);
    side_clear(&queue); /* it dies without an answer */
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 1);
    assert_int_equal(mailin.answered, 1);
    assert_true(mailin.kept.request == request);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 1); /* answered: not asked again */
    assert_int_equal(mailin.connected, 3);
    side_clear(&mailin);
    side_clear(&queue);
    loop_free(l);
}

static void repeated_ask_brings_its_file_from_the_start(void **state)
{
    struct loop *l = loop_new();
    struct side web, queue;
    side_init(&web, l, ROLE_WEB);
    side_init(&queue, l, ROLE_QUEUE);
    SCOPED_FD int file = fd_sealed_memory("x", span_str("whole"));
    struct message m = {.type = MSG_apply, .apply = {.json = file}};
    (void)peers_ask(web.peers, ROLE_QUEUE, 0, &m);
    connect_sides(&web, ROLE_WEB, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 1);
    side_clear(&queue); /* it has read the file and dies */
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&web, ROLE_WEB, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 1);
    side_clear(&web);
    side_clear(&queue);
    loop_free(l);
}

static void second_answer_is_dropped(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    struct message m = {.type = MSG_mail_spool};
    (void)peers_ask(mailin.peers, ROLE_QUEUE, 0, &m);
    run(l);
    struct message again = {.type = MSG_mail_spooled, .mail_spooled = {.error = 5}};
    peers_answer(queue.peers, &queue.kept, &again);
    run(l);
    assert_int_equal(mailin.answered, 1);
    side_clear(&mailin);
    side_clear(&queue);
    loop_free(l);
}

static void withdrawn_ask_is_not_repeated(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    struct message m = {.type = MSG_mail_spool};
    peers_withdraw(mailin.peers, peers_ask(mailin.peers, ROLE_QUEUE, 0, &m));
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 0);
    side_clear(&mailin);
    side_clear(&queue);
    loop_free(l);
}

/* More than the socket takes waits in order and arrives whole. */
static void burst_waits_and_arrives_in_order(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    struct message m = {.type = MSG_mail_spool};
    for (int i = 0; i < 30000; i++)
        (void)peers_ask(mailin.peers, ROLE_QUEUE, 0, &m);
    for (int i = 0; i < 200000 && mailin.answered < 30000; i++)
        (void)loop_step(l, 0);
    assert_int_equal(queue.asked, 30000);
    assert_int_equal(mailin.answered, 30000);
    side_clear(&mailin);
    side_clear(&queue);
    loop_free(l);
}

/* What a peer said before it died is heard although its successor is announced first. */
static void count_message(void *context, struct message *m)
{
    ++*(unsigned *)context;
}

static void nothing_closes(void *context)
{
    (void)context;
    abort();
}

/* In a process of an ordinary user, whose descriptors under way are counted. 0, or which step went wrong. */
static int send_more_descriptors_than_may_travel(void)
{
    enum { MESSAGES = 100, MOST = 48 };
    const struct rlimit limit = {MOST, MOST};
    struct loop *l = loop_new();
    unsigned count = 0;
    int fds[2];
    struct channel a = {
        .fd = -1, .on_message = count_message, .on_closed = nothing_closes, .context = &count};
    struct channel b = a;
    if (channel_pair(fds) != 0)
        return 1;
    channel_start(&a, l, fds[0]);
    for (int i = 0; i < MESSAGES; i++) {
        struct message m = {.type = MSG_mail_spooled, .mail_spooled = {.fd = fds[1]}};
        if (i == MOST + 2 && setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return 2;
        channel_send(&a, &m);
        if (i == MOST + 2 && list_empty(&a.unsent))
            return 3; /* the kernel counts otherwise: the test proves nothing */
        if (i == MOST + 2)
            break;
    }
    if (loop_step(l, 0))
        return 4; /* it spins */
    channel_start(&b, l, fds[1]);
    while (count < MOST + 3)
        (void)loop_step(l, -1);
    return list_empty(&a.unsent) ? 0 : 5;
}

static void too_many_descriptors_under_way_wait_without_spinning(void **state)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(getuid() == 0 && setresuid(65534, 65534, 65534) != 0 ? 9
                                                                   : send_more_descriptors_than_may_travel());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void last_words_of_a_dead_peer_count(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    struct message m = {.type = MSG_mail_spool};
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    /* In this order: epoll reports first what became readable first, and that has to be the announcement. */
    tell_peer(&queue, ROLE_MAILIN, 99, fds[0]);
    (void)peers_ask(mailin.peers, ROLE_QUEUE, 0, &m);
    side_clear(&mailin);
    run(l);
    assert_int_equal(queue.asked, 1);
    (void)close(fds[1]);
    side_clear(&queue);
    loop_free(l);
}

/* A process that is killed has nearly always something unread in its sockets; the kernel then reports a reset
 * first. */
static void last_words_of_a_peer_that_died_deaf_count(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    struct message m = {.type = MSG_mail_spool};
    (void)peers_ask(mailin.peers, ROLE_QUEUE, 0, &m);
    run(l);
    assert_int_equal(queue.asked, 1);
    /* One more word from it, and one to it that it never reads. */
    (void)peers_ask(mailin.peers, ROLE_QUEUE, 0, &m);
    struct message unread = {.type = MSG_mail_spooled, .mail_spooled = {.error = 5}};
    peers_answer(queue.peers, &queue.kept, &unread);
    side_clear(&mailin);
    run(l);
    assert_int_equal(queue.asked, 2);
    side_clear(&queue);
    loop_free(l);
}

static void corked_words_leave_only_when_uncorked(void **state)
{
    struct loop *l = loop_new();
    struct side mailin, queue;
    side_init(&mailin, l, ROLE_MAILIN);
    side_init(&queue, l, ROLE_QUEUE);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    struct message m = {.type = MSG_mail_spool};
    peers_cork(mailin.peers);
    (void)peers_ask(mailin.peers, ROLE_QUEUE, 0, &m);
    connect_sides(&mailin, ROLE_MAILIN, &queue, ROLE_QUEUE);
    run(l);
    assert_int_equal(queue.asked, 0);
    peers_cork(queue.peers);
    peers_uncork(mailin.peers);
    run(l);
    assert_int_equal(queue.asked, 1);
    assert_int_equal(mailin.answered, 0);
    peers_uncork(queue.peers);
    run(l);
    assert_int_equal(mailin.answered, 1);
    side_clear(&mailin);
    side_clear(&queue);
    loop_free(l);
}

/* A killed line was asked again to dial before it had its trunks, and refused. */
static void what_on_peer_tells_comes_before_what_is_repeated(void **state)
{
    struct loop *l = loop_new();
    struct side queue, line;
    side_init(&queue, l, ROLE_QUEUE);
    side_init(&line, l, ROLE_LINE);
    struct message m = {.type = MSG_dial};
    (void)peers_ask(queue.peers, ROLE_LINE, 0, &m);
    connect_sides(&queue, ROLE_QUEUE, &line, ROLE_LINE);
    run(l);
    assert_int_equal(line.asked, 0);
    peers_uncork(queue.peers);
    run(l);
    assert_int_equal(line.asked, 1);
    assert_int_equal(line.told_when_asked, 1);
    side_clear(&queue);
    side_clear(&line);
    loop_free(l);
}

struct always_ready {
    struct watch watch;
    unsigned called;
    bool ends;
};

static void on_always_ready(void *context, uint32_t events)
{
    struct always_ready *w = context;
    w->called++;
    if (w->ends)
        loop_end_round(w->watch.loop);
}

/* Who has always something to say and ends each round lets the others have their turn. */
static void round_that_is_ended_goes_on_where_it_was(void **state)
{
    enum { WATCHES = 3, ROUNDS = 30 };
    struct loop *l = loop_new();
    struct always_ready list[WATCHES] = {{.ends = true}, {.ends = true}, {.ends = false}};
    int fds[WATCHES];
    for (int i = 0; i < WATCHES; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC);
        list[i].watch = (struct watch){.on_ready = on_always_ready, .context = &list[i]};
        watch_start(&list[i].watch, l, fds[i], EPOLLIN);
    }
    for (int round = 0; round < ROUNDS; round++)
        assert_true(loop_step(l, 0));
    for (int i = 0; i < WATCHES; i++)
        assert_true(list[i].called >= ROUNDS / WATCHES);
    (void)loop_step(l, 0); /* amid a round one that waits for its turn goes away */
    unsigned before = list[1].called;
    watch_stop(&list[1].watch);
    for (int round = 0; round < WATCHES; round++)
        (void)loop_step(l, 0);
    assert_int_equal(list[1].called, before);
    for (int i = 0; i < WATCHES; i++) {
        watch_stop(&list[i].watch);
        (void)close(fds[i]);
    }
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_round_trip),
        cmocka_unit_test(malformed_packet_is_refused),
        cmocka_unit_test(descriptor_without_field_is_closed),
        cmocka_unit_test(table_knows_who_may_say_what),
        cmocka_unit_test(ask_is_repeated_until_it_is_answered),
        cmocka_unit_test(repeated_ask_brings_its_file_from_the_start),
        cmocka_unit_test(second_answer_is_dropped),
        cmocka_unit_test(withdrawn_ask_is_not_repeated),
        cmocka_unit_test(burst_waits_and_arrives_in_order),
        cmocka_unit_test(too_many_descriptors_under_way_wait_without_spinning),
        cmocka_unit_test(last_words_of_a_dead_peer_count),
        cmocka_unit_test(last_words_of_a_peer_that_died_deaf_count),
        cmocka_unit_test(corked_words_leave_only_when_uncorked),
        cmocka_unit_test(what_on_peer_tells_comes_before_what_is_repeated),
        cmocka_unit_test(round_that_is_ended_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
