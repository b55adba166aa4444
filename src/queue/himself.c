/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/himself.h"

#include "queue/logins.h"
#include "queue/queue.h"
#include "queue/sessions.h"
#include "store/identities.h"
#include "store/sessions.h"

#define FRESH_MS (10LL * 60 * 1000)

static unsigned refuse(struct outcome *o, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return 403;
}

static unsigned judge_password(struct queue *q, const struct himself *h, struct outcome *o)
{
    struct login_verdict v;
    const struct login_try try = {.name = config_user_name(&q->store, &q->arena, h->user),
                                  .user = h->user,
                                  .client_ip = h->client_ip,
                                  .signs = h->signs,
                                  .proof = h->proof};
    if (h->proof.len != login_hash.len)
        return refuse(o, "password-needed", "Give your password of now as well.");
    login_judge(q, &try, &v);
    if (v.wait_s > 0) {
        lockout_says(v.wait_s, o);
        return 429;
    }
    return id_equal(v.user, h->user) ? 204 : refuse(o, "wrong-password", "That is not your password of now.");
}

unsigned himself_judge(struct queue *q, const struct himself *h, bool adds, struct outcome *o)
{
    enum user_proof by = identity_proof(&q->store, &q->arena, h->user);
    if (by == PROOF_PASSWORD)
        return judge_password(q, h, o);
    if (by == PROOF_NONE && adds)
        return refuse(o, "asked-at-provider",
                      "You have no password here: your login provider lets you in, and asks for a second "
                      "factor itself. Set it up there.");
    if (q->now_ms - session_began_ms(&q->store, h->session) > FRESH_MS)
        return refuse(o, "login-again",
                      "Log out and in again, and do it within ten minutes: that shows that it is you.");
    return 204;
}
