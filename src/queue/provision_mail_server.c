/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/provision_mail_server.h"

#include "base/str.h"
#include "queue/provision_model.h"
#include "store/config.h"
#include "store/dkim_keys.h"
#include "store/provision.h"

static json_t *mail_server_json(const struct mail_server *m)
{
    return provision_checked(json_pack(
        "{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:i, s:b}", "host", m->host, "port",
        (int)m->port, "security", m->security, "username", m->username, "password",
        provision_secret_json(m->secret), "ca_file", m->ca_file, "pin", m->pin, "envelope_sender",
        m->envelope_sender, "enabled", (int)m->enabled, "auth", m->auth, "allow", m->allow, "tls_name",
        m->tls_name, "connections", (int)m->connections, "null_sender", (int)m->null_sender));
}

static json_t *further_server_json(const struct mail_server *m)
{
    json_t *o = mail_server_json(m);
    (void)json_object_set_new(o, "name", json_string(m->name));
    (void)json_object_set_new(o, "tenant", json_string(m->tenant));
    (void)json_object_set_new(o, "fallback", json_boolean(m->fallback));
    return o;
}

/* NULL where there is none. */
json_t *provision_main_server_json(struct store *s, struct arena *a)
{
    struct mail_server m;
    return config_mail_server(s, a, &m) ? mail_server_json(&m) : NULL;
}

json_t *provision_further_servers_json(struct store *s, struct arena *a)
{
    struct mail_server servers[MAIL_SERVERS_MAX];
    json_t *list = json_array();
    size_t n = config_mail_servers(s, a, servers, MAIL_SERVERS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!str_equal(servers[i].name, MAIL_SERVER_MAIN))
            (void)json_array_append_new(list, further_server_json(&servers[i]));
    return list;
}

void provision_write_mail_server(struct store *s, struct arena *a, const json_t *e)
{
    const char *name = provision_text(e, "name");
    const struct mail_server m = {.name = *name ? name : MAIL_SERVER_MAIN,
                                  .tenant = provision_text(e, "tenant"),
                                  .fallback = provision_flag(e, "fallback"),
                                  .auth = provision_text(e, "auth"),
                                  .allow = provision_text(e, "allow"),
                                  .tls_name = provision_text(e, "tls_name"),
                                  .connections = (unsigned)provision_whole(e, "connections"),
                                  .host = provision_text(e, "host"),
                                  .port = (unsigned)provision_whole(e, "port"),
                                  .security = provision_text(e, "security"),
                                  .username = provision_text(e, "username"),
                                  .secret = provision_secret_of(a, e, "password"),
                                  .ca_file = provision_text(e, "ca_file"),
                                  .pin = provision_text(e, "pin"),
                                  .envelope_sender = provision_text(e, "envelope_sender"),
                                  .enabled = provision_flag(e, "enabled"),
                                  .null_sender = provision_flag(e, "null_sender")};
    provision_put_mail_server(s, &m);
}

json_t *provision_dkim_json(struct store *s, struct arena *a)
{
    struct dkim_key_row *keys;
    json_t *list = json_array();
    size_t n = dkim_keys(s, a, &keys);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            list,
            provision_checked(json_pack("{s:s, s:s, s:o}", "name", keys[i].domain, "selector",
                                        keys[i].selector, "key", provision_secret_json(keys[i].secret))));
    return list;
}

void provision_write_dkim(struct store *s, struct arena *a, const json_t *e)
{
    const struct dkim_key_row k = {.domain = provision_text(e, "name"),
                                   .selector = provision_text(e, "selector"),
                                   .secret = provision_secret_of(a, e, "key")};
    dkim_key_put(s, &k);
}
