/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `call`: a few fax calls, from the moment their media comes until T.30 is over and stored.
 *
 * SECURITY: every byte from the network is hostile, and libspandsp is not made for hostile bytes. So this
 * process holds nothing but the sockets and pages of its calls, and is expected to die: then its calls end,
 * and the queue resumes their faxes at the first page that was not confirmed. It trusts queue and line.
 *
 * Invariants: an attempt is here once; nothing is told to the far side that the queue has not stored. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "ipc/peers.h"
#include "net/loop.h"
#include "role/boot.h"
#include "role/fax_call.h"
#include "t30/srtp.h"

/* Packets of all calls go out and come in together: each end of a call has one every 20 or 30 ms, and waking
 * up for each costs more than the packet. A divisor of both, so that packets stay evenly spaced. */
enum { ROUND_MS = 10 };

struct calls {
    struct loop *loop;
    struct peers *peers;
    struct fax_call **list; /* room entries, NULL where there is none */
    size_t room;
};

static struct fax_call **place_of(struct calls *all, struct id attempt)
{
    for (size_t i = 0; i < all->room; i++)
        if (all->list[i] != NULL && id_equal(all->list[i]->attempt, attempt))
            return &all->list[i];
    return NULL;
}

static struct fax_call *find(struct calls *all, struct id attempt)
{
    struct fax_call **place = place_of(all, attempt);
    return place == NULL ? NULL : *place;
}

static struct fax_call **free_place(struct calls *all)
{
    for (size_t i = 0; i < all->room; i++)
        if (all->list[i] == NULL)
            return &all->list[i];
    return NULL;
}

static void free_if_over(struct calls *all, struct id attempt)
{
    struct fax_call **place = place_of(all, attempt);
    if (place == NULL || !fax_call_is_over(*place))
        return;
    fax_call_free(*place);
    *place = NULL;
}

/* --- from queue --- */

static void answer_prepared(struct calls *all, const struct sender *from, struct id attempt, int error)
{
    if (error)
        log_warning(id_text(attempt), "cannot prepare the call: %s", strerror(error));
    struct message m = {.type = MSG_prepared, .prepared = {.attempt = attempt, .error = (uint32_t)error}};
    peers_answer(all->peers, from, &m);
}

/* Where the call of that attempt goes; NULL: it is here already (asked again), or there is no room. */
static struct fax_call **place_for(struct calls *all, struct id attempt, int *error)
{
    if (find(all, attempt) != NULL)
        return NULL;
    struct fax_call **place = free_place(all);
    *error = place == NULL ? EBUSY : 0;
    return place;
}

static int put(struct fax_call **place, struct fax_call *c)
{
    *place = c;
    return c == NULL ? errno : 0;
}

static void on_send(void *context, const struct sender *from, struct msg_send *m)
{
    struct calls *all = context;
    int error = 0;
    struct fax_call **place = place_for(all, m->attempt, &error);
    if (place != NULL)
        error = put(place, fax_call_send(all->loop, all->peers, m));
    answer_prepared(all, from, m->attempt, error);
}

static void on_receive(void *context, const struct sender *from, struct msg_receive *m)
{
    struct calls *all = context;
    int error = 0;
    struct fax_call **place = place_for(all, m->attempt, &error);
    if (place != NULL)
        error = put(place, fax_call_receive(all->loop, all->peers, m));
    answer_prepared(all, from, m->attempt, error);
}

static void on_forget(void *context, const struct sender *from, struct msg_forget *m)
{
    struct calls *all = context;
    struct fax_call **place = place_of(all, m->attempt);
    if (place == NULL)
        return;
    fax_call_give_up(*place);
    fax_call_free(*place);
    *place = NULL;
}

static void on_page_sent_stored(void *context, const struct sender *from, struct msg_page_sent_stored *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_page_stored(c, from->request, m->error == 0);
}

static void on_polled_stored(void *context, const struct sender *from, struct msg_polled_stored *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_page_stored(c, from->request, m->error == 0);
}

static void on_page_ending_stored(void *context, const struct sender *from, struct msg_page_ending_stored *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_ending_stored(c, from->request, m->error == 0);
}

static void on_page_received_stored(void *context, const struct sender *from,
                                    struct msg_page_received_stored *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_page_stored(c, from->request, m->error == 0);
}

static void on_attempt_done_stored(void *context, const struct sender *from,
                                   struct msg_attempt_done_stored *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_end_stored(c);
    free_if_over(context, m->attempt);
}

/* --- from line --- */

static void on_media(void *context, const struct sender *from, struct msg_media *m)
{
    struct calls *all = context;
    struct fax_call *c = find(all, m->attempt);
    if (c != NULL) {
        fax_call_media(c, m);
        return;
    }
    /* This process was started anew after the call was prepared: the line hangs up what nobody has. */
    log_warning(id_text(m->attempt), "media for a call that is not here; hanging up");
    struct message hang_up = {.type = MSG_hang_up, .hang_up = {.attempt = m->attempt, .dialog = m->dialog}};
    (void)peers_ask(all->peers, ROLE_LINE, from->instance, &hang_up);
}

static void on_media_end(void *context, const struct sender *from, struct msg_media_end *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_media_end(c, m->reason);
    free_if_over(context, m->attempt);
}

static void on_forwarded(void *context, const struct sender *from, struct msg_forwarded *m)
{
    struct fax_call *c = find(context, m->attempt);
    if (c != NULL)
        fax_call_forwarded(c, m->error == 0);
    free_if_over(context, m->attempt);
}

static void on_hung_up(void *context, const struct sender *from, struct msg_hung_up *m)
{
    /* The question is closed by its answer; the call may be long gone. */
}

static const struct message_handlers handlers = {
    .send = on_send,
    .receive = on_receive,
    .forget = on_forget,
    .page_sent_stored = on_page_sent_stored,
    .polled_stored = on_polled_stored,
    .page_ending_stored = on_page_ending_stored,
    .page_received_stored = on_page_received_stored,
    .attempt_done_stored = on_attempt_done_stored,
    .media = on_media,
    .media_end = on_media_end,
    .forwarded = on_forwarded,
    .hung_up = on_hung_up,
};

/* A new queue learns what runs here before it dials anything. */
static void on_peer(void *context, enum role role, unsigned instance, uint64_t generation)
{
    struct calls *all = context;
    if (role != ROLE_QUEUE)
        return;
    for (size_t i = 0; i < all->room; i++) {
        if (all->list[i] != NULL)
            fax_call_announce(all->list[i]);
    }
}

static void on_stop(void *context)
{
    struct calls *all = context;
    loop_stop(all->loop);
}

int main(void)
{
    static struct boot boot;
    boot_begin(&boot, ROLE_CALL);
    boot_drop(&boot);
    struct calls all = {.loop = loop_new(), .room = (size_t)boot.conf.calls_per_process};
    all.list = mem_zalloc(all.room * sizeof(struct fax_call *));
    all.peers = peers_new(&(struct peers_opts){
        .loop = all.loop,
        .self = ROLE_CALL,
        .parent_fd = BOOT_PARENT_FD,
        .handlers = &handlers,
        .context = &all,
        .on_peer = on_peer,
        .on_stop = on_stop,
    });
    srtp_prepare();
    boot_shut_in(&boot);
    boot_ready("");
    loop_pace(all.loop, ROUND_MS);
    loop_run(all.loop);
    for (size_t i = 0; i < all.room; i++)
        fax_call_free(all.list[i]);
    free(all.list);
    peers_free(all.peers);
    loop_free(all.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}
