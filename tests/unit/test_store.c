/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"

#include "store_place.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/outbox.h"
#include "store/store.h"
#include "store/submissions.h"

struct fixture {
    char dir[64];
    struct store store;
    struct arena arena;
};

static void open_store(struct fixture *f)
{
    char error[STORE_ERROR_LEN];
    if (store_open(&f->store, f->dir, store_place(f->dir), false, error) != 0)
        fail_msg("%s", error);
}

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    scratch_state(f->dir, sizeof(f->dir));
    arena_init(&f->arena);
    open_store(f);
    store_begin(&f->store);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    arena_clear(&f->arena);
    scratch_remove(f->dir);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    store_commit(&f->store);
    store_close(&f->store);
    open_store(f);
    store_begin(&f->store);
}

static unsigned files_in(const struct fixture *f, const char *folder)
{
    char command[160], text[32] = "";
    (void)str_format(command, sizeof(command), "find %s/%s -maxdepth 1 -type f | wc -l", f->dir, folder);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(text, sizeof(text), p));
    (void)pclose(p);
    return (unsigned)strtoul(text, NULL, 10);
}

/* Its sandbox lets the queue open no temporary file, into which SQLite would put what a statement changes. */
static void blob_is_deleted_without_another_file(void **state)
{
    struct fixture *f = *state;
    struct rlimit usual, none;
    SCOPED_FREE uint8_t *bytes = mem_zalloc(BLOB_INLINE_MAX);
    struct id blob = blob_put(&f->store, span_of(bytes, BLOB_INLINE_MAX));
    store_commit(&f->store);
    store_begin(&f->store);
    int next = dup(STDERR_FILENO);
    assert_int_equal(close(next), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    blob_delete(&f->store, blob);
    store_commit(&f->store);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    store_begin(&f->store);
}

static void blob_small_and_large_read_back(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, 1, BLOB_INLINE_MAX, BLOB_INLINE_MAX + 1, 1000000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        SCOPED_FREE uint8_t *bytes = mem_zalloc(sizes[i]);
        memset(bytes, (int)i + 1, sizes[i]);
        struct id blob = blob_put(&f->store, span_of(bytes, sizes[i]));
        reopen(f);
        struct span back = blob_read(&f->store, blob, &f->arena);
        assert_true(span_equal(back, span_of(bytes, sizes[i])));
        SCOPED_FD int fd = blob_open(&f->store, blob);
        uint64_t size;
        assert_int_equal(fd_checked_size(fd, 1 << 24, &size), 0);
        assert_int_equal(size, sizes[i]);
    }
    assert_int_equal(files_in(f, "blobs"), store_place_is_postgres() ? 0 : 2);
}

static int adopt(struct fixture *f, struct id mail, uint64_t size, struct id *blob)
{
    struct blob_ready ready = {.name = mail, .size = size};
    blob_prepare(&f->store, &ready);
    return blob_adopt(&f->store, &ready, blob);
}

static void spooled_mail_is_adopted_only_with_its_size(void **state)
{
    struct fixture *f = *state;
    struct id mail = id_new(), blob;
    assert_int_equal(adopt(f, mail, 3, &blob), ENOENT);
    SCOPED_FD int fd = blob_spool(&f->store, mail);
    assert_int_equal(fd_write_all(fd, span_str("abc")), 0);
    assert_int_equal(adopt(f, mail, 4, &blob), EPROTO);
    assert_int_equal(adopt(f, mail, 3, &blob), 0);
    struct span back = blob_read(&f->store, blob, &f->arena);
    assert_true(span_equal(back, span_str("abc")));
}

static void files_without_a_row_are_swept_at_start(void **state)
{
    struct fixture *f = *state;
    SCOPED_FREE uint8_t *bytes = mem_zalloc(BLOB_INLINE_MAX + 1);
    struct id kept = blob_put(&f->store, span_of(bytes, BLOB_INLINE_MAX + 1));
    store_commit(&f->store);
    store_begin(&f->store);
    struct id lost = blob_put(&f->store, span_of(bytes, BLOB_INLINE_MAX + 1));
    assert_false(id_is_none(lost));
    SCOPED_FD int fd = blob_spool(&f->store, id_new());
    sql_rollback(f->store.sql);
    store_close(&f->store);
    assert_int_equal(files_in(f, "blobs"), store_place_is_postgres() ? 0 : 2);
    open_store(f);
    store_begin(&f->store);
    assert_int_equal(files_in(f, "blobs"), store_place_is_postgres() ? 0 : 1);
    assert_int_equal(files_in(f, "blobs/tmp"), 0);
    assert_int_equal(blob_read(&f->store, kept, &f->arena).len, BLOB_INLINE_MAX + 1);
    blob_delete(&f->store, kept);
    assert_int_equal(files_in(f, "blobs"), store_place_is_postgres() ? 0 : 1);
    store_commit(&f->store);
    store_begin(&f->store);
    assert_int_equal(files_in(f, "blobs"), 0);
}

