/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <microhttpd.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/str.h"
#include "provision/json.h"
#include "web/resources.h"
#include "web/say.h"

enum { APPLY_PATIENCE_MS = 60000, EXPORT_MAX = 64 * 1024 * 1024 };

void get_provisioning(struct request *r)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, EXPORT_MAX);
    provision_export(r->store, &text);
    reply_text(r, MHD_HTTP_OK, buf_text(&text));
}

/* What is wrong, or could be better, in the language of who asks. */
static void reply_applied(struct request *r, const struct msg_applied *applied)
{
    const char *language = say_language(r);
    json_t *result = language ? json_loads(applied->result, 0, NULL) : NULL;
    if (!result) {
        reply_text(r, applied->status, applied->result);
        return;
    }
    say_each(json_object_get(result, "errors"), "text", language);
    say_each(json_object_get(result, "warnings"), "text", language);
    reply_json(r, applied->status, result);
}

static void on_applied(struct request *r, const struct message *m)
{
    if (m)
        reply_applied(r, &m->applied);
    else
        reply_queue_away(
            r, "Whether the change was made is not known: look at it, or apply the same file again, "
               "which does no harm.");
}

void request_apply(struct request *r, const char *json, int64_t patience_ms)
{
    r->body_fd = memfd_create("request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (r->body_fd < 0 || fd_write_all(r->body_fd, span_str(json)) != 0) {
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                      "There is no memory for this change; try again.");
        return;
    }
    request_seal(r);
    const struct message m = {.type = MSG_apply, .apply = {.json = r->body_fd}};
    request_ask(r, &m, patience_ms, on_applied);
}

void post_provisioning(struct request *r)
{
    int body = request_sealed_body(r);
    if (body < 0) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "empty", "The body has to be a provisioning file (JSON).");
        return;
    }
    bool dry = !str_equal(request_argument(r, "dry", "0"), "0");
    const char *user = request_asker(r);
    const struct message m = {
        .type = MSG_apply,
        .apply = {
            .dry = dry, .user = user, .actor = r->actor.user, .client_ip = r->actor.client_ip, .json = body}};
    if (user)
        request_ask(r, &m, APPLY_PATIENCE_MS, on_applied);
}
