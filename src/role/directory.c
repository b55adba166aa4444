/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Role directory: asks the servers of others who somebody is - OpenID providers (provider_login.c) and
 * directories (book.c) - and tells queue what they say. */
#include "role/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/fd.h"
#include "role/book.h"
#include "role/boot.h"

enum { SETTINGS_MAX = 16 * 1024 * 1024 };

static void keep_text(char **slot, const json_t *json, const char *name)
{
    free(*slot);
    *slot = mem_strdup(fetch_setting(json, name));
}

static void on_settings(void *context, const struct sender *from, struct msg_identity_settings *m)
{
    struct directory *d = context;
    SCOPED_BUF struct buf text;
    buf_init(&text, SETTINGS_MAX);
    json_t *json = fd_read_rest(m->json, &text) == 0 ? json_loads(buf_text(&text), 0, NULL) : NULL;
    if (!json_is_object(json))
        panic("the queue tells of identity sources in no JSON");
    keep_text(&d->web_url, json, "web_url");
    keep_text(&d->networks, json, "networks");
    providers_set(d, json_object_get(json, "providers"));
    books_set(d, json_object_get(json, "directories"));
    json_decref(json);
}

void directory_answer_login(struct directory *d, const struct sender *web,
                            const struct msg_identity_judged *m)
{
    const struct message answer = {.type = MSG_provider_finished,
                                   .provider_finished = {.status = m->status,
                                                         .wait_s = m->wait_s,
                                                         .user = m->user,
                                                         .verdict = m->verdict,
                                                         .code = m->code,
                                                         .reason = m->reason,
                                                         .options = m->options}};
    peers_answer(d->house.peers, web, &answer);
}

static void on_judged(void *context, const struct sender *from, struct msg_identity_judged *m)
{
    if (!provider_on_judged(context, from->request, m))
        (void)book_on_judged(context, from->request, m);
}

static const struct message_handlers handlers = {.identity_settings = on_settings,
                                                 .identity_judged = on_judged,
                                                 .provider_wish = provider_on_wish,
                                                 .provider_finish = provider_on_finish,
                                                 .directory_wish = book_on_wish,
                                                 .directory_login = book_on_login,
                                                 .password_try = book_on_password,
                                                 .directory_look = book_on_look,
                                                 .directory_synced = book_on_synced};

static void on_stop(void *context)
{
    struct directory *d = context;
    loop_stop(d->house.loop);
}

static void read_key(struct directory *d, struct boot *b)
{
    int key = boot_take(b, "key.directory");
    int error = key < 0 ? EBADF : secret_key_read(&d->house.key, key);
    if (error)
        log_error(NULL, "cannot read our key, so no provider or directory with a secret can be asked: %s",
                  strerror(error));
}

static void run(struct directory *d, const struct boot *b)
{
    const struct peers_opts opts = {.loop = d->house.loop,
                                    .self = ROLE_DIRECTORY,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = d,
                                    .on_stop = on_stop};
    d->house.peers = peers_new(&opts);
    json_object_seed(0); /* reads /dev/urandom while it may */
    boot_shut_in(b);
    boot_ready("");
    loop_run(d->house.loop);
    provider_logins_clear(d);
    books_clear(d);
    providers_set(d, NULL);
    peers_free(d->house.peers);
}

int main(void)
{
    static struct boot boot;
    static struct directory d;
    boot_begin(&boot, ROLE_DIRECTORY);
    list_init(&d.house.contexts);
    list_init(&d.providers);
    list_init(&d.logins);
    list_init(&d.books);
    list_init(&d.errands);
    keep_text(&d.web_url, NULL, "");
    keep_text(&d.networks, NULL, "");
    read_key(&d, &boot);
    boot_drop(&boot);
    d.house.loop = loop_new();
    run(&d, &boot);
    fetch_house_clear(&d.house);
    free(d.web_url);
    free(d.networks);
    loop_free(d.house.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}
