/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/number.h"

#include <sofia-sip/sip_extra.h>
#include <string.h>

#include "base/str.h"
#include "line/sofia.h"

static bool is_number_char(char c)
{
    return char_is_digit(c) || char_is_alpha(c) || c == '+' || c == '*' || c == '#';
}

void number_of_user(const char *user, char *number, size_t room)
{
    char plain[256];
    size_t n = 0;
    number[0] = 0;
    if (!user || !str_copy(plain, sizeof(plain), user))
        return;
    (void)url_unescape(plain, plain);
    for (const char *at = plain; *at && *at != ';' && n + 1 < room; at++)
        if (is_number_char(*at))
            number[n++] = *at;
    number[n] = 0;
}

bool number_to_user(const char *number, char *user, size_t room)
{
    size_t n = 0;
    for (const char *at = number; *at; at++) {
        if (n + 4 > room)
            return false;
        if (*at == '#') {
            user[n++] = '%';
            user[n++] = '2';
            user[n++] = '3';
        } else if (is_number_char(*at) || *at == '.' || *at == '_' || *at == '-') {
            user[n++] = *at;
        } else {
            return false;
        }
    }
    user[n] = 0;
    return n > 0;
}

bool number_to_userinfo(const char *name, char *user, size_t room)
{
    static const char unreserved[] = "-_.!~*'()&=+$,;?/"; /* RFC 3261 §25.1 */
    size_t n = 0;
    for (const char *at = name; *at; at++) {
        if (n + 4 > room)
            return false;
        if (char_is_alpha(*at) || char_is_digit(*at) || strchr(unreserved, *at))
            user[n++] = *at;
        else
            n += str_format(user + n, room - n, "%%%02X", (unsigned char)*at) ? 3 : 0;
    }
    user[n] = 0;
    return n > 0;
}

void number_quote_name(const char *name, char *quoted, size_t room)
{
    size_t n = 0;
    quoted[0] = 0;
    if (!name[0] || !utf8_valid(span_str(name)))
        return;
    quoted[n++] = '"';
    for (const char *at = name; *at; at++) {
        if (n + 6 > room || (unsigned char)*at < ' ' || *at == 0x7f) {
            quoted[0] = 0;
            return;
        }
        if (*at == '"' || *at == '\\')
            quoted[n++] = '\\';
        quoted[n++] = *at;
    }
    quoted[n++] = '"';
    quoted[n++] = ' ';
    quoted[n] = 0;
}

/* A display name without its quotes, escapes and control characters. */
static void plain_name(const char *display, char name[NUMBER_NAME_LEN])
{
    size_t n = 0;
    bool quoted = display && display[0] == '"';
    for (const char *at = display ? display + quoted : ""; *at && n + 1 < NUMBER_NAME_LEN; at++) {
        if (quoted && *at == '"')
            break;
        if (quoted && *at == '\\' && at[1])
            at++;
        if ((unsigned char)*at >= ' ' && *at != 0x7f)
            name[n++] = *at;
    }
    name[n] = 0;
    if (!utf8_valid(span_str(name)))
        name[0] = 0;
}

static bool wants_privacy(const sip_t *invite)
{
    const sip_privacy_t *privacy = sip_privacy(invite);
    for (size_t i = 0; privacy && privacy->priv_values && privacy->priv_values[i]; i++)
        if (str_equal_nocase(privacy->priv_values[i], "id") ||
            str_equal_nocase(privacy->priv_values[i], "user") ||
            str_equal_nocase(privacy->priv_values[i], "header"))
            return true;
    return false;
}

/* The first address of the topmost such header, up to its '>'. */
static bool number_of_diversion(const sip_t *invite, char *number, size_t room)
{
    for (const msg_unknown_t *u = invite->sip_unknown; u; u = u->un_next) {
        char first[512];
        size_t len = u->un_value ? strcspn(u->un_value, ">") : 0;
        if (!str_equal_nocase(u->un_name, "Diversion") || len == 0 || u->un_value[len] != '>' ||
            !str_copy_span(first, sizeof(first), span_of(u->un_value, len + 1)))
            continue;
        su_home_t home[1] = {SU_HOME_INIT(home)};
        const sip_from_t *who = sip_from_make(home, first);
        if (who)
            number_of_user(who->a_url->url_user, number, room);
        su_home_deinit(home);
        return who && number[0];
    }
    return false;
}

void number_of_called(const struct sip_s *invite, const struct trunk *trunk, char *number, size_t room)
{
    const url_t *url = invite->sip_request->rq_url;
    if (trunk->called_from == TRUNK_CALLED_DIVERSION && number_of_diversion(invite, number, room))
        return;
    bool contact = trunk->registers && url->url_user && str_equal(url->url_user, trunk->id);
    if (contact || trunk->called_from == TRUNK_CALLED_TO)
        url = invite->sip_to->a_url;
    number_of_user(url->url_user, number, room);
}

void number_of_caller(const struct sip_s *invite, enum trunk_caller rule, struct number_party *caller)
{
    const sip_p_asserted_identity_t *asserted =
        rule == TRUNK_CALLER_ASSERTED ? sip_p_asserted_identity(invite) : NULL;
    const url_t *url = asserted ? asserted->paid_url : invite->sip_from->a_url;
    *caller = (struct number_party){0};
    if (wants_privacy(invite))
        return;
    number_of_user(url->url_user, caller->number, sizeof(caller->number));
    if (str_equal_nocase(caller->number, "anonymous") || str_equal_nocase(caller->number, "unknown") ||
        str_equal_nocase(caller->number, "unavailable"))
        caller->number[0] = 0;
    plain_name(asserted ? asserted->paid_display : invite->sip_from->a_display, caller->name);
}
