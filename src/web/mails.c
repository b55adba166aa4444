/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue of outgoing mail (S3.10). */
#include <microhttpd.h>

#include "base/str.h"
#include "store/outbox.h"
#include "store/reports.h"
#include "web/resources.h"
#include "web/words.h"

static json_t *json_mail(const struct mail_out *m)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:o}", "id", id_text(m->id), "kind",
                     m->kind, "about", id_text(m->about), "state", mail_out_state_name(m->state), "word",
                     word_of_mail(m->state), "recipient", m->recipient, "created_ms",
                     json_time(m->created_ms), "next_ms", json_time(m->next_ms), "tries", (int)m->tries,
                     "outcome", json_outcome(m->code, m->reason));
}

static bool find_state(const char *name, enum mail_out_state *state)
{
    for (int s = 0; s < MAIL_OUT_STATE_COUNT; s++)
        if (str_equal(name, mail_out_state_name((enum mail_out_state)s))) {
            *state = (enum mail_out_state)s;
            return true;
        }
    return false;
}

void get_mails(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct report_cursor c;
    enum mail_out_state state = MAIL_OUT_WAITING;
    const char *name = request_argument(r, "state", "");
    if (!request_cursor(r, &c))
        return;
    if (*name && !find_state(name, &state)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-state",
                      "state is one of composing, waiting, held, sent and failed.");
        return;
    }
    size_t n = *name ? report_mails_in(r->store, state, c.most, ids) : report_mails(r->store, &c, ids);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct mail_out m;
        if (mail_out_find(r->store, ids[i], &r->arena, &m))
            (void)json_array_append_new(items, json_mail(&m));
    }
    reply_list(r, items, *name ? 0 : c.most, n > 0 ? ids[n - 1] : ID_NONE);
}
