/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision_place.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "store_place.h"

enum { RESULT_MAX = 65535 };

static void write_file(const char *dir, const char *name, struct span bytes)
{
    char path[PATH_MAX];
    assert_true(str_format(path, sizeof(path), "%s/%s", dir, name));
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(fd_write_all(fd, bytes), 0);
}

int place_setup(void **state)
{
    struct place *p = mem_zalloc(sizeof(*p));
    char error[STORE_ERROR_LEN];
    scratch_state(p->dir, sizeof(p->dir));
    scratch_inner(p->dir, "keys");
    assert_true(sodium_init() >= 0);
    (void)crypto_box_keypair(p->line_pub, p->line_key);
    write_file(p->dir, "keys/line.pub", span_of(p->line_pub, sizeof(p->line_pub)));
    (void)crypto_box_keypair(p->vault.public, p->vault.secret);
    p->vault.known = true;
    write_file(p->dir, "keys/queue.pub", span_of(p->vault.public, sizeof(p->vault.public)));
    write_file(p->dir, "keys/mailout.pub", span_of(p->line_pub, sizeof(p->line_pub)));
    assert_int_equal(store_open(&p->store, p->dir, store_place(p->dir), false, error), 0);
    arena_init(&p->arena);
    buf_init(&p->result, RESULT_MAX);
    *state = p;
    return 0;
}

int place_teardown(void **state)
{
    struct place *p = *state;
    buf_clear(&p->result);
    arena_clear(&p->arena);
    store_close(&p->store);
    scratch_remove(p->dir);
    free(p);
    return 0;
}

int apply(struct place *p, const char *text, bool dry)
{
    buf_reset(&p->result);
    int status =
        provision_apply(&p->store, &(struct provision_keys){p->dir, &p->vault}, text, dry, &p->result);
    assert_false(p->result.overflow);
    return status;
}

json_int_t changed(const struct place *p)
{
    json_t *result = json_loads(buf_text(&p->result), 0, NULL);
    json_int_t n = json_integer_value(json_object_get(result, "changed"));
    json_decref(result);
    return n;
}

const char *error_at(struct place *p, const char *path)
{
    json_t *result = json_loads(buf_text(&p->result), 0, NULL);
    const json_t *errors = json_object_get(result, "errors");
    const char *found = "";
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *e = json_array_get(errors, i);
        if (str_equal(json_string_value(json_object_get(e, "path")), path))
            found = arena_strdup(&p->arena, json_string_value(json_object_get(e, "text")));
    }
    json_decref(result);
    return found;
}

void assert_error(struct place *p, const char *text, const char *path, const char *part)
{
    if (apply(p, text, false) != 422)
        fail_msg("taken: %s", text);
    if (!strstr(error_at(p, path), part))
        fail_msg("no \"%s\" at %s in %s", part, path, buf_text(&p->result));
}
