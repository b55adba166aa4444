/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read and unread, which each user has for himself; archived and junk, which are for all of the box. */
#include <microhttpd.h>

#include "web/resources.h"

enum { PATIENCE_MS = 30000 };

static void on_marked(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether the fax was marked is not known; ask again.");
    else if (m->fax_marked.status >= 400)
        reply_problem(r, m->fax_marked.status, m->fax_marked.code, "%s", m->fax_marked.reason);
    else
        get_fax(r);
}

static void ask_mark(struct request *r, enum fax_mark mark)
{
    struct fax f;
    const struct message m = {.type = MSG_fax_mark,
                              .fax_mark = {.fax = r->id, .user = r->actor.user, .mark = (uint32_t)mark}};
    bool own = mark == FAX_MARK_READ || mark == FAX_MARK_UNREAD;
    if (!request_fax(r, &f))
        return;
    if (own && id_is_none(r->actor.user))
        reply_problem(r, MHD_HTTP_CONFLICT, "no-user", "Each user reads for himself: log in as one.");
    else
        request_ask(r, &m, PATIENCE_MS, on_marked);
}

void read_fax(struct request *r)
{
    ask_mark(r, FAX_MARK_READ);
}

void unread_fax(struct request *r)
{
    ask_mark(r, FAX_MARK_UNREAD);
}

void archive_fax(struct request *r)
{
    ask_mark(r, FAX_MARK_ARCHIVED);
}

void unarchive_fax(struct request *r)
{
    ask_mark(r, FAX_MARK_UNARCHIVED);
}

void junk_fax(struct request *r)
{
    ask_mark(r, FAX_MARK_JUNK);
}

void no_junk_fax(struct request *r)
{
    ask_mark(r, FAX_MARK_NO_JUNK);
}
