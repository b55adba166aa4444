/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is printed of received faxes. */
#include <microhttpd.h>

#include "store/prints.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, SHOWN_MAX = 20 };

static json_t *json_print(struct request *r, const struct print *p)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:i, s:o}", "id", id_text(p->id), "box",
                     p->faxbox, "by", p->asked_by, "state", print_state_name(p->state), "created_ms",
                     json_time(p->created_ms), "next_ms", json_time(p->state < PRINT_DONE ? p->next_ms : 0),
                     "ended_ms", json_time(p->ended_ms), "tries", (int)p->tries, "job", (int)p->job,
                     "outcome", json_outcome(p->code, p->reason));
}

void json_add_prints(struct request *r, json_t *list, struct id fax)
{
    struct id ids[SHOWN_MAX];
    size_t n = print_of_fax(r->store, fax, ids, SHOWN_MAX);
    for (size_t i = 0; i < n; i++) {
        struct print p;
        if (print_find(r->store, ids[i], &r->arena, &p))
            (void)json_array_append_new(list, json_print(r, &p));
    }
}

static void on_wished(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether the fax is printed is not known: look at it, or ask again.");
    else if (m->print_wished.status >= 400)
        reply_problem(r, m->print_wished.status, m->print_wished.code, "%s", m->print_wished.reason);
    else
        get_fax(r);
}

void print_fax_now(struct request *r)
{
    struct fax f;
    const char *who = request_asker(r);
    if (!who || !request_fax(r, &f))
        return;
    request_ask(r,
                &(struct message){.type = MSG_print_wish,
                                  .print_wish = {.fax = f.id,
                                                 .print = id_new(),
                                                 .who = who,
                                                 .actor = r->actor.user,
                                                 .client_ip = r->actor.client_ip}},
                PATIENCE_MS, on_wished);
}
