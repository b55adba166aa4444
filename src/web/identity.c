/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/identity.h"

#include "store/api_keys.h"
#include "store/config.h"

#include <microhttpd.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/rand.h"
#include "base/str.h"

/* The row says when it was used last, as exactly as this. */
enum { SEEN_EVERY_MS = 5 * 60 * 1000, TENANT_NAME_MOST = 255 };

static void hash_of(const uint8_t token[TOKEN_LEN], uint8_t hash[TOKEN_HASH_LEN])
{
    (void)crypto_hash_sha256(hash, token, TOKEN_LEN);
}

void token_make(char text[TOKEN_TEXT_LEN], uint8_t hash[TOKEN_HASH_LEN])
{
    uint8_t token[TOKEN_LEN];
    rand_bytes(token, sizeof(token));
    hex_format(token, sizeof(token), text);
    hash_of(token, hash);
}

bool token_hash(const char *text, uint8_t hash[TOKEN_HASH_LEN])
{
    uint8_t token[TOKEN_LEN];
    if (strlen(text) != 2 * TOKEN_LEN || !hex_parse(text, token, TOKEN_LEN))
        return false;
    hash_of(token, hash);
    return true;
}

static void become(struct request *r, const struct visitor *v)
{
    r->actor.role = actor_role_of(v->role);
    r->actor.user = v->user;
    r->actor.tenant = v->tenant;
    r->actor.name = v->name;
    r->actor.tenant_name = v->tenant_name;
    r->actor.language = v->language;
}

bool identity_by_token(struct request *r, const char *token)
{
    uint8_t hash[TOKEN_HASH_LEN];
    struct session s;
    int64_t now_ms = clock_wall_ms();
    if (!token_hash(token, hash) ||
        !session_find(r->store, &r->arena, span_of(hash, sizeof(hash)), now_ms, &s))
        return false;
    become(r, &s.visitor);
    r->actor.session = s.id;
    r->actor.provider = s.provider;
    r->actor.ends_ms = session_ends_ms(&s);
    if (now_ms - s.seen_ms > SEEN_EVERY_MS)
        request_tell(r, &(struct message){.type = MSG_session_seen, .session_seen = {.session = s.id}});
    return true;
}

static void find_by_key(struct request *r, const char *text)
{
    uint8_t hash[TOKEN_HASH_LEN];
    struct api_key k;
    struct visitor v;
    int64_t now_ms = clock_wall_ms();
    if (!str_starts(text, API_KEY_PREFIX) || !token_hash(text + strlen(API_KEY_PREFIX), hash) ||
        !api_key_find(r->store, &r->arena, span_of(hash, sizeof(hash)), now_ms, &k, &v))
        return;
    become(r, &v);
    r->actor.key = k.id;
    r->actor.key_scope = k.scope;
    if (str_equal(k.scope, "send"))
        r->actor.role = ACTOR_USER;
    if (now_ms - k.used_ms > SEEN_EVERY_MS)
        request_tell(r, &(struct message){.type = MSG_api_key_used, .api_key_used = {.key = k.id}});
}

/* An administrator of everything may look as the one of one tenant; never the other way round. A name that no
 * tenant has sees nothing. */
static void narrow(struct request *r)
{
    const char *wanted = request_header(r, "X-Faxpost-Tenant", "");
    if (!*wanted || r->actor.role < ACTOR_INSTALLATION)
        return;
    char *name = arena_strdup(&r->arena, wanted);
    (void)MHD_http_unescape(name);
    const bool text = *name && strlen(name) <= TENANT_NAME_MOST && utf8_valid(span_str(name));
    struct id tenant = text ? config_tenant_id(r->store, name) : ID_NONE;
    r->actor.role = ACTOR_TENANT;
    r->actor.tenant = id_is_none(tenant) ? id_new() : tenant;
    r->actor.tenant_name = text ? name : arena_strdup(&r->arena, id_text(r->actor.tenant));
}

bool identity_lasts(const struct actor *a, struct store *s)
{
    struct arena arena;
    struct visitor v;
    struct id user;
    if (a->local || id_is_none(a->user))
        return true;
    if (id_is_none(a->key) ? !session_user(s, a->session, &user) : !api_key_lasts(s, a->key, clock_wall_ms()))
        return false;
    arena_init(&arena);
    bool same = visitor_find(s, &arena, a->user, &v) && actor_role_of(v.role) >= a->role;
    arena_clear(&arena);
    return same;
}

/* Sending is a POST below one of these; the rest of what a sending key may is to look. */
static bool is_sending(const struct request *r)
{
    static const char *const places[] = {"jobs", "submissions", "uploads", "previews"};
    if (str_equal(r->route->path, "jobs/:id/mail"))
        return false; /* nor is a received fax mailed on by it */
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (str_starts(r->route->path, places[i]))
            return true;
    return false;
}

bool identity_exceeds_key(const struct request *r)
{
    const char *scope = r->actor.key_scope;
    if (!scope || r->is_get || str_equal(scope, "admin"))
        return false;
    return !(str_equal(scope, "send") && is_sending(r));
}

void identity_find(struct request *r)
{
    const char *key = request_header(r, MHD_HTTP_HEADER_AUTHORIZATION, "");
    if (*key) { /* who brings a key is not taken for somebody else because of a cookie */
        if (str_starts_nocase(key, "Bearer "))
            find_by_key(r, key + strlen("Bearer "));
        narrow(r);
        return;
    }
    const char *cookie = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, SESSION_COOKIE);
    if (cookie && identity_by_token(r, cookie))
        narrow(r);
}

/* "https://fax.example.com" and "fax.example.com"; a proxy has to pass the Host on. */
static bool same_host(const char *origin, const char *host)
{
    const char *at = strstr(origin, "://");
    return at && *host && str_equal_nocase(at + strlen("://"), host);
}

bool identity_is_forged(const struct request *r)
{
    const char *type = request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "");
    const char *origin = request_header(r, MHD_HTTP_HEADER_ORIGIN, "");
    const char *site = request_header(r, "Sec-Fetch-Site", "same-origin");
    if (r->is_get || r->actor.local || r->actor.key_scope)
        return false;
    size_t len = strcspn(type, "; \t");
    bool marked =
        span_equal_nocase(span_of(type, len), "application/json") || *request_header(r, "X-Faxpost", "") != 0;
    return !marked || !(str_equal(site, "same-origin") || str_equal(site, "none")) ||
           (*origin && !same_host(origin, request_header(r, MHD_HTTP_HEADER_HOST, "")));
}
