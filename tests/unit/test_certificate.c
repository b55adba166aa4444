/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scratch.h"

#include "base/fd.h"
#include "role/certificate.h"
#include "test.h"

struct place {
    char folder[64];
    struct certificate c;
};

static void write_new(const char *path, const char *text)
{
    char aside[PATH_MAX + 8];
    (void)snprintf(aside, sizeof(aside), "%s.new", path);
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(fd_write_all(fd, span_str(text)), 0);
    (void)close(fd);
    assert_int_equal(rename(aside, path), 0);
}

static void place_open(struct place *p)
{
    scratch_folder(p->folder, sizeof(p->folder));
    (void)snprintf(p->c.chain_path, sizeof(p->c.chain_path), "%s/chain", p->folder);
    (void)snprintf(p->c.key_path, sizeof(p->c.key_path), "%s/key", p->folder);
    write_new(p->c.chain_path, "chain");
    write_new(p->c.key_path, "key");
    certificate_use(&p->c);
}

static void place_close(struct place *p)
{
    scratch_remove(p->folder);
}

static void a_renewal_is_told_once_and_when_it_is_complete(void **state)
{
    struct place p;
    place_open(&p);
    assert_false(certificate_renewed(&p.c));
    assert_false(certificate_renewed(&p.c));
    write_new(p.c.chain_path, "chain 2");
    assert_false(certificate_renewed(&p.c));
    write_new(p.c.key_path, "key 2"); /* the key comes later */
    assert_false(certificate_renewed(&p.c));
    assert_true(certificate_renewed(&p.c));
    assert_false(certificate_renewed(&p.c));
    place_close(&p);
}

static void a_file_that_is_away_is_no_renewal(void **state)
{
    struct place p;
    place_open(&p);
    assert_int_equal(unlink(p.c.key_path), 0);
    assert_false(certificate_renewed(&p.c));
    assert_false(certificate_renewed(&p.c));
    write_new(p.c.key_path, "key 2");
    assert_false(certificate_renewed(&p.c));
    assert_true(certificate_renewed(&p.c));
    place_close(&p);
}

static void what_is_used_by_hand_is_not_told(void **state)
{
    struct place p;
    place_open(&p);
    write_new(p.c.chain_path, "chain 2");
    certificate_use(&p.c);
    assert_false(certificate_renewed(&p.c));
    assert_false(certificate_renewed(&p.c));
    place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renewal_is_told_once_and_when_it_is_complete),
        cmocka_unit_test(a_file_that_is_away_is_no_renewal),
        cmocka_unit_test(what_is_used_by_hand_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
