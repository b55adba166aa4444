/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/place_inner.h"
#include "base/attr.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

enum { PLACE_NAME_LEN = 256 };

struct place {
    const struct place_settings *settings;
    const struct place_kind *kind;
    void *at;
};

struct place *place_new(const struct place_settings *s)
{
    static const struct place_kind *const kinds[] = {&place_local, &place_sftp, &place_webdav, &place_s3};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_equal(kinds[i]->name, s->kind))
            continue;
        struct place *p = mem_zalloc(sizeof(*p));
        *p = (struct place){s, kinds[i], kinds[i]->open(s)};
        return p;
    }
    return NULL;
}

void place_free(struct place *p)
{
    if (!p)
        return;
    p->kind->close(p->at);
    free(p);
}

/* Of the file here, whose digest the copy has to have. */
static int hash_file(int fd, uint64_t bytes, char sha256[65])
{
    uint8_t data[SEALED_CHUNK], hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    for (uint64_t at = 0; at < bytes;) {
        size_t n = bytes - at < sizeof(data) ? (size_t)(bytes - at) : sizeof(data);
        int error = fd_pread_all(fd, data, n, (off_t)at);
        if (error)
            return error;
        (void)crypto_hash_sha256_update(&state, data, n);
        at += n;
    }
    (void)crypto_hash_sha256_final(&state, hash);
    hex_format(hash, sizeof(hash), sha256);
    return 0;
}

/* By its name: what was put there before a place was encrypted lies there as it is. False: no key for it. */
static bool key_for(const struct place *p, const char *name, const uint8_t **key, struct outcome *o)
{
    *key = str_ends_nocase(name, ".fxa") ? p->settings->key : NULL;
    bool good = *key || !str_ends_nocase(name, ".fxa");
    if (!good)
        outcome_set(o, VERDICT_RETRY, "archive-settings", "The file is encrypted and the place has no key.");
    return good;
}

static bool put_file(struct place *p, const char *name, int fd, uint64_t bytes, struct outcome *o)
{
    struct sealed_source *source = mem_zalloc(sizeof(*source));
    const uint8_t *key;
    if (!key_for(p, name, &key, o)) {
        free(source);
        return false;
    }
    source_begin(source, fd, bytes, key, name);
    bool put = p->kind->put(p->at, name, source, o);
    source_clear(source);
    free(source);
    return put;
}

bool place_put(struct place *p, const char *name, int fd, uint64_t bytes, char sha256[65], struct outcome *o)
{
    uint64_t there;
    int error = hash_file(fd, bytes, sha256);
    if (error) {
        outcome_set(o, VERDICT_RETRY, "archive-input", "The file for the archive cannot be read: %s.",
                    strerror(error));
        return false;
    }
    if (!put_file(p, name, fd, bytes, o))
        return false;
    if (!p->kind->reads_back || place_get(p, name, sha256, -1, &there, o))
        return true;
    if (o->verdict == VERDICT_GIVE_UP) { /* of a file that it has just taken */
        const struct outcome why = *o;
        outcome_set(o, VERDICT_RETRY, "archive-not-kept",
                    "The place took the file, and what it gives back is another one. %s Is it full?",
                    why.text);
    }
    return false;
}

static bool judge(struct sealed_sink *sink, const char *wanted, struct outcome *o)
{
    char sha256[65];
    enum sealed_fault fault = sink_end(sink, sha256);
    if (fault == SEALED_NO_ROOM)
        outcome_set(o, VERDICT_RETRY, "archive-no-room", "%s (%s)", sealed_fault_text(fault),
                    strerror(sink->error));
    else if (fault != SEALED_GOOD)
        outcome_set(o, VERDICT_GIVE_UP, "archive-damaged", "The file at the place is damaged. %s",
                    sealed_fault_text(fault));
    else if (*wanted && !str_equal(wanted, sha256))
        outcome_set(o, VERDICT_GIVE_UP, "archive-damaged",
                    "The file at the place is damaged. Its digest is %.16s... and was %.16s...", sha256,
                    wanted);
    return fault == SEALED_GOOD && (!*wanted || str_equal(wanted, sha256));
}

bool place_get(struct place *p, const char *name, const char *sha256, int to, uint64_t *bytes,
               struct outcome *o)
{
    struct sealed_sink *sink = mem_zalloc(sizeof(*sink));
    const uint8_t *key;
    *bytes = 0;
    if (!key_for(p, name, &key, o)) {
        free(sink);
        return false;
    }
    sink_begin(sink, to, key, name);
    bool got = p->kind->get(p->at, name, sink, o);
    /* Where the sink wanted no more, what it says is the reason. */
    if (got || sink->fault != SEALED_GOOD)
        got = judge(sink, sha256, o);
    *bytes = sink->bytes;
    sink_clear(sink);
    free(sink);
    return got;
}

