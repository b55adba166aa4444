/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/pins.h"

#include <sodium.h>
#include <string.h>

#include "base/str.h"
#include "proto/mail_text.h"
#include "store/usage.h"

/* One more wrong one. Old ones are forgotten. */
static struct pin_failures count(struct store *s, const char *box, const char *sender, unsigned most,
                                 int64_t now_ms)
{
    struct pin_failures f = pin_failures_find(s, box, sender);
    if (now_ms - f.since_ms > PIN_LOCK_MS || now_ms < f.since_ms)
        f = (struct pin_failures){.since_ms = now_ms};
    if (++f.count >= most)
        f = (struct pin_failures){.since_ms = now_ms, .until_ms = now_ms + PIN_LOCK_MS};
    pin_failures_set(s, box, sender, &f);
    return f;
}

static bool locked(struct store *s, const char *box, const char *sender, int64_t now_ms)
{
    return pin_failures_find(s, box, sender).until_ms > now_ms;
}

static void refuse_locked(const struct faxbox *box, struct outcome *o)
{
    outcome_set(
        o, VERDICT_GIVE_UP, "pin-locked",
        "Too many wrong PINs came for fax box \"%s\", so none is looked at for %lld minutes. Nothing was "
        "faxed; send the mail again after that.",
        box->id, PIN_LOCK_MS / 60000);
}

static void refuse_wrong(struct store *s, const struct faxbox *box, const char *key, int64_t now_ms,
                         struct outcome *o)
{
    struct pin_failures all = count(s, box->id, "", PIN_WRONG_BOX_MAX, now_ms);
    struct pin_failures own = count(s, box->id, key, PIN_WRONG_MAX, now_ms);
    if (own.until_ms > now_ms || all.until_ms > now_ms)
        refuse_locked(box, o);
    else
        outcome_set(
            o, VERDICT_GIVE_UP, "pin-wrong",
            "The PIN is not that of fax box \"%s\". Nothing was faxed. After %u wrong ones none is looked "
            "at for %lld minutes.",
            box->id, PIN_WRONG_MAX, PIN_LOCK_MS / 60000);
}

static void check(struct store *s, const struct faxbox *box, const char *key, const char *own, int64_t now_ms,
                  struct outcome *o)
{
    char pin[PIN_LEN];
    if (locked(s, box->id, key, now_ms) || locked(s, box->id, "", now_ms)) {
        refuse_locked(box, o);
        return;
    }
    switch (mail_text_pin(own, pin)) {
    case MAIL_PIN_NONE:
        outcome_set(
            o, VERDICT_GIVE_UP, "pin-missing",
            "Fax box \"%s\" wants its PIN. Nothing was faxed; write it into the mail as a line of its own, "
            "or as PIN: and its digits.",
            box->id);
        return;
    case MAIL_PIN_SEVERAL:
        outcome_set(
            o, VERDICT_GIVE_UP, "pin-several",
            "The mail holds two different lines that may each be the PIN of fax box \"%s\". Nothing was "
            "faxed; leave one of them out.",
            box->id);
        return;
    case MAIL_PIN_ONE: break;
    }
    if (crypto_pwhash_str_verify(box->pin_hash, pin, strlen(pin)) != 0)
        refuse_wrong(s, box, key, now_ms, o);
    else
        pin_failures_forget(s, box->id, key);
    sodium_memzero(pin, sizeof(pin));
}

void pin_check(struct store *s, const struct faxbox *box, const char *sender, const char *own, int64_t now_ms,
               struct outcome *o)
{
    struct arena a;
    outcome_done(o);
    if (!config_wants_pin(box))
        return;
    arena_init(&a);
    check(s, box, config_address_key(&a, sender), own, now_ms, o);
    arena_clear(&a);
}
