/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The form of encrypted files, and a folder or a bucket as a place: what was changed is never taken for what
 * was put. */
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/place.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "scratch.h"

static const char name[] = "front/received/2026/11/22/x.tar.fxa";
static const uint8_t key[SEALED_KEY_BYTES] = {1, 2, 3}, other_key[SEALED_KEY_BYTES] = {1, 2, 4};

static uint8_t *bytes_of(size_t len)
{
    uint8_t *bytes = mem_alloc(len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 256);
    return bytes;
}

static void seal(const uint8_t *plain, size_t len, const uint8_t *with, struct buf *out)
{
    struct sealed_source *s = mem_zalloc(sizeof(*s));
    SCOPED_FD int fd = fd_sealed_memory("plain", span_of(plain, len));
    uint8_t piece[999];
    size_t n;
    source_begin(s, fd, len, with, name);
    for (int round = 0; round < 2; round++) { /* the second time it is the same */
        SCOPED_BUF struct buf again;
        buf_init(&again, 1 << 24);
        while ((n = source_read(s, piece, sizeof(piece))) > 0)
            assert_true(buf_append(round ? &again : out, piece, n));
        assert_int_equal(s->error, 0);
        assert_true(!round || (again.len == out->len && memcmp(again.data, out->data, out->len) == 0));
        source_rewind(s);
    }
    assert_int_equal(out->len, source_size(s));
    free(s);
}

static enum sealed_fault open_it(struct span sealed, const uint8_t *with, const char *under, char sha256[65])
{
    struct sealed_sink *s = mem_zalloc(sizeof(*s));
    sink_begin(s, -1, with, under);
    for (size_t at = 0; at < sealed.len; at += 777)
        if (!sink_write(s, sealed.data + at, sealed.len - at < 777 ? sealed.len - at : 777))
            break;
    enum sealed_fault fault = sink_end(s, sha256);
    free(s);
    return fault;
}

static void sealed_file_comes_back_whatever_its_size(void **state)
{
    static const size_t sizes[] = {
        0, 1, 700, SEALED_CHUNK - 1, SEALED_CHUNK, SEALED_CHUNK + 1, 3 * SEALED_CHUNK};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        SCOPED_FREE uint8_t *plain = bytes_of(sizes[i]);
        char wanted[65], got[65];
        SCOPED_BUF struct buf sealed;
        buf_init(&sealed, 1 << 24);
        assert_int_equal(open_it(span_of(plain, sizes[i]), NULL, NULL, wanted), SEALED_GOOD);
        seal(plain, sizes[i], key, &sealed);
        assert_int_equal(open_it(buf_span(&sealed), key, name, got), SEALED_GOOD);
        assert_string_equal(got, wanted);
        assert_true(sizes[i] < 700 || !memmem(sealed.data, sealed.len, plain + 100, 32));
    }
}

/* Who lies there may never end. */
static void more_than_any_file_of_ours_is_not_read_on(void **state)
{
    struct sealed_sink *s = mem_zalloc(sizeof(*s));
    char sha256[65];
    sink_begin(s, -1, NULL, NULL);
    s->bytes = SEALED_FILE_MAX - 2;
    assert_true(sink_write(s, "ab", 2));
    assert_false(sink_write(s, "c", 1));
    assert_int_equal(sink_end(s, sha256), SEALED_CHANGED);
    free(s);
}

static void what_is_changed_anywhere_is_refused(void **state)
{
    enum { LEN = SEALED_CHUNK + 300 };
    SCOPED_FREE uint8_t *plain = bytes_of(LEN);
    char sha256[65];
    SCOPED_BUF struct buf sealed;
    buf_init(&sealed, 1 << 24);
    seal(plain, LEN, key, &sealed);
    for (size_t at = 0; at < sealed.len; at += at < 400 ? 1 : 1499) {
        sealed.data[at] ^= 0x10;
        assert_int_not_equal(open_it(buf_span(&sealed), key, name, sha256), SEALED_GOOD);
        assert_string_equal(sha256, "");
        sealed.data[at] ^= 0x10;
    }
    for (size_t len = 0; len < sealed.len; len += len < 400 ? 1 : 1499)
        assert_int_not_equal(open_it(span_of(sealed.data, len), key, name, sha256), SEALED_GOOD);
    assert_true(buf_append(&sealed, "x", 1));
    assert_int_not_equal(open_it(buf_span(&sealed), key, name, sha256), SEALED_GOOD);
    sealed.len--;
    assert_int_equal(open_it(buf_span(&sealed), key, name, sha256), SEALED_GOOD);
}

