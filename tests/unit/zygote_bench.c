/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "zygote_bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/office_folder.h"
#include "sandbox/sandbox.h"

static void keep_payload(struct bench *b, int fd)
{
    uint64_t size;
    buf_reset(&b->payload);
    if (fd <= 0)
        return;
    assert_int_equal(fd_checked_size(fd, PAGE_SET_BYTES_MAX, &size), 0);
    assert_int_not_equal(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE, 0);
    SCOPED_FREE uint8_t *bytes = mem_alloc((size_t)size + 1);
    assert_int_equal(fd_pread_all(fd, bytes, (size_t)size, 0), 0);
    assert_true(buf_append(&b->payload, bytes, (size_t)size));
}

void bench_on_answer(void *context, const struct sender *to, const struct message *a)
{
    struct bench *b = context;
    b->answers++;
    b->type = a->type;
    b->request = to->request;
    if (a->type == MSG_rendered) {
        message_get_outcome(&a->rendered, &b->outcome);
        b->pages = a->rendered.pages;
        (void)str_copy(b->text, sizeof(b->text), a->rendered.misnamed ? a->rendered.misnamed : "");
        keep_payload(b, a->rendered.page_set);
    } else if (a->type == MSG_unpacked) {
        message_get_outcome(&a->unpacked, &b->outcome);
        (void)str_copy(b->subject, sizeof(b->subject), a->unpacked.subject);
        (void)str_copy(b->from, sizeof(b->from), a->unpacked.from);
        (void)str_copy(b->text, sizeof(b->text), a->unpacked.text);
        keep_payload(b, a->unpacked.parts);
    } else if (a->type == MSG_composed) {
        message_get_outcome(&a->composed, &b->outcome);
        keep_payload(b, a->composed.mail_bytes);
    } else if (a->type == MSG_file_made) {
        message_get_outcome(&a->file_made, &b->outcome);
        (void)str_copy(b->subject, sizeof(b->subject), a->file_made.name);
        keep_payload(b, a->file_made.file);
    } else if (a->type == MSG_page_read) {
        message_get_outcome(&a->page_read, &b->outcome);
        assert_int_equal(a->page_read.page, b->outcome.verdict == VERDICT_DONE ? 3 : a->page_read.page);
        keep_payload(b, a->page_read.text);
    } else if (a->type == MSG_pgp_made) {
        message_get_outcome(&a->pgp_made, &b->outcome);
        assert_true(a->pgp_made.secret.len <= sizeof(b->sealed));
        memcpy(b->sealed, a->pgp_made.secret.data, a->pgp_made.secret.len);
        b->sealed_len = a->pgp_made.secret.len;
        keep_payload(b, a->pgp_made.public_key);
    } else if (a->type == MSG_pgp_opened) {
        message_get_outcome(&a->pgp_opened, &b->outcome);
        keep_payload(b, a->pgp_opened.mail_bytes);
    } else {
        assert_int_equal(a->type, MSG_picture_made);
        message_get_outcome(&a->picture_made, &b->outcome);
        keep_payload(b, a->picture_made.png);
    }
    b->done += b->outcome.verdict == VERDICT_DONE;
}

static char office_base[PATH_MAX];

void bench_folder(char path[PATH_MAX])
{
    scratch_folder(path, PATH_MAX);
}

int bench_set_up(void **state)
{
    static struct bench b;
    b = (struct bench){.loop = loop_new()};
    buf_init(&b.payload, PAGE_SET_BYTES_MAX);
    bench_folder(office_base);
    const struct zygote_opts o = {.loop = b.loop,
                                  .shut_office = sandbox_policy(SANDBOX_OFFICE_WORKER),
                                  .office_folder = office_base,
                                  .workers_max = 2,
                                  .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
                                  .on_answer = bench_on_answer,
                                  .context = &b};
    b.zygote = zygote_new(&o);
    *state = &b;
    return 0;
}

int bench_tear_down(void **state)
{
    struct bench *b = *state;
    zygote_free(b->zygote);
    office_folder_remove(office_base);
    buf_clear(&b->payload);
    loop_free(b->loop);
    return 0;
}

void wait_for(struct bench *b, unsigned answers)
{
    while (b->answers < answers)
        (void)loop_step(b->loop, -1);
}

void give(struct bench *b, const struct message *ask, uint64_t request)
{
    give_of(b, ROLE_QUEUE, ask, request);
}

void give_of(struct bench *b, enum role role, const struct message *ask, uint64_t request)
{
    const struct sender from = {.role = role, .request = request};
    zygote_work(b->zygote, &from, ask);
}

void do_now(struct bench *b, const struct message *ask)
{
    unsigned before = b->answers;
    give(b, ask, 7);
    wait_for(b, before + 1);
    assert_int_equal(b->request, 7);
}

void render(struct bench *b, const char *name, struct span bytes)
{
    SCOPED_FD int fd = fd_sealed_memory("document", bytes);
    const struct message ask = {
        .type = MSG_render,
        .render = {.document = id_new(), .name = name, .resolution = PAGE_FINE, .paper = "a4", .bytes = fd}};
    do_now(b, &ask);
}
