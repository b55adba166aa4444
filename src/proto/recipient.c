/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/recipient.h"

#include <string.h>

#include "base/str.h"
#include "proto/control.h"

static const char check_word[] = "check";

bool recipient_box_id_valid(const char *id)
{
    size_t len = strlen(id);
    bool letter = false;
    if (len == 0 || len >= RECIPIENT_BOX_LEN || id[0] == '-' || id[len - 1] == '-' ||
        str_equal_nocase(id, check_word) || str_equal_nocase(id, CONTROL_NAME))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!char_is_alpha(id[i]) && !char_is_digit(id[i]) && id[i] != '-')
            return false;
        letter = letter || char_is_alpha(id[i]);
    }
    return letter;
}

static enum recipient_result complain_forms(const struct recipient_rules *r, const struct recipient *to,
                                            struct complaint *why)
{
    const char *box = *to->box ? to->box : "box";
    struct complaint whole = *why;
    /* The flags' complaint lists them and needs the room; the forms are no help there. */
    if (strlen(whole.text) + 2 * strlen(r->fax_domain) + 2 * strlen(box) + 60 < COMPLAINT_LEN)
        (void)complain(why, "%s; write number@%s.%s or %s+number@%s", whole.text, box, r->fax_domain, box,
                       r->fax_domain);
    return RECIPIENT_BAD;
}

static enum recipient_result take_target(const struct recipient_rules *r, const char *text,
                                         struct recipient *to, struct complaint *why)
{
    to->has_target = true;
    return target_parse(text, &to->target, why) ? RECIPIENT_OK : complain_forms(r, to, why);
}

/* Drops "check+" and remembers it. A number cannot begin like that. */
static const char *take_check(const char *local, struct recipient *to)
{
    size_t len = sizeof(check_word) - 1;
    to->check = str_starts_nocase(local, check_word) && local[len] == '+';
    return to->check ? local + len + 1 : local;
}

static bool looks_like_target(const char *text)
{
    struct complaint ignored;
    char number[NUMBER_TEXT_LEN], words[ADDRESS_LEN];
    (void)str_copy_span(words, sizeof(words), span_of(text, strcspn(text, "^")));
    return str_starts_nocase(text, "FAX=") || number_text_parse(words, number, &ignored);
}

static bool take_box(struct span id, struct recipient *to)
{
    bool fits = str_copy_span(to->box, sizeof(to->box), id);
    str_lower(to->box);
    if (fits && recipient_box_id_valid(to->box))
        return true;
    to->box[0] = 0;
    return false;
}

/* <box>@<fax domain>, <box>+number@, number@ */
static enum recipient_result in_fax_domain(const struct recipient_rules *r, const char *local,
                                           struct recipient *to, struct complaint *why)
{
    const char *rest = take_check(local, to);
    if (looks_like_target(rest))
        return take_target(r, rest, to, why);
    size_t len = strcspn(rest, "+^");
    if (!take_box(span_of(rest, len), to)) {
        (void)complain_code(why, "address-unclear", "\"%s\" is neither a box nor a fax number",
                            QUOTED(local));
        return complain_forms(r, to, why);
    }
    if (rest[len] == '+')
        return take_target(r, rest + len + 1, to, why);
    return flags_parse(rest + len, &to->target.flags, why) ? RECIPIENT_OK : complain_forms(r, to, why);
}

/* number@<box>.<fax domain> */
static enum recipient_result in_box_domain(const struct recipient_rules *r, const struct address *a,
                                           size_t box_len, struct recipient *to, struct complaint *why)
{
    if (!take_box(span_of(a->domain, box_len), to)) {
        (void)complain_code(why, "box-unknown", "there is no fax box in the domain %s", QUOTED(a->domain));
        return complain_forms(r, to, why);
    }
    return take_target(r, take_check(a->local, to), to, why);
}

static bool custom_box(const struct recipient_rules *r, const char *custom, struct recipient *to)
{
    return r->box_of_custom && r->box_of_custom(r->context, custom, to->box);
}

static enum recipient_result in_custom(const struct recipient_rules *r, const struct address *a,
                                       struct recipient *to, struct complaint *why)
{
    char custom[ADDRESS_LEN];
    const char *local = take_check(a->local, to);
    size_t len = strcspn(local, "+^");
    (void)str_format(custom, sizeof(custom), "%.*s@%s", (int)len, local, a->domain);
    if (len > 0 && custom_box(r, custom, to)) {
        if (local[len] == '+')
            return take_target(r, local + len + 1, to, why);
        return flags_parse(local + len, &to->target.flags, why) ? RECIPIENT_OK : RECIPIENT_BAD;
    }
    if (custom_box(r, a->domain, to))
        return take_target(r, local, to, why);
    return RECIPIENT_FOREIGN;
}

enum recipient_result recipient_parse(const struct recipient_rules *r, const struct address *a,
                                      struct recipient *to, struct complaint *why)
{
    *to = (struct recipient){0};
    *why = (struct complaint){.code = ""};
    size_t domain = strlen(a->domain), ours = strlen(r->fax_domain);
    /* Customers' own names first: they may lie below our domain. */
    enum recipient_result custom = in_custom(r, a, to, why);
    if (custom != RECIPIENT_FOREIGN)
        return custom;
    *to = (struct recipient){0};
    if (str_equal_nocase(a->domain, r->fax_domain))
        return in_fax_domain(r, a->local, to, why);
    if (domain > ours + 1 && a->domain[domain - ours - 1] == '.' && str_ends_nocase(a->domain, r->fax_domain))
        return in_box_domain(r, a, domain - ours - 1, to, why);
    return RECIPIENT_FOREIGN;
}