static void another_key_and_another_name_are_refused(void **state)
{
    SCOPED_FREE uint8_t *plain = bytes_of(5000);
    char sha256[65];
    SCOPED_BUF struct buf sealed;
    buf_init(&sealed, 1 << 24);
    seal(plain, 5000, key, &sealed);
    assert_int_equal(open_it(buf_span(&sealed), other_key, name, sha256), SEALED_OTHER_KEY);
    assert_int_equal(open_it(buf_span(&sealed), key, "front/sent/y.tar.fxa", sha256), SEALED_OTHER_NAME);
    assert_int_equal(open_it(span_of(plain, 5000), key, name, sha256), SEALED_NONE);
}

static void folder_keeps_what_it_is_given(void **state)
{
    char dir[64], folder[200], file[300], sha256[65];
    struct outcome o;
    uint64_t bytes;
    static const volatile bool end = false;
    scratch_state(dir, sizeof(dir));
    assert_true(str_format(folder, sizeof(folder), "%s/offsite/deep", dir));
    const struct place_settings s = {.kind = "local", .url = folder, .key = key, .end = &end};
    struct place *p = place_new(&s);
    SCOPED_FREE uint8_t *plain = bytes_of(100000);
    SCOPED_FD int fd = fd_sealed_memory("plain", span_of(plain, 100000));
    assert_true(place_put(p, name, fd, 100000, sha256, &o));
    assert_true(place_put(p, name, fd, 100000, sha256, &o)); /* once more is the same */
    assert_true(place_get(p, name, sha256, -1, &bytes, &o));
    assert_int_equal(bytes, 100000);
    assert_false(place_get(p, name, "0000", -1, &bytes, &o));
    assert_string_equal(o.code, "archive-damaged");
    assert_false(place_get(p, "front/no.tar.fxa", sha256, -1, &bytes, &o));
    assert_string_equal(o.code, "archive-missing");
    assert_int_equal(o.verdict, VERDICT_GIVE_UP);
    assert_true(place_remove(p, name, &o));
    assert_true(place_remove(p, name, &o));
    assert_true(str_format(file, sizeof(file), "%s/%s", folder, name));
    assert_int_equal(access(file, F_OK), -1);
    SCOPED_BUF struct buf steps;
    buf_init(&steps, 1000);
    assert_true(place_test(p, "faxpost-test/1.fxa", &steps, &o));
    place_free(p);
}

/* A folder that is not there any more, or another one, is no reason to take its files for lost. */
static void another_folder_is_not_the_place(void **state)
{
    char dir[64], folder[200], away[200], sha256[65];
    struct outcome o;
    uint64_t bytes;
    static const volatile bool end = false;
    scratch_state(dir, sizeof(dir));
    assert_true(str_format(folder, sizeof(folder), "%s/nas", dir));
    assert_true(str_format(away, sizeof(away), "%s/away", dir));
    const struct place_settings s = {.kind = "local", .url = folder, .key = key, .end = &end};
    struct place *p = place_new(&s);
    SCOPED_FD int fd = fd_sealed_memory("plain", span_of("x", 1));
    assert_false(place_recognise(p, "one", true, "", &o)); /* it was there, and is not */
    assert_string_equal(o.code, "archive-other-place");
    assert_int_equal(o.verdict, VERDICT_RETRY);
    assert_int_equal(access(folder, F_OK), -1);
    assert_true(place_recognise(p, "one", false, "", &o)); /* the first time */
    assert_true(place_recognise(p, "one", true, "", &o));
    assert_true(place_put(p, name, fd, 1, sha256, &o));
    assert_false(place_recognise(p, "two", true, "", &o));
    assert_string_equal(o.code, "archive-other-place");
    assert_false(place_recognise(p, "two", false, "", &o)); /* nor the first time */
    assert_string_equal(o.code, "archive-other-place");
    assert_true(place_recognise(p, "one", false, "", &o)); /* of which we did not live to hear */
    assert_int_equal(rename(folder, away), 0);
    assert_int_equal(mkdir(folder, 0700), 0); /* where the disk is mounted, when it is */
    assert_false(place_recognise(p, "one", true, "", &o));
    assert_int_equal(o.verdict, VERDICT_RETRY);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rename(away, folder), 0);
    assert_true(place_mark(p, "two", &o)); /* somebody knows better */
    assert_true(place_recognise(p, "two", true, "", &o));
    assert_true(place_get(p, name, sha256, -1, &bytes, &o));
    place_free(p);
}

