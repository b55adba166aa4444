/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What would become of a mail: from, to (once or several times), subject and login as arguments, or the mail
 * as body. */
#include <microhttpd.h>

#include "base/str.h"
#include "web/resources.h"

enum { PATIENCE_MS = 60000, RECIPIENTS_MAX = 16000 };

static void add_recipient(void *context, const char *value)
{
    struct buf *list = context;
    (void)buf_printf(list, "%s\n", value);
}

static void on_explained(struct request *r, const struct message *m)
{
    if (m)
        reply_text(r, m->explained.status, m->explained.result);
    else
        reply_queue_away(r, "Nothing was changed; ask again.");
}

void post_explain(struct request *r)
{
    SCOPED_BUF struct buf to;
    const char *from = request_argument(r, "from", ""), *subject = request_argument(r, "subject", ""),
               *login = request_argument(r, "login", "");
    int body = request_sealed_body(r);
    buf_init(&to, RECIPIENTS_MAX);
    request_each_argument(r, "to", add_recipient, &to);
    bool enough = body >= 0 || (*from && to.len > 0);
    if (!enough || to.overflow || strlen(from) > 320 || strlen(subject) > 1900 || strlen(login) > 500) {
        reply_problem(
            r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
            "from and at least one to have to be given as arguments of the query, or the mail as the body.");
        return;
    }
    const struct message m = {
        .type = MSG_explain,
        .explain = {
            .sender = from, .recipients = buf_text(&to), .subject = subject, .login = login, .mail = body}};
    request_ask(r, &m, PATIENCE_MS, on_explained);
}
