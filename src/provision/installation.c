/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/installation.h"

#include <stdlib.h>

#include "base/str.h"
#include "provision/model.h"

/* Names of the values in `meta`. */
static const struct {
    const char *name;
    const char *standard;
    bool number;
} installation_keys[] = {
    {"fax_domain", "", false},    {"host_name", "", false},           {"serial", "", false},
    {"from_address", "", false},  {"custom_from", "on", false},       {"master_tenant", "", false},
    {"alarm_address", "", false}, {"mail_alarm_minutes", "15", true}, {"calls_in", "0", true},
    {"calls_out", "0", true},     {"keep_mails_days", "90", true},    {"calls_total", "0", true},
    {"setup", "open", false},     {"webhook_networks", "", false},    {"sign_reports", "off", false},
    {"web_url", "", false},       {"usage_address", "", false}};

json_t *provision_installation_json(struct store *s, struct arena *a)
{
    json_t *o = json_object();
    for (size_t i = 0; i < ARRAY_LEN(installation_keys); i++) {
        const char *value = store_meta(s, a, installation_keys[i].name);
        value = *value ? value : installation_keys[i].standard;
        (void)json_object_set_new(o, installation_keys[i].name,
                                  installation_keys[i].number ? json_integer(atoi(value))
                                                              : json_string(value));
    }
    return o;
}

void provision_write_installation(struct store *s, const json_t *e)
{
    for (size_t i = 0; i < ARRAY_LEN(installation_keys); i++) {
        const char *name = installation_keys[i].name;
        char number[32];
        (void)str_format(number, sizeof(number), "%d", (int)json_integer_value(json_object_get(e, name)));
        store_set_meta(s, name, installation_keys[i].number ? number : provision_text(e, name));
    }
}
