/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/fetch_house.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* A thousand mailboxes with the system's authorities share one copy of them. */
struct shared_context {
    struct list node;
    char *ca_file, *pin;
    struct tls_context *tls;
};

struct tls_context *fetch_house_tls(struct fetch_house *h, const char *ca_file, const char *pin,
                                    char error[TLS_ERROR_LEN])
{
    list_each (it, &h->contexts) {
        const struct shared_context *c = CONTAINER_OF(it, struct shared_context, node);
        if (str_equal(c->ca_file, ca_file) && str_equal(c->pin, pin))
            return c->tls;
    }
    struct tls_context *tls =
        tls_client_new(&(struct tls_client_opts){.ca_file = ca_file, .pin = pin}, error);
    if (!tls)
        return NULL;
    struct shared_context *c = mem_zalloc(sizeof(*c));
    *c = (struct shared_context){.ca_file = mem_strdup(ca_file), .pin = mem_strdup(pin), .tls = tls};
    list_append(&h->contexts, &c->node);
    return tls;
}

void fetch_house_clear(struct fetch_house *h)
{
    list_each_safe (it, &h->contexts) {
        struct shared_context *c = CONTAINER_OF(it, struct shared_context, node);
        list_remove(it);
        tls_context_free(c->tls);
        free(c->ca_file);
        free(c->pin);
        free(c);
    }
    secret_key_clear(&h->key);
}

const char *fetch_setting(const json_t *settings, const char *name)
{
    const char *text = json_string_value(json_object_get(settings, name));
    return text ? text : "";
}

bool fetch_secret(const struct fetch_house *h, const json_t *settings, const char *name,
                  char text[SECRET_TEXT_LEN])
{
    unsigned char box[8192];
    size_t len = 0;
    const char *base64 = fetch_setting(settings, name);
    text[0] = 0;
    if (!*base64)
        return true;
    if (h->open_secrets)
        return str_copy(text, SECRET_TEXT_LEN, base64);
    return sodium_base642bin(box, sizeof(box), base64, strlen(base64), NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           secret_open(&h->key, span_of(box, len), text);
}