bool place_remove(struct place *p, const char *name, struct outcome *o)
{
    return p->kind->remove(p->at, name, o);
}

/* ---- its mark ---- */

#define MARK_NAME "faxpost-place.txt"

static int mark_file(const char *mark)
{
    char text[300];
    if (!str_format(text, sizeof(text),
                    "This is a place of a Faxpost archive. Leave this file here: without it nothing is "
                    "written, verified or deleted here.\n%.64s\n",
                    mark))
        return -1;
    return fd_sealed_memory("mark", span_str(text));
}

static bool no_memory(struct outcome *o)
{
    outcome_set(o, VERDICT_RETRY, "archive-input", "There is no memory for a small file.");
    return false;
}

bool place_mark(struct place *p, const char *mark, struct outcome *o)
{
    char sha256[65];
    uint64_t bytes;
    SCOPED_FD int fd = mark_file(mark);
    if (fd < 0 || fd_checked_size(fd, SEALED_FILE_MAX, &bytes) != 0)
        return no_memory(o);
    return place_put(p, MARK_NAME, fd, bytes, sha256, o);
}

static bool is_another(bool missing, bool marked, struct outcome *o)
{
    outcome_set(
        o, VERDICT_RETRY, "archive-other-place", "%s Nothing is written or deleted there. %s",
        missing ? "This is not the place that it was: the file " MARK_NAME
                  " is not there. Is the right disk mounted, is it the right server, account and bucket?"
        : marked ? "This is not the place that it was: the file " MARK_NAME " there is another place's."
                 : "Another archive place, of this or another installation, lies there already (" MARK_NAME
                   "). Choose a folder of its own.",
        "If it is the right one all the same: `faxpost archive test NAME --mark`.");
    return false;
}

/* The first one that is there, whole or not, is enough; of none: whether there is nothing to look for. */
static bool sees_any(struct place *p, const char *known, struct outcome *o)
{
    uint64_t bytes;
    bool none = *known == 0;
    while (*known) {
        char name[PLACE_NAME_LEN];
        size_t len = strcspn(known, "\n");
        bool named = str_copy_span(name, sizeof(name), span_of(known, len));
        if (named && place_get(p, name, "", -1, &bytes, o))
            return true; /* whatever o says: it is of what went wrong */
        if (named && !str_equal(o->code, "archive-missing"))
            return o->verdict != VERDICT_RETRY;
        known += len + (known[len] == '\n');
    }
    if (!none)
        outcome_set(
            o, VERDICT_RETRY, "archive-other-place",
            "This is not the place that it was: none of its last copies is there. Is the right disk "
            "mounted, is it the right server, account and bucket? Nothing is written or deleted there. If "
            "it is the right one all the same: `faxpost archive test NAME --mark`.");
    return none;
}

bool place_recognise(struct place *p, const char *mark, bool marked, const char *known, struct outcome *o)
{
    char sha256[65];
    uint64_t bytes;
    SCOPED_FD int fd = mark_file(mark);
    if (fd < 0 || fd_checked_size(fd, SEALED_FILE_MAX, &bytes) != 0 || hash_file(fd, bytes, sha256) != 0)
        return no_memory(o);
    if (place_get(p, MARK_NAME, sha256, -1, &bytes, o))
        return true;
    if (o->verdict == VERDICT_RETRY)
        return false;
    bool missing = str_equal(o->code, "archive-missing");
    if (!missing || marked)
        return is_another(missing, marked, o);
    return sees_any(p, known, o) && place_mark(p, mark, o);
}

/* ---- a test ---- */

static void add_step(struct buf *steps, const char *text)
{
    (void)buf_append_str(steps, text);
    (void)buf_append_str(steps, "\n");
}

bool place_test(struct place *p, const char *name, struct buf *steps, struct outcome *o)
{
    char sha256[65];
    uint64_t bytes;
    static const char text[] = "Faxpost tries whether this place can be its archive.\n";
    SCOPED_FD int fd = fd_sealed_memory("test", span_str(text));
    if (fd < 0) {
        outcome_set(o, VERDICT_RETRY, "archive-input", "There is no memory for a test.");
        return false;
    }
    if (!place_put(p, name, fd, strlen(text), sha256, o))
        return false;
    add_step(steps, "a file was put there");
    if (!place_get(p, name, sha256, -1, &bytes, o)) {
        o->verdict = VERDICT_RETRY;
        return false;
    }
    add_step(steps,
             p->settings->key ? "it came back as it was, and could be decrypted" : "it came back as it was");
    if (!place_remove(p, name, o))
        return false;
    add_step(steps, "it was deleted there");
    return true;
}
