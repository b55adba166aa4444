/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* convert: takes mails apart, makes fax pages of documents, mails and PDFs of fax pages.
 *
 * SECURITY: every document is a stranger's. This process never looks into one: it is the zygote, which forks
 * a worker for each, and the worker holds its document, two memory files and nothing else: no network, no
 * file, no sibling. Here only the form of what a worker leaves behind is checked, by code that takes any
 * bytes. The key of sealed PGP keys is here too, and in no worker (convert/vault.h, doc/adr/007). */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "convert/vault.h"
#include "base/panic.h"
#include "base/str.h"
#include "convert/office.h"
#include "convert/zygote.h"
#include "ipc/peers.h"
#include "role/boot.h"
#include "sandbox/sandbox.h"

struct convert {
    struct loop *loop;
    struct peers *peers;
    struct zygote *zygote;
    const char *office_trouble; /* "": it is all there */
};

#define ON_WORK(name)                                                                                        \
    static void on_##name(void *context, const struct sender *from, struct msg_##name *m)                    \
    {                                                                                                        \
        struct convert *c = context;                                                                         \
        const struct message ask = {.type = MSG_##name, .name = *m};                                         \
        zygote_work(c->zygote, from, &ask);                                                                  \
    }
ON_WORK(unpack)
ON_WORK(pgp_open)
ON_WORK(pgp_make)
ON_WORK(render)
ON_WORK(compose_received)
ON_WORK(compose_report)
ON_WORK(compose_answer)
ON_WORK(compose_preview)
ON_WORK(look_at_fax)
ON_WORK(read_page)
ON_WORK(make_print)
ON_WORK(draw_cover)
ON_WORK(draw_original)
ON_WORK(make_archive)
ON_WORK(make_picture)
ON_WORK(make_file)
ON_WORK(make_report)
ON_WORK(make_forecast)
#undef ON_WORK

static const struct message_handlers handlers = {.unpack = on_unpack,
                                                 .pgp_open = on_pgp_open,
                                                 .pgp_make = on_pgp_make,
                                                 .render = on_render,
                                                 .compose_received = on_compose_received,
                                                 .compose_report = on_compose_report,
                                                 .compose_answer = on_compose_answer,
                                                 .compose_preview = on_compose_preview,
                                                 .look_at_fax = on_look_at_fax,
                                                 .read_page = on_read_page,
                                                 .make_print = on_make_print,
                                                 .draw_cover = on_draw_cover,
                                                 .draw_original = on_draw_original,
                                                 .make_archive = on_make_archive,
                                                 .make_picture = on_make_picture,
                                                 .make_file = on_make_file,
                                                 .make_report = on_make_report,
                                                 .make_forecast = on_make_forecast};

static void on_answer(void *context, const struct sender *to, const struct message *answer)
{
    const struct convert *c = context;
    peers_answer(c->peers, to, answer);
}

/* A new queue, or web, asks anew for what it wants. What its former life asked for would keep the workers
 * busy, for minutes where it dies often, and its answers fit no question any more. */
static void on_peer(void *context, enum role role, unsigned instance, uint64_t generation)
{
    const struct convert *c = context;
    zygote_drop(c->zygote, role);
    if (role == ROLE_QUEUE)
        peers_tell(
            c->peers, ROLE_QUEUE, 0,
            &(struct message){.type = MSG_office_state, .office_state = {.trouble = c->office_trouble}});
}

static const char *find_office_trouble(void)
{
    if (!office_installed())
        return "LibreOffice is not installed (libreoffice-calc, libreoffice-writer-nogui, "
               "libreoffice-impress-nogui): "
               "office documents are refused";
    return office_opens_spreadsheets() ? ""
                                       : "LibreOffice opens no spreadsheets here: install libreoffice-calc "
                                         "instead of libreoffice-calc-nogui";
}

static void on_stop(void *context)
{
    const struct convert *c = context;
    loop_stop(c->loop);
}

/* Without it all but encrypted mail can be read. */
static void take_key(struct boot *boot)
{
    int key = boot_take(boot, "key.pgp");
    int error = key < 0 ? ENOENT : vault_open(key);
    if (error)
        log_error(NULL, "the key of sealed PGP keys cannot be read (%s): encrypted mail is refused",
                  strerror(error));
}

int main(void)
{
    static struct boot boot;
    struct convert c = {.loop = NULL};
    boot_begin(&boot, ROLE_CONVERT);
    boot_drop(&boot);
    take_key(&boot);
    c.loop = loop_new();
    char office[PATH_MAX];
    if (!str_format(office, sizeof(office), "%s/office", boot.conf.state_dir))
        panic("the state directory has too long a name");
    c.office_trouble = find_office_trouble();
    if (*c.office_trouble)
        log_warning(NULL, "%s", c.office_trouble);
    const struct zygote_opts zygote_opts = {.loop = c.loop,
                                            .workers_max = (unsigned)boot.conf.convert_workers,
                                            .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
                                            .shut_office = sandbox_policy(SANDBOX_OFFICE_WORKER),
                                            .office_folder = office,
                                            .on_answer = on_answer,
                                            .context = &c};
    c.zygote = zygote_new(&zygote_opts);
    const struct peers_opts opts = {.loop = c.loop,
                                    .self = ROLE_CONVERT,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = &c,
                                    .on_peer = on_peer,
                                    .on_stop = on_stop};
    c.peers = peers_new(&opts);
    boot_shut_in(&boot);
    boot_ready("");
    loop_run(c.loop);
    zygote_free(c.zygote);
    peers_free(c.peers);
    loop_free(c.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}