/* Of a place from before there were marks: where its disk is not mounted, the empty folder is not the place.
 */
static void an_empty_folder_is_not_a_place_that_has_copies(void **state)
{
    char dir[64], folder[200], away[200], mark[260], sha256[65];
    struct outcome o;
    static const volatile bool end = false;
    scratch_state(dir, sizeof(dir));
    assert_true(str_format(folder, sizeof(folder), "%s/nas", dir));
    assert_true(str_format(away, sizeof(away), "%s/away", dir));
    assert_true(str_format(mark, sizeof(mark), "%s/faxpost-place.txt", folder));
    const struct place_settings s = {.kind = "local", .url = folder, .key = key, .end = &end};
    struct place *p = place_new(&s);
    SCOPED_FD int fd = fd_sealed_memory("plain", span_of("x", 1));
    static const char known[] = "front/sent/gone.tar.fxa\nfront/received/2026/11/22/x.tar.fxa";
    assert_true(place_put(p, name, fd, 1, sha256, &o));
    assert_int_equal(rename(folder, away), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_false(place_recognise(p, "one", false, known, &o));
    assert_string_equal(o.code, "archive-other-place");
    assert_int_equal(o.verdict, VERDICT_RETRY);
    assert_int_equal(access(mark, F_OK), -1);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rename(away, folder), 0);
    assert_true(place_recognise(p, "one", false, known, &o)); /* one of them is enough */
    assert_int_equal(access(mark, F_OK), 0);
    assert_true(place_recognise(p, "one", true, "", &o));
    place_free(p);
}

/* ---- a bucket, with as much of S3 as a place asks for ---- */

enum { OBJECTS = 4, REQUEST_MAX = 16384 };

struct bucket {
    int fd;
    pthread_t thread;
    char url[64];
    struct object {
        char path[200];
        size_t len;
        char bytes[REQUEST_MAX];
    } objects[OBJECTS];
};

/* The first free one where there is none of that path. */
static struct object *object_at(struct bucket *b, struct span path)
{
    for (size_t i = 0; i < OBJECTS; i++)
        if (!*b->objects[i].path || span_equal(span_str(b->objects[i].path), path))
            return &b->objects[i];
    return NULL;
}

/* The whole of it; its body. */
static char *read_request(int fd, char request[REQUEST_MAX], size_t *body_len)
{
    static const char length[] = "\r\nContent-Length: ";
    char *head_end = NULL;
    for (size_t len = 0; len < REQUEST_MAX - 1;) {
        ssize_t n = read(fd, request + len, REQUEST_MAX - 1 - len);
        if (n <= 0)
            return NULL;
        len += (size_t)n;
        request[len] = 0;
        if (!head_end && (head_end = strstr(request, "\r\n\r\n")) != NULL) {
            const char *said = strstr(request, length);
            *body_len = said && said < head_end ? strtoul(said + strlen(length), NULL, 10) : 0;
        }
        if (head_end && len >= (size_t)(head_end + 4 - request) + *body_len)
            return head_end + 4;
    }
    return NULL;
}

static void say(int fd, const char *status, struct span body)
{
    char head[120];
    (void)str_format(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                     status, body.len);
    if (fd_write_all(fd, span_str(head)) != 0 || fd_write_all(fd, body) != 0)
        print_message("the place does not listen\n");
}

