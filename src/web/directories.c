/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Directories that users come from: read one now, or try a password at one. */
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/pace.h"
#include "base/str.h"
#include "model/identity.h"
#include "store/identities.h"
#include "web/login.h"
#include "web/resources.h"

/* A large directory takes its time; a login does not. */
enum { RUN_PATIENCE_MS = 10 * 60 * 1000, LOGIN_PATIENCE_MS = 90000, NAME_MOST = 64 };

static const char *const kinds[] = {[DIRECTORY_TEST] = "test",
                                    [DIRECTORY_DRY] = "dry",
                                    [DIRECTORY_SYNC] = "sync",
                                    [DIRECTORY_CONFIRM] = "confirm"};

static void reply_away(struct request *r)
{
    reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "directory-away",
                  "The part of Faxpost that asks directories does not answer. Try again.");
}

static void on_run(struct request *r, const struct message *m)
{
    if (!m) {
        reply_away(r);
        return;
    }
    const struct msg_directory_done *d = &m->directory_done;
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:b, s:s, s:o}", "ok", d->verdict == VERDICT_DONE, "text", d->text, "outcome",
                         json_outcome(d->code, d->reason)));
}

void run_directory(struct request *r)
{
    struct identity_source found;
    const char *who = request_asker(r), *name = request_argument(r, "name", "");
    const char *what = request_argument(r, "what", "test");
    size_t kind = 0;
    if (!who)
        return;
    while (kind < ARRAY_LEN(kinds) && !str_equal(kinds[kind], what))
        kind++;
    if (!*name || strlen(name) > NAME_MOST || kind == ARRAY_LEN(kinds)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "name is that of a directory; what is test, dry, sync or confirm.");
    } else if (!identity_source_named(r->store, IDENTITY_DIRECTORY, name, &r->arena, &found)) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-directory", "There is no directory of that name.");
    } else {
        const struct message m = {.type = MSG_directory_wish,
                                  .directory_wish = {.directory = found.name,
                                                     .what = (unsigned)kind,
                                                     .who = who,
                                                     .actor = r->actor.user,
                                                     .client_ip = r->actor.client_ip}};
        request_ask_role(r, ROLE_DIRECTORY, &m, RUN_PATIENCE_MS, on_run);
    }
}

static void on_logged_in(struct request *r, const struct message *m)
{
    const struct msg_provider_finished *f = m ? &m->provider_finished : NULL;
    const struct entry *l = r->state;
    if (f && (f->status == MHD_HTTP_UNAUTHORIZED || f->wait_s > 0) && !*f->options)
        pace_note(request_pace(r), l->begun_ms, clock_mono_ms());
    if (!f)
        reply_away(r);
    else if (f->status >= 400)
        reply_unopened(r, f->status, f->wait_s, f->code, f->reason, f->options);
    else
        reply_opened(r, r->state);
}

void directory_login(struct request *r, struct entry *l, const char *directory_id)
{
    const struct message m = {.type = MSG_directory_login,
                              .directory_login = {.directory_id = directory_id,
                                                  .login = l->name,
                                                  .password = l->password,
                                                  .totp = l->totp,
                                                  .passkey = l->passkey,
                                                  .host = l->host,
                                                  .client_ip = r->actor.client_ip,
                                                  .agent = request_agent(r),
                                                  .session = l->session,
                                                  .hash = span_of(l->hash, sizeof(l->hash)),
                                                  .replaces = r->actor.session}};
    request_ask_role(r, ROLE_DIRECTORY, &m, LOGIN_PATIENCE_MS, on_logged_in);
    explicit_bzero(l->password, sizeof(l->password));
}
