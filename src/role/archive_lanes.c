/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/archive_lanes.h"

#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/place.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"

enum { STACK_BYTES = 2 * 1024 * 1024, STEPS_MAX = 1000 };

/* The settings of a place as they were sent, and what they say once their secrets are open. */
struct opened {
    char *text; /* JSON */
    json_t *json;
    char password[SECRET_TEXT_LEN], private_key[SECRET_TEXT_LEN];
    uint8_t key[SEALED_KEY_BYTES];
    char folder[PATH_MAX];
    struct place_settings settings;
};

struct errand {
    struct list node;
    struct sender from;
    struct id id;
    enum archive_deed what;
    struct opened *opened; /* NULL once the lane has taken it */
    char *object, *mark, *known, sha256[65];
    bool marked; /* the mark lies there */
    int file;
    uint64_t bytes;
    struct buf steps;
    struct outcome outcome;
};

struct lane {
    struct list node;
    struct archive_lanes *all;
    char *name; /* of its place */
    bool urgent;
    pthread_t thread;
    pthread_cond_t more;
    struct list waiting; /* of struct errand */
    struct errand *running;
    struct opened *opened; /* the thread's */
    struct place *place;
};

struct archive_lanes {
    struct peers *peers;
    const struct secret_key *key;
    char *root;
    struct watch done_watch;
    pthread_mutex_t lock; /* of all below, and of the lanes' lists */
    struct list lanes, done;
    volatile bool end;
};

/* ---- settings ---- */

static const char *setting(const struct opened *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o->json, name));
    return text ? text : "";
}