static void serial_is_made_once_and_numbers_count_up(void **state)
{
    struct fixture *f = *state;
    const char *serial = store_meta(&f->store, &f->arena, "serial");
    assert_int_equal(strlen(serial), 11);
    assert_int_equal(store_next_number(&f->store, "faxid"), 1);
    assert_int_equal(store_next_number(&f->store, "faxid"), 2);
    reopen(f);
    assert_int_equal(store_next_number(&f->store, "faxid"), 3);
    assert_string_equal(store_meta(&f->store, &f->arena, "serial"), serial);
}

/* ---- a small house: tenant, user, two boxes ---- */

static struct id house(struct fixture *f)
{
    struct id tenant = id_new(), user = id_new();
    struct sql *s = f->store.sql;
    (void)sql_run(s, "INSERT INTO tenant (id, name) VALUES (?1, 'main')", "d", tenant);
    (void)sql_run(s, "INSERT INTO user (id, tenant, name) VALUES (?1, ?2, 'ann')", "dd", user, tenant);
    (void)sql_run(s, "INSERT INTO user_address VALUES ('ann@example.com', 'Ann@Example.com', ?1, 0)", "d",
                  user);
    (void)sql_run(s,
                  "INSERT INTO faxbox (id, tenant, name) VALUES ('front', ?1, 'Front'), ('back', ?1, 'Back')",
                  "d", tenant);
    (void)sql_run(s, "INSERT INTO faxbox_user VALUES ('front', ?1, 1, 1), ('back', ?1, 0, 1)", "d", user);
    (void)sql_run(s,
                  "INSERT INTO faxbox_permission VALUES ('front', 'example.org', 1, 1), ('front', "
                  "'*.example.net', 1, 0),"
                  " ('front', 'bob@example.com', 1, 1), ('front', 'eve@example.com', 0, 1)",
                  "");
    return tenant;
}

/* proves: S0.4 */
static void permission_list_matches_exactly_what_it_says(void **state)
{
    struct fixture *f = *state;
    (void)house(f);
    static const char *const may[] = {"ann@example.com", "ANN@EXAMPLE.COM", "x@example.org",
                                      "x@Example.ORG",   "y@a.example.net", "y@b.a.example.net",
                                      "bob@example.com"};
    static const char *const may_not[] = {"x@example.org.evil.net", "x@evilexample.org", "x@sub.example.org",
                                          "y@example.net",          "y@evilexample.net", "eve@example.com",
                                          "carl@example.com",       "example.org",       ""};
    for (size_t i = 0; i < ARRAY_LEN(may); i++)
        if (!config_may_send(&f->store, "front", may[i]))
            fail_msg("%s must be allowed", may[i]);
    for (size_t i = 0; i < ARRAY_LEN(may_not); i++)
        if (config_may_send(&f->store, "front", may_not[i]))
            fail_msg("%s must not be allowed", may_not[i]);
    assert_false(config_may_send(&f->store, "back", "ann@example.com"));
}

static void receivers_are_users_and_addresses_not_domains(void **state)
{
    struct fixture *f = *state;
    (void)house(f);
    const char **to;
    assert_int_equal(config_receivers(&f->store, &f->arena, "front", &to), 3);
    assert_string_equal(to[0], "Ann@Example.com");
    assert_string_equal(to[1], "bob@example.com");
    assert_string_equal(to[2], "eve@example.com");
}

/* ---- jobs ---- */

static struct id add_job(struct fixture *f, struct id tenant, const char *number, int64_t next_ms)
{
    const struct submission s = {
        .id = id_new(), .tenant = tenant, .faxbox = "front", .sender = "", .subject = "", .message_id = ""};
    submission_add(&f->store, &s);
    const struct job j = {.id = id_new(),
                          .submission = s.id,
                          .tenant = tenant,
                          .faxbox = "front",
                          .number = number,
                          .display_number = number,
                          .next_ms = next_ms,
                          .pages = 3,
                          .max_tries = 3};
    job_add(&f->store, &j);
    return j.id;
}

