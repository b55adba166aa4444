/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning between store and JSON: the whole as `faxpost export` shows it, and one entry back. */
#pragma once

#include <jansson.h>

#include "provision/fields.h"
#include "store/provision.h"

/* A new reference: every section, every field; passwords as {"sealed": base64} or "". */
json_t *provision_load(struct store *s) MUST_USE;
/* One section of it, NULL where there is none; one faxbox, one user by the text of his id, likewise. */
json_t *provision_load_kind(struct store *s, enum provision_kind kind) MUST_USE;
json_t *provision_load_box(struct store *s, const char *id) MUST_USE;
json_t *provision_load_user(struct store *s, const char *id) MUST_USE;

/* entry: complete and checked. */
void provision_write(struct store *s, enum provision_kind kind, const json_t *entry);
void provision_drop(struct store *s, enum provision_kind kind, const json_t *entry);
/* Frees what the entry shares with no other, so that entries which exchange it can be written one by one. */
void provision_release(struct store *s, enum provision_kind kind, const json_t *entry);

/* A sealed secret, "" where there is none; and back. */
json_t *provision_secret_json(struct span secret) MUST_USE;
struct span provision_secret_of(struct arena *a, const json_t *entry, const char *name) MUST_USE;

/* ["a", "b"] -> "a b", the arena's. */
const char *provision_words_of(struct arena *a, const json_t *list);
/* Each in a line of its own: names may have blanks. */
const char *provision_lines_of(struct arena *a, const json_t *list);

/* Member `name`, "" where it is no text. */
const char *provision_text(const json_t *entry, const char *name);
