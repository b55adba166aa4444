/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/sender_policy.h"

#include <string.h>

#include "base/str.h"
#include "proto/cidr.h"

/* What each setting makes of each result of DMARC. `weak`: the author's domain asks for nothing to be done.
 */
static const struct row {
    const char *setting;
    enum auth_result dmarc;
    bool weak;
    enum sender_decision decision;
} rows[] = {
    {"require", AUTH_PASS, false, SENDER_VERIFIED},   {"require", AUTH_PASS, true, SENDER_VERIFIED},
    {"require", AUTH_TEMPERROR, false, SENDER_LATER}, {"require", AUTH_TEMPERROR, true, SENDER_LATER},
    {"prefer", AUTH_PASS, false, SENDER_VERIFIED},    {"prefer", AUTH_PASS, true, SENDER_VERIFIED},
    {"prefer", AUTH_TEMPERROR, false, SENDER_LATER},  {"prefer", AUTH_TEMPERROR, true, SENDER_LATER},
    {"prefer", AUTH_NONE, true, SENDER_ACCEPTED},     {"prefer", AUTH_FAIL, true, SENDER_ACCEPTED},
    /* and all else: SENDER_REFUSED */
};

static bool from_trusted_network(const struct sender_case *c)
{
    return *c->client_ip &&
           (cidr_list_holds(c->networks[0], c->client_ip) || cidr_list_holds(c->networks[1], c->client_ip));
}

static bool names(const char *list, const char *domain)
{
    while (*list) {
        size_t len = strcspn(list, " ");
        if (len > 0 && span_equal_nocase(span_of(list, len), domain))
            return true;
        list += len + (list[len] == ' ');
    }
    return false;
}

/* A forwarder that is believed, and its word on the mail as it reached it. */
static enum sender_decision ask_forwarder(const struct sender_case *c)
{
    const struct sender_facts *f = c->facts;
    bool known = names(c->forwarders[0], f->arc_domain) || names(c->forwarders[1], f->arc_domain);
    if (!*f->arc_domain || !known)
        return SENDER_REFUSED;
    if (f->arc == AUTH_TEMPERROR)
        return SENDER_LATER;
    return f->arc == AUTH_PASS && f->arc_dmarc == AUTH_PASS ? SENDER_VERIFIED : SENDER_REFUSED;
}

enum sender_decision sender_decide(const struct sender_case *c)
{
    if (c->authenticated || from_trusted_network(c))
        return SENDER_TRUSTED;
    if (str_equal(c->dmarc, "off"))
        return SENDER_ACCEPTED;
    if (!c->facts)
        return SENDER_UNKNOWN;
    bool weak = !*c->facts->policy || str_equal(c->facts->policy, "none");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_equal(rows[i].setting, c->dmarc) && rows[i].dmarc == c->facts->dmarc && rows[i].weak == weak)
            return rows[i].decision;
    return ask_forwarder(c);
}

void sender_explain(const struct sender_facts *f, char *text, size_t room)
{
    const char *at = strrchr(f->from, '@');
    if (f->dmarc == AUTH_PERMERROR)
        (void)str_format(
            text, room,
            "Not accepted: the header From must hold exactly one address. Nothing was faxed; send the "
            "mail from a single address");
    else if (f->dmarc == AUTH_TEMPERROR)
        (void)str_format(text, room,
                         "The sender cannot be verified at this moment (DNS); send the mail again later");
    else if (f->dmarc == AUTH_NONE)
        (void)str_format(
            text, room,
            "Not accepted: %.100s publishes no DMARC record, so nobody can tell who sent this mail. "
            "Nothing was faxed; its administrator can publish one",
            at ? at + 1 : "the sender's domain");
    else
        (void)str_format(
            text, room,
            "Not accepted: this mail is not proven to come from %.100s (DMARC %s, SPF %s, DKIM %s). "
            "Nothing was faxed; send it through that domain's own mail server",
            at ? at + 1 : "its sender's domain", auth_result_name(f->dmarc), auth_result_name(f->spf),
            auth_result_name(f->dkim));
}