/* proves: D4 */
static void one_call_at_a_time_to_a_number_and_nobody_else_waits(void **state)
{
    struct fixture *f = *state;
    struct id tenant = house(f);
    struct id first = add_job(f, tenant, "100", 10);
    struct id second = add_job(f, tenant, "100", 20);
    struct id other = add_job(f, tenant, "200", 30);
    (void)add_job(f, tenant, "300", 1000);
    assert_true(id_equal(job_first_due(&f->store, "front", 100, "\n", ""), first));
    job_start_call(&f->store, first);
    assert_true(job_number_is_called(&f->store, "100"));
    assert_true(id_equal(job_first_due(&f->store, "front", 100, "\n", ""), other));
    struct outcome o;
    outcome_done(&o);
    job_close(&f->store, first, JOB_DONE, 100, &o);
    assert_true(id_equal(job_first_due(&f->store, "front", 100, "\n", ""), second));
    assert_int_equal(job_next_due(&f->store), 20);
}

static void confirmed_pages_never_go_back(void **state)
{
    struct fixture *f = *state;
    struct id id = add_job(f, house(f), "100", 0);
    struct job j;
    job_page_confirmed(&f->store, id, 1);
    job_page_confirmed(&f->store, id, 0);
    assert_true(job_find(&f->store, id, &f->arena, &j));
    assert_int_equal(j.confirmed, 2);
}

static void page_of_a_fax_is_stored_once(void **state)
{
    struct fixture *f = *state;
    struct id tenant = house(f);
    const struct fax fax = {.id = id_new(),
                            .tenant = tenant,
                            .faxbox = "front",
                            .attempt = id_new(),
                            .calling = "",
                            .called = "100"};
    const struct page page = {{PAGE_WIDTH_A4, 100, PAGE_FINE}, span_str("t6")};
    struct stored_page *pages;
    struct fax back;
    fax_add(&f->store, &fax);
    fax_add_page(&f->store, fax.id, 0, &page, 5);
    fax_add_page(&f->store, fax.id, 0, &page, 6);
    assert_int_equal(fax_pages(&f->store, fax.id, &f->arena, &pages), 1);
    assert_true(fax_find(&f->store, fax.id, &f->arena, &back));
    assert_int_equal(back.pages, 1);
    assert_int_equal(back.last_page_ms, 5);
}

static void replay_key_is_taken_once(void **state)
{
    struct fixture *f = *state;
    assert_true(replay_key_take(&f->store, span_str("k"), id_new(), ID_NONE, 1000, 0));
    assert_false(replay_key_take(&f->store, span_str("k"), id_new(), ID_NONE, 2000, 0));
    assert_true(
        replay_key_take(&f->store, span_str("k"), id_new(), ID_NONE, 9000, 1500)); /* forgotten by then */
}

static void mail_is_composed_once_and_due_in_order(void **state)
{
    struct fixture *f = *state;
    struct id due[4];
    const struct mail_out m = {.id = id_new(),
                               .kind = "answer",
                               .about = id_new(),
                               .sender = "a@x",
                               .recipient = "b@x",
                               .created_ms = 10};
    mail_out_add(&f->store, &m);
    assert_int_equal(mail_out_next_due(&f->store), 10);
    assert_int_equal(mail_out_to_compose(&f->store, 10, due, 4), 1);
    mail_out_composed(&f->store, m.id, span_str("bytes"), 20);
    mail_out_composed(&f->store, m.id, span_str("other"), 30);
    struct mail_out back;
    assert_true(mail_out_find(&f->store, m.id, &f->arena, &back));
    assert_true(span_equal(blob_read(&f->store, back.blob, &f->arena), span_str("bytes")));
    assert_int_equal(mail_out_due(&f->store, 19, due, 4), 0);
    assert_int_equal(mail_out_due(&f->store, 20, due, 4), 1);
    struct outcome o;
    outcome_done(&o);
    mail_out_close(&f->store, m.id, MAIL_OUT_SENT, 40, &o);
    assert_true(mail_out_next_due(&f->store) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blob_is_deleted_without_another_file, setup, teardown),
        cmocka_unit_test_setup_teardown(blob_small_and_large_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(spooled_mail_is_adopted_only_with_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(files_without_a_row_are_swept_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(serial_is_made_once_and_numbers_count_up, setup, teardown),
        cmocka_unit_test_setup_teardown(permission_list_matches_exactly_what_it_says, setup, teardown),
        cmocka_unit_test_setup_teardown(receivers_are_users_and_addresses_not_domains, setup, teardown),
        cmocka_unit_test_setup_teardown(one_call_at_a_time_to_a_number_and_nobody_else_waits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(confirmed_pages_never_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(page_of_a_fax_is_stored_once, setup, teardown),
        cmocka_unit_test_setup_teardown(replay_key_is_taken_once, setup, teardown),
        cmocka_unit_test_setup_teardown(mail_is_composed_once_and_due_in_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
