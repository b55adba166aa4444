/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/engine.h"

#include <stdlib.h>

#include <spandsp.h>

#include "base/mem.h"
#include "base/panic.h"
#include "t30/page_file.h"

struct engine {
    t30_state_t *t30;
    bool receives;
    struct engine_user user;
    struct image_target target; /* receiver */
};

static void on_set_rx(void *context, int type, int bit_rate, int short_training, int hdlc)
{
    struct engine *e = context;
    e->user.set_rx(e->user.context, &(struct modem_setting){type, bit_rate, short_training, hdlc != 0});
}

static void on_set_tx(void *context, int type, int bit_rate, int short_training, int hdlc)
{
    struct engine *e = context;
    e->user.set_tx(e->user.context, &(struct modem_setting){type, bit_rate, short_training, hdlc != 0});
}

static void on_send_frame(void *context, const uint8_t *frame, int len)
{
    struct engine *e = context;
    if (len < 0)
        e->user.drop_frame(e->user.context);
    else
        e->user.send_frame(e->user.context, span_of(frame, (size_t)len));
}

static int on_phase_d(t30_state_t *t30, void *context, int fcf)
{
    struct engine *e = context;
    if (e->receives && image_guard_pages() == 0)
        panic("libspandsp does not ask the image guard");
    e->user.on_page(e->user.context, (uint8_t)fcf);
    return T30_ERR_OK;
}

static void on_phase_e(t30_state_t *t30, void *context, int code)
{
    struct engine *e = context;
    e->user.on_end(e->user.context, code);
}

static void ignore_log(int level, const char *text)
{
}

static int modems_up_to(uint32_t max_rate)
{
    int modems = T30_SUPPORT_V27TER;
    if (max_rate >= 9600)
        modems |= T30_SUPPORT_V29;
    if (max_rate >= 14400)
        modems |= T30_SUPPORT_V17;
    return modems;
}

/* Only what model/page.h can hold is offered; the guard refuses a DCS that asks for more. */
static void set_options(t30_state_t *t30, const struct engine_opts *opts)
{
    (void)t30_set_tx_ident(t30, opts->station_id);
    (void)t30_set_tx_sub_address(t30, opts->subaddress);
    (void)t30_set_tx_selective_polling_address(t30, opts->selective);
    (void)t30_set_tx_password(t30, opts->password);
    if (!opts->calls)
        (void)t30_set_supported_t30_features(t30, T30_SUPPORT_SUB_ADDRESSING | T30_SUPPORT_IDENTIFICATION |
                                                      (opts->selects ? T30_SUPPORT_SELECTIVE_POLLING : 0));
    (void)t30_set_ecm_capability(t30, opts->ecm);
    (void)t30_set_supported_modems(t30, modems_up_to(opts->max_rate));
    (void)t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
                                                  T30_SUPPORT_T6_COMPRESSION);
    (void)t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION |
                                                 T30_SUPPORT_SUPERFINE_RESOLUTION |
                                                 T30_SUPPORT_R8_RESOLUTION | T30_SUPPORT_300_300_RESOLUTION |
                                                 T30_SUPPORT_R16_RESOLUTION | T30_SUPPORT_400_400_RESOLUTION);
    (void)t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_255MM_WIDTH |
                                                 T30_SUPPORT_303MM_WIDTH | T30_SUPPORT_UNLIMITED_LENGTH |
                                                 T30_SUPPORT_A4_LENGTH | T30_SUPPORT_B4_LENGTH |
                                                 T30_SUPPORT_US_LETTER_LENGTH | T30_SUPPORT_US_LEGAL_LENGTH);
    (void)t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
    char path[PAGE_FILE_PATH_LEN];
    if (opts->send_file >= 0) {
        page_file_path(opts->send_file, path);
        t30_set_tx_file(t30, path, (int)opts->first, (int)opts->last);
    }
    if (opts->receive_file >= 0) {
        page_file_path(opts->receive_file, path);
        t30_set_rx_file(t30, path, -1);
    }
}

