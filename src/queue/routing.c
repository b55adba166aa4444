/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/routing.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/number.h"
#include "proto/recipient.h"

struct lookup {
    struct store *store;
    struct arena *arena;
    struct id tenant;
};

static bool box_of_custom(void *context, const char *custom, char box[RECIPIENT_BOX_LEN])
{
    const struct lookup *l = context;
    struct faxbox found;
    return config_box_by_custom(l->store, l->arena, custom, &found) &&
           str_copy(box, RECIPIENT_BOX_LEN, found.id);
}

static bool is_extension(void *context, const char *digits)
{
    const struct lookup *l = context;
    return config_is_extension(l->store, l->tenant, digits);
}

static void refuse(struct outcome *o, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
}

/* ---- number ---- */

void route_number(struct store *s, struct arena *a, const struct faxbox *box, const char *number,
                  struct route *r, struct outcome *o)
{
    struct tenant t;
    struct number n;
    struct complaint why;
    char text[NUMBER_TEXT_LEN];
    if (!config_tenant(s, a, box->tenant, &t)) {
        refuse(o, "5.3.5",
               "The fax box belongs to no tenant. Its administrator has to apply the provisioning again.");
        return;
    }
    struct lookup l = {s, a, box->tenant};
    const struct number_plan plan = {.country = t.country,
                                     .area_code = t.area_code,
                                     .outside_prefix = t.outside_prefix,
                                     .allow = t.dial_allow,
                                     .deny = t.dial_deny,
                                     .emergency = "",
                                     .is_extension = is_extension,
                                     .context = &l};
    if (!number_text_parse(number, text, &why) || !number_normalise(&plan, text, &n, &why)) {
        refuse(o, "5.1.3", why.text);
        return;
    }
    if (!number_may_dial(&plan, &n, &why)) {
        refuse(o, "5.7.1", why.text);
        return;
    }
    *r = (struct route){*box, arena_strdup(a, n.dial), arena_strdup(a, text)};
    outcome_done(o);
}

/* ---- box ---- */

static void only_box_of(struct store *s, struct arena *a, const char *sender, struct faxbox *box,
                        struct outcome *o)
{
    enum { MOST = 10 };
    const char *ids[MOST];
    size_t n = config_boxes_of_sender(s, a, sender, ids, MOST);
    if (n == 1 && config_box(s, a, ids[0], box)) {
        outcome_done(o);
        return;
    }
    if (n == 0) {
        outcome_set(o, VERDICT_GIVE_UP, "5.7.1",
                    "<%.200s> may send from no fax box here. Ask the administrator of this fax server.",
                    sender);
        return;
    }
    SCOPED_BUF struct buf list;
    buf_init(&list, OUTCOME_TEXT_LEN);
    for (size_t i = 0; i < n; i++)
        (void)buf_printf(&list, "%s%s", i ? ", " : "", ids[i]);
    outcome_set(o, VERDICT_GIVE_UP, "5.1.1",
                "You may send from several boxes (%s); say which: number@box.%.100s", buf_text(&list),
                store_meta(s, a, "fax_domain"));
}

static void named_box(struct store *s, struct arena *a, const char *id, struct faxbox *box, struct outcome *o)
{
    outcome_done(o);
    if (config_box(s, a, id, box))
        return;
    outcome_set(o, VERDICT_GIVE_UP, "5.1.1",
                "There is no fax box \"%.63s\" here. Faxes are addressed as number@box.%.100s, such as "
                "0501234567@front.%.100s",
                id, store_meta(s, a, "fax_domain"), store_meta(s, a, "fax_domain"));
}

static void check_box(struct store *s, const struct faxbox *box, const char *sender, struct outcome *o)
{
    if (!config_may_send(s, box->id, sender))
        outcome_set(o, VERDICT_GIVE_UP, "5.7.1",
                    "<%.200s> may not send from fax box \"%s\". The administrator can add the address to the "
                    "box's users or "
                    "to its permission list.",
                    sender, box->id);
    else if (!box->enabled)
        outcome_set(o, VERDICT_GIVE_UP, "5.2.1", "Fax box \"%s\" is switched off.", box->id);
    else
        outcome_done(o);
}

/* What an address can say and this version does not do yet is refused, never ignored. */
static void check_forms(struct store *s, struct arena *a, const struct recipient *to, struct outcome *o)
{
    if (to->check)
        refuse(o, "5.3.3", "This version cannot make dry runs (check+number) yet. Nothing was faxed.");
    else if (!to->has_target)
        outcome_set(o, VERDICT_GIVE_UP, "5.1.3",
                    "The address names no number. Send to number@%s.%.100s or %s+number@%.100s.",
                    *to->box ? to->box : "box", store_meta(s, a, "fax_domain"), *to->box ? to->box : "box",
                    store_meta(s, a, "fax_domain"));
    else if (to->target.flags.given)
        refuse(o, "5.3.3",
               "This version does not know flags behind the number (^...) yet. Send the mail without them.");
    else
        outcome_done(o);
}

static bool understand(struct store *s, struct arena *a, const char *text, struct recipient *to,
                       struct outcome *o)
{
    struct address address;
    struct complaint why;
    struct lookup l = {.store = s, .arena = a};
    const struct recipient_rules rules = {
        .fax_domain = store_meta(s, a, "fax_domain"), .box_of_custom = box_of_custom, .context = &l};
    enum address_error error = address_parse(span_str(text), &address);
    if (error != ADDRESS_OK) {
        outcome_set(o, VERDICT_GIVE_UP, "5.1.3", "The address is not valid: %s", address_error_text(error));
        return false;
    }
    switch (recipient_parse(&rules, &address, to, &why)) {
    case RECIPIENT_OK: break;
    case RECIPIENT_FOREIGN:
        outcome_set(
            o, VERDICT_GIVE_UP, "5.7.1",
            "This server takes mail for its fax boxes only (number@box.%.100s) and passes nothing on.",
            rules.fax_domain);
        return false;
    case RECIPIENT_BAD: refuse(o, "5.1.3", why.text); return false;
    }
    check_forms(s, a, to, o);
    return o->verdict == VERDICT_DONE;
}

void route_recipient(struct store *s, struct arena *a, const char *recipient, const char *sender,
                     struct route *r, struct outcome *o)
{
    struct recipient to;
    struct faxbox box;
    if (!understand(s, a, recipient, &to, o))
        return;
    if (*to.box)
        named_box(s, a, to.box, &box, o);
    else
        only_box_of(s, a, sender, &box, o);
    if (o->verdict == VERDICT_DONE)
        check_box(s, &box, sender, o);
    if (o->verdict == VERDICT_DONE)
        route_number(s, a, &box, to.target.number, r, o);
}