static void answer(struct bucket *b, int fd)
{
    char request[REQUEST_MAX];
    size_t len = 0;
    const char *body = read_request(fd, request, &len);
    if (!body)
        return;
    const char *path = strchr(request, ' ') + 1;
    struct object *at = object_at(b, span_of(path, strcspn(path, " ")));
    if (str_starts(request, "PUT ") && at &&
        str_copy_span(at->path, sizeof(at->path), span_of(path, strcspn(path, " ")))) {
        memcpy(at->bytes, body, len);
        at->len = len;
    }
    if (at && *at->path)
        say(fd, "200 OK", str_starts(request, "GET ") ? span_of(at->bytes, at->len) : span_str(""));
    else
        say(fd, "404 Not Found", span_str("<Error><Code>NoSuchKey</Code></Error>"));
}

static void *serve(void *arg)
{
    struct bucket *b = arg;
    for (int fd; (fd = accept(b->fd, NULL, NULL)) >= 0; (void)close(fd))
        answer(b, fd);
    return NULL;
}

static struct bucket *bucket_open(void)
{
    struct bucket *b = mem_zalloc(sizeof(*b));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    b->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(b->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(b->fd, 8), 0);
    assert_int_equal(getsockname(b->fd, (struct sockaddr *)&at, &len), 0);
    assert_true(str_format(b->url, sizeof(b->url), "http://127.0.0.1:%u/bucket", ntohs(at.sin_port)));
    assert_int_equal(pthread_create(&b->thread, NULL, serve, b), 0);
    return b;
}

static void bucket_close(struct bucket *b)
{
    (void)shutdown(b->fd, SHUT_RDWR);
    (void)pthread_join(b->thread, NULL);
    (void)close(b->fd);
    free(b);
}

/* From before there were marks; what its kind says on the way is no reason against it. */
static void a_server_that_has_a_copy_is_the_place(void **state)
{
    char sha256[65];
    struct outcome o;
    static const volatile bool end = false;
    static const char known[] = "front/sent/gone.tar.fxa\nfront/received/2026/11/22/x.tar.fxa";
    struct bucket *b = bucket_open();
    const struct place_settings s = {.kind = "s3",
                                     .url = b->url,
                                     .username = "id",
                                     .password = "secret",
                                     .private_key = "",
                                     .host_key = "",
                                     .region = "here",
                                     .ca_file = "",
                                     .pin = "",
                                     .key = key,
                                     .end = &end};
    struct place *p = place_new(&s);
    SCOPED_FD int fd = fd_sealed_memory("plain", span_of("x", 1));
    assert_true(place_put(p, name, fd, 1, sha256, &o));
    assert_false(place_recognise(p, "one", false, "front/sent/gone.tar.fxa", &o));
    assert_string_equal(o.code, "archive-other-place");
    assert_true(place_recognise(p, "one", false, known, &o));
    assert_true(place_recognise(p, "one", true, "", &o));
    place_free(p);
    bucket_close(b);
}

static void what_is_no_folder_takes_nothing(void **state)
{
    char dir[64], folder[200], sha256[65];
    struct outcome o;
    static const volatile bool end = false;
    scratch_state(dir, sizeof(dir));
    assert_true(str_format(folder, sizeof(folder), "%s/nas", dir));
    const struct place_settings s = {.kind = "local", .url = folder, .end = &end};
    struct place *p = place_new(&s);
    SCOPED_FD int fd = fd_sealed_memory("plain", span_of("x", 1));
    SCOPED_FD int there = open(folder, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_false(place_put(p, "front/x.tar", fd, 1, sha256, &o));
    assert_int_equal(o.verdict, VERDICT_RETRY);
    assert_false(place_recognise(p, "one", false, "", &o));
    assert_int_equal(o.verdict, VERDICT_RETRY);
    assert_false(place_put(p, "front/x.tar.fxa", fd, 1, sha256, &o)); /* and no key */
    place_free(p);
}

int main(void)
{
    places_begin();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_file_comes_back_whatever_its_size),
        cmocka_unit_test(what_is_changed_anywhere_is_refused),
        cmocka_unit_test(more_than_any_file_of_ours_is_not_read_on),
        cmocka_unit_test(another_key_and_another_name_are_refused),
        cmocka_unit_test(folder_keeps_what_it_is_given),
        cmocka_unit_test(another_folder_is_not_the_place),
        cmocka_unit_test(an_empty_folder_is_not_a_place_that_has_copies),
        cmocka_unit_test(a_server_that_has_a_copy_is_the_place),
        cmocka_unit_test(what_is_no_folder_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