struct engine *engine_new(const struct engine_opts *opts)
{
    struct engine *e = mem_zalloc(sizeof(*e));
    e->user = opts->user;
    e->receives = opts->receive_file >= 0;
    e->t30 = t30_init(NULL, opts->calls, on_set_rx, e, on_set_tx, e, on_send_frame, e);
    if (e->t30 == NULL)
        panic("out of memory");
    span_log_set_message_handler(t30_get_logging_state(e->t30), ignore_log);
    if (e->receives)
        image_guard_target(&e->target, e->t30);
    t30_set_phase_d_handler(e->t30, on_phase_d, e);
    t30_set_phase_e_handler(e->t30, on_phase_e, e);
    set_options(e->t30, opts);
    return e;
}

void engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    image_guard_forget(&e->target);
    (void)t30_free(e->t30);
    free(e);
}

void engine_elapse(struct engine *e, int64_t samples)
{
    /* A process that slept for hours must not overflow libspandsp's int. */
    t30_timer_update(e->t30, (int)(samples < 8000 * 600 ? samples : 8000 * 600));
}

void engine_hear_frame(struct engine *e, struct span frame, bool fcs_good)
{
    t30_hdlc_accept(e->t30, frame.data, (int)frame.len, fcs_good);
}

void engine_hear_frame_status(struct engine *e, int status)
{
    t30_hdlc_accept(e->t30, NULL, status, TRUE);
}

void engine_hear_line_status(struct engine *e, int status)
{
    t30_front_end_status(e->t30, status);
}

void engine_sent(struct engine *e)
{
    t30_front_end_status(e->t30, T30_FRONT_END_SEND_STEP_COMPLETE);
}

void engine_hear_image_bit(struct engine *e, int bit)
{
    t30_non_ecm_put_bit(e->t30, bit);
}

void engine_hear_image_bytes(struct engine *e, struct span bytes)
{
    t30_non_ecm_put_chunk(e->t30, bytes.data, (int)bytes.len);
}

int engine_next_image_bit(struct engine *e)
{
    return t30_non_ecm_get_bit(e->t30);
}

int engine_next_image_bytes(struct engine *e, uint8_t *to, int room)
{
    return t30_non_ecm_get_chunk(e->t30, to, room);
}

void engine_terminate(struct engine *e)
{
    t30_terminate(e->t30);
}

void engine_state(struct engine *e, struct engine_state *state)
{
    t30_stats_t stats;
    t30_get_transfer_statistics(e->t30, &stats);
    *state = (struct engine_state){
        .pages_received = (unsigned)stats.pages_rx,
        .rate = (uint32_t)stats.bit_rate,
        .ecm = stats.error_correcting_mode != 0,
        .coding = stats.encoding,
        .rows = (uint32_t)stats.length,
        .bad_rows = (uint32_t)stats.bad_rows,
        .frames_resent = (uint32_t)stats.error_correcting_mode_retries,
        .image_bytes = (uint32_t)stats.image_size,
    };
}

enum image_fault engine_image_fault(const struct engine *e)
{
    return e->receives ? image_guard_fault(e->t30) : IMAGE_FINE;
}

int engine_page(const struct engine *e, struct page *page)
{
    const struct page_writer *w = &e->target.writer;
    *page = (struct page){w->form, buf_span(&w->t6)};
    return page_writer_check(w);
}

void engine_page_done(struct engine *e)
{
    page_writer_clear(&e->target.writer);
}

void engine_turn_sender(struct engine *e)
{
    e->receives = false;
}

const char *engine_far_id(struct engine *e)
{
    const char *id = t30_get_rx_ident(e->t30);
    return id == NULL ? "" : id;
}

const char *engine_far_subaddress(struct engine *e)
{
    const char *text = t30_get_rx_sub_address(e->t30);
    return text == NULL ? "" : text;
}

const char *engine_far_selective(struct engine *e)
{
    const char *text = t30_get_rx_selective_polling_address(e->t30);
    return text == NULL ? "" : text;
}

const char *engine_far_password(struct engine *e)
{
    const char *text = t30_get_rx_password(e->t30);
    return text == NULL ? "" : text;
}
