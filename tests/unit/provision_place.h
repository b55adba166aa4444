/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning files against a store in a folder of their own. */
#pragma once

#include <jansson.h>
#include <sodium.h>

#include "test.h"

#include "base/buf.h"
#include "provision/json.h"
#include "store/config.h"

struct place {
    char dir[64];
    struct store store;
    struct arena arena;
    struct buf result;
    struct login_vault vault;
    unsigned char line_key[crypto_box_SECRETKEYBYTES], line_pub[crypto_box_PUBLICKEYBYTES];
};

int place_setup(void **state);
int place_teardown(void **state);

int apply(struct place *p, const char *text, bool dry); /* HTTP status; what was said is in p->result */
json_int_t changed(const struct place *p);
/* The text of the error at that path, "" where there is none. In the arena. */
const char *error_at(struct place *p, const char *path);
/* The file is refused with these words at that path. */
void assert_error(struct place *p, const char *text, const char *path, const char *part);

#define HOUSE                                                                                                \
    "{\"installation\": {\"fax_domain\": \"Fax.Example.com\"},"                                              \
    " \"tenants\": [{\"name\": \"clinic\", \"country\": \"it\", \"zone\": \"Europe/Rome\"}],"                \
    " \"users\": [{\"name\": \"anna\", \"addresses\": [\"Anna@example.com\", \"a@example.com\"]},"           \
    "             {\"name\": \"bert\", \"addresses\": [\"bert@example.com\"]}],"                             \
    " \"faxboxes\": [{\"name\": \"Front Desk\", \"extension\": \"100\", \"numbers\": [\"+39 050 123-4\"],"   \
    "    \"users\": [{\"user\": \"anna\"}, {\"user\": \"bert\", \"send\": false}],"                          \
    "    \"permissions\": [{\"entry\": \"Law.Example.org\", \"receive\": false}]},"                          \
    "   {\"id\": \"back\", \"name\": \"Back\", \"extension\": \"200\", \"custom_address\": "                 \
    "\"fax@Shop.example\"}],"                                                                                \
    " \"trunks\": [{\"name\": \"pbx\", \"peer\": \"sip:127.0.0.1:5070\", \"username\": \"u\","               \
    "    \"password\": \"open sesame\"}],"                                                                   \
    " \"mail_server\": {\"host\": \"mail.example.com\", \"password\": \"knock\"}}"
