/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/provision_servers.h"

#include "base/str.h"
#include "queue/provision_model.h"

json_t *provision_trunk_json(const struct trunk *t)
{
    return provision_checked(
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:i, s:i, s:o, s:s, s:s, s:s, s:s, "
                  "s:i, s:s, s:b, s:s, s:i}",
                  "name", t->name, "peer", t->peer, "transport", t->transport, "username", t->username,
                  "password", provision_secret_json(t->secret), "t38", (int)t->t38, "pace", (int)t->pace,
                  "register", (int)t->registers, "register_seconds", (int)t->register_s, "cost", (int)t->cost,
                  "addresses", words_json(t->addresses), "called_from", t->called_from, "caller_from",
                  t->caller_from, "caller_in", t->caller_in, "fallback_box", t->fallback_box, "keepalive",
                  t->keepalive_s, "advertised_address", t->advertised, "symmetric", (int)t->symmetric,
                  "outbound_proxy", t->outbound_proxy, "calls", (int)t->calls));
}

json_t *provision_mail_server_json(const struct mail_server *m)
{
    return provision_checked(json_pack(
        "{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:i, s:b}", "host", m->host, "port",
        (int)m->port, "security", m->security, "username", m->username, "password",
        provision_secret_json(m->secret), "ca_file", m->ca_file, "pin", m->pin, "envelope_sender",
        m->envelope_sender, "enabled", (int)m->enabled, "auth", m->auth, "allow", m->allow, "tls_name",
        m->tls_name, "connections", (int)m->connections, "null_sender", (int)m->null_sender));
}

json_t *provision_further_server_json(const struct mail_server *m)
{
    json_t *o = provision_mail_server_json(m);
    (void)json_object_set_new(o, "name", json_string(m->name));
    (void)json_object_set_new(o, "tenant", json_string(m->tenant));
    (void)json_object_set_new(o, "fallback", json_boolean(m->fallback));
    return o;
}

void provision_write_trunk(struct store *s, struct arena *a, const json_t *e)
{
    const struct trunk t = {.name = provision_text(e, "name"),
                            .peer = provision_text(e, "peer"),
                            .transport = provision_text(e, "transport"),
                            .username = provision_text(e, "username"),
                            .secret = provision_secret_of(a, e, "password"),
                            .t38 = provision_flag(e, "t38"),
                            .pace = provision_flag(e, "pace"),
                            .registers = provision_flag(e, "register"),
                            .register_s = (unsigned)provision_whole(e, "register_seconds"),
                            .cost = (unsigned)provision_whole(e, "cost"),
                            .addresses = provision_words(a, json_object_get(e, "addresses")),
                            .called_from = provision_text(e, "called_from"),
                            .caller_from = provision_text(e, "caller_from"),
                            .caller_in = provision_text(e, "caller_in"),
                            .fallback_box = provision_text(e, "fallback_box"),
                            .keepalive_s = (int)provision_whole(e, "keepalive"),
                            .advertised = provision_text(e, "advertised_address"),
                            .outbound_proxy = provision_text(e, "outbound_proxy"),
                            .symmetric = provision_flag(e, "symmetric"),
                            .calls = (unsigned)provision_whole(e, "calls")};
    provision_put_trunk(s, &t);
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