static bool open_secret(const struct archive_lanes *l, const struct opened *o, const char *name,
                        char text[SECRET_TEXT_LEN])
{
    unsigned char box[8192];
    size_t len = 0;
    const char *base64 = setting(o, name);
    *text = 0;
    return !*base64 || (sodium_base642bin(box, sizeof(box), base64, strlen(base64), NULL, &len, NULL,
                                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
                        secret_open(l->key, span_of(box, len), text));
}

static void opened_free(struct opened *o)
{
    if (!o)
        return;
    json_decref(o->json);
    free(o->text);
    sodium_memzero(o, sizeof(*o));
    free(o);
}

/* NULL with an outcome: its secrets are not for our key. */
static struct opened *open_settings(struct archive_lanes *l, const char *text, struct outcome *out)
{
    char key[SECRET_TEXT_LEN];
    struct opened *o = mem_zalloc(sizeof(*o));
    o->text = mem_strdup(text);
    o->json = json_loads(text, 0, NULL);
    if (!json_is_object(o->json))
        panic("the queue tells of an archive place in no JSON");
    bool encrypted = json_is_true(json_object_get(o->json, "encrypted"));
    bool good = open_secret(l, o, "password", o->password) &&
                open_secret(l, o, "private_key", o->private_key) && open_secret(l, o, "key", key) &&
                (!*key || sealed_key_parse(key, o->key)) && (*key || !encrypted) &&
                str_format(o->folder, sizeof(o->folder), "%s/%s", l->root, setting(o, "url"));
    bool has_key = *key != 0;
    sodium_memzero(key, sizeof(key));
    if (!good) {
        outcome_set(out, VERDICT_RETRY, "archive-settings",
                    "The secrets of the archive place %.64s cannot be read with this installation's key; set "
                    "them again.",
                    setting(o, "name"));
        opened_free(o);
        return NULL;
    }
    bool local = str_equal(setting(o, "kind"), "local");
    o->settings = (struct place_settings){.kind = setting(o, "kind"),
                                          .url = local ? o->folder : setting(o, "url"),
                                          .username = setting(o, "username"),
                                          .password = o->password,
                                          .private_key = o->private_key,
                                          .host_key = setting(o, "host_key"),
                                          .region = setting(o, "region"),
                                          .ca_file = setting(o, "ca_file"),
                                          .pin = setting(o, "pin"),
                                          .key = has_key ? o->key : NULL,
                                          .end = &l->end};
    return o;
}

/* ---- in the threads ---- */

/* The place as this errand's settings say it is: a connection is kept as long as they stay the same. */
static bool take_settings(struct lane *lane, struct errand *e)
{
    if (lane->opened && str_equal(lane->opened->text, e->opened->text))
        return lane->place != NULL;
    place_free(lane->place);
    opened_free(lane->opened);
    lane->opened = e->opened;
    e->opened = NULL;
    lane->place = place_new(&lane->opened->settings);
    return lane->place != NULL;
}

static bool get_file(struct place *p, struct errand *e)
{
    SCOPED_FD int fd = memfd_create("archive", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        outcome_set(&e->outcome, VERDICT_RETRY, "archive-no-room", "There is no memory for the file.");
        return false;
    }
    if (!place_get(p, e->object, e->sha256, fd, &e->bytes, &e->outcome))
        return false;
    e->file = take_fd(&fd);
    return true;
}

/* As a file, for no message's text holds a secret: 64 hexadecimal digits and a line's end. */
static bool give_key(const struct lane *lane, struct errand *e)
{
    char text[SEALED_KEY_TEXT_LEN + 1];
    if (!lane->opened->settings.key) {
        outcome_set(&e->outcome, VERDICT_GIVE_UP, "archive-no-key",
                    "The place has no key: nothing that lies there is encrypted.");
        return false;
    }
    hex_format(lane->opened->key, SEALED_KEY_BYTES, text);
    text[SEALED_KEY_TEXT_LEN - 1] = '\n';
    e->file = fd_sealed_memory("key", span_of(text, SEALED_KEY_TEXT_LEN));
    sodium_memzero(text, sizeof(text));
    e->bytes = SEALED_KEY_TEXT_LEN;
    if (e->file < 0)
        outcome_set(&e->outcome, VERDICT_RETRY, "archive-no-room", "There is no memory for the key.");
    return e->file >= 0;
}

/* What writes, deletes or says that something is not there has to know that this is the place. */
static bool recognise(struct place *p, struct errand *e)
{
    bool known = place_recognise(p, e->mark, e->marked, e->known, &e->outcome);
    e->marked = known;
    return known;
}

/* A file that is whole is the one that was wanted, wherever it lies. */
static bool get_or_say_why(struct place *p, struct errand *e)
{
    if (get_file(p, e))
        return true;
    const struct outcome why = e->outcome;
    if (why.verdict == VERDICT_GIVE_UP && recognise(p, e))
        e->outcome = why;
    return false;
}

static bool test(struct place *p, struct errand *e)
{
    bool was_marked = e->marked;
    if (!recognise(p, e))
        return false;
    (void)buf_append_str(&e->steps, was_marked ? "it is the place that it was\n"
                                               : "a mark was left there by which it is known\n");
    return place_test(p, e->object, &e->steps, &e->outcome);
}

static bool set_mark(struct place *p, struct errand *e)
{
    e->marked = place_mark(p, e->mark, &e->outcome);
    return e->marked;
}

static bool perform(struct lane *lane, struct errand *e)
{
    struct place *p = lane->place;
    switch (e->what) {
    case ARCHIVE_PUT:
        return recognise(p, e) && place_put(p, e->object, e->file, e->bytes, e->sha256, &e->outcome);
    case ARCHIVE_CHECK:
        return recognise(p, e) && place_get(p, e->object, e->sha256, -1, &e->bytes, &e->outcome);
    case ARCHIVE_REMOVE: return recognise(p, e) && place_remove(p, e->object, &e->outcome);
    case ARCHIVE_GET: return get_or_say_why(p, e);
    case ARCHIVE_TEST: return test(p, e);
    case ARCHIVE_MARK: return set_mark(p, e);
    case ARCHIVE_KEY: return give_key(lane, e);
    case ARCHIVE_DEED_COUNT: break;
    }
    panic("a deed that is none");
}

static void *thread_main(void *arg)
{
    struct lane *lane = arg;
    struct archive_lanes *all = lane->all;
    (void)pthread_mutex_lock(&all->lock);
    while (!all->end) {
        if (list_empty(&lane->waiting)) {
            (void)pthread_cond_wait(&lane->more, &all->lock);
            continue;
        }
        struct errand *e = CONTAINER_OF(lane->waiting.next, struct errand, node);
        list_remove(&e->node);
        lane->running = e;
        (void)pthread_mutex_unlock(&all->lock);
        outcome_done(&e->outcome);
        if (!take_settings(lane, e))
            outcome_set(&e->outcome, VERDICT_RETRY, "archive-settings", "There is no such kind of place.");
        else if (perform(lane, e))
            outcome_done(&e->outcome);
        (void)pthread_mutex_lock(&all->lock);
        lane->running = NULL;
        list_append(&all->done, &e->node);
        (void)eventfd_write(all->done_watch.fd, 1);
    }
    (void)pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* ---- in the loop ---- */

static void errand_free(struct errand *e)
{
    if (e->file >= 0)
        (void)close(e->file);
    opened_free(e->opened);
    buf_clear(&e->steps);
    free(e->object);
    free(e->mark);
    free(e->known);
    free(e);
}

static void answer(struct archive_lanes *l, struct errand *e)
{
    bool gives = (e->what == ARCHIVE_GET || e->what == ARCHIVE_KEY) && e->outcome.verdict == VERDICT_DONE;
    struct message m = {.type = MSG_archive_done,
                        .archive_done = {.errand = e->id,
                                         .what = e->what,
                                         MESSAGE_OUTCOME(&e->outcome),
                                         .bytes = e->bytes,
                                         .sha256 = e->sha256,
                                         .steps = buf_text(&e->steps),
                                         .mark = e->marked ? e->mark : "",
                                         .file = gives ? e->file : -1}};
    peers_answer(l->peers, &e->from, &m);
    errand_free(e);
}

static void on_done(void *context, uint32_t events)
{
    struct archive_lanes *l = context;
    eventfd_t n;
    (void)eventfd_read(l->done_watch.fd, &n);
    (void)pthread_mutex_lock(&l->lock);
    while (!list_empty(&l->done)) {
        struct errand *e = CONTAINER_OF(l->done.next, struct errand, node);
        list_remove(&e->node);
        (void)pthread_mutex_unlock(&l->lock);
        answer(l, e);
        (void)pthread_mutex_lock(&l->lock);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

struct archive_lanes *archive_lanes_new(struct loop *loop, struct peers *peers, const struct secret_key *key,
                                        const char *root)
{
    struct archive_lanes *l = mem_zalloc(sizeof(*l));
    *l = (struct archive_lanes){.peers = peers, .key = key, .root = mem_strdup(root)};
    list_init(&l->lanes);
    list_init(&l->done);
    (void)pthread_mutex_init(&l->lock, NULL);
    l->done_watch = (struct watch){.on_ready = on_done, .context = l};
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        panic("no eventfd");
    watch_start(&l->done_watch, loop, fd, EPOLLIN);
    return l;
}

/* NULL: no thread can be had now. Signals stay with the loop's thread. */
static struct lane *lane_new(struct archive_lanes *l, const char *name, bool urgent)
{
    sigset_t all, before;
    pthread_attr_t attr;
    struct lane *lane = mem_zalloc(sizeof(*lane));
    *lane = (struct lane){.all = l, .name = mem_strdup(name), .urgent = urgent};
    list_init(&lane->waiting);
    (void)pthread_cond_init(&lane->more, NULL);
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&lane->thread, &attr, thread_main, lane);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    if (error) {
        log_error(NULL, "no thread for the archive place %s: %s", name, strerror(error));
        (void)pthread_cond_destroy(&lane->more);
        free(lane->name);
        free(lane);
        return NULL;
    }
    list_append(&l->lanes, &lane->node);
    return lane;
}

static struct lane *find_lane(struct archive_lanes *l, const char *name, bool urgent)
{
    list_each (it, &l->lanes) {
        struct lane *lane = CONTAINER_OF(it, struct lane, node);
        if (lane->urgent == urgent && str_equal(lane->name, name))
            return lane;
    }
    return lane_new(l, name, urgent);
}

static struct errand *same_errand(const struct list *list, const struct msg_archive_do *m)
{
    list_each (it, list) {
        struct errand *e = CONTAINER_OF(it, struct errand, node);
        if (id_equal(e->id, m->errand) && e->what == m->what)
            return e;
    }
    return NULL;
}

/* The next life of the queue asks for what is under way. */
static bool asked_again(struct archive_lanes *l, const struct sender *from, const struct msg_archive_do *m)
{
    struct errand *e = same_errand(&l->done, m);
    list_each (it, &l->lanes) {
        const struct lane *lane = CONTAINER_OF(it, struct lane, node);
        struct errand *runs = lane->running;
        if (!e && runs && id_equal(runs->id, m->errand) && runs->what == m->what)
            e = runs;
        if (!e)
            e = same_errand(&lane->waiting, m);
    }
    if (e)
        e->from = *from;
    return e != NULL;
}

static void hand_over(struct archive_lanes *l, struct errand *e, bool urgent)
{
    struct lane *lane = find_lane(l, setting(e->opened, "name"), urgent);
    if (!lane) {
        outcome_set(&e->outcome, VERDICT_RETRY, "archive-threads", "There are too many threads.");
        answer(l, e);
        return;
    }
    list_append(&lane->waiting, &e->node);
    (void)pthread_cond_signal(&lane->more);
}

void archive_lanes_do(struct archive_lanes *l, const struct sender *from, struct msg_archive_do *m)
{
    (void)pthread_mutex_lock(&l->lock);
    if (!asked_again(l, from, m)) {
        struct errand *e = mem_zalloc(sizeof(*e));
        *e = (struct errand){.from = *from,
                             .id = m->errand,
                             .what = (enum archive_deed)m->what,
                             .object = mem_strdup(m->object),
                             .mark = mem_strdup(m->mark),
                             .known = mem_strdup(m->known),
                             .marked = m->marked != 0,
                             .file = take_fd(&m->file)};
        (void)str_copy(e->sha256, sizeof(e->sha256), m->sha256);
        buf_init(&e->steps, STEPS_MAX);
        e->opened = open_settings(l, m->settings, &e->outcome);
        bool good = e->opened != NULL;
        if (good && m->what == ARCHIVE_PUT && fd_checked_size(e->file, SEALED_FILE_MAX, &e->bytes) != 0) {
            outcome_set(&e->outcome, VERDICT_GIVE_UP, "archive-too-large",
                        "The fax is larger than an archived file may be.");
            good = false;
        }
        if (good)
            hand_over(l, e, m->urgent != 0);
        else
            answer(l, e);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

static void lane_free(struct lane *lane)
{
    (void)pthread_join(lane->thread, NULL);
    list_each_safe (it, &lane->waiting) {
        list_remove(it);
        errand_free(CONTAINER_OF(it, struct errand, node));
    }
    place_free(lane->place);
    opened_free(lane->opened);
    (void)pthread_cond_destroy(&lane->more);
    free(lane->name);
    free(lane);
}

void archive_lanes_free(struct archive_lanes *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->end = true;
    list_each (it, &l->lanes)
        (void)pthread_cond_signal(&CONTAINER_OF(it, struct lane, node)->more);
    (void)pthread_mutex_unlock(&l->lock);
    list_each_safe (it, &l->lanes) {
        list_remove(it);
        lane_free(CONTAINER_OF(it, struct lane, node));
    }
    list_each_safe (it, &l->done) {
        list_remove(it);
        errand_free(CONTAINER_OF(it, struct errand, node));
    }
    int fd = l->done_watch.fd;
    watch_stop(&l->done_watch);
    (void)close(fd);
    (void)pthread_mutex_destroy(&l->lock);
    free(l->root);
    free(l);
}
