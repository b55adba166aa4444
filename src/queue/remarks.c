/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notes and tags beside a fax. Who may see it may write; web has looked. */
#include "store/remarks.h"

#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "store/search.h"

struct remarked {
    struct id tenant;
    bool sent;
    const char *name; /* what people call it */
};

static bool find(struct queue *q, const struct msg_remark *m, struct remarked *r)
{
    struct fax f;
    struct job j;
    r->sent = m->sent != 0;
    if (r->sent && job_find(&q->store, m->about, &q->arena, &j))
        r->tenant = j.tenant, r->name = j.display_number;
    else if (!r->sent && fax_find(&q->store, m->about, &q->arena, &f))
        r->tenant = f.tenant, r->name = f.calling;
    else
        return false;
    return true;
}

static unsigned refuse(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

/* Lines may break in a note. */
static bool is_text(const char *text, size_t most, bool lines)
{
    size_t len = strlen(text);
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && !(lines && *c == '\n')) || *c == 0x7f)
            return false;
    return len > 0 && len <= most && text[strspn(text, " \n")] && utf8_valid(span_str(text));
}

static unsigned add_note(struct queue *q, const struct msg_remark *m, struct outcome *o)
{
    struct note n;
    if (note_find(&q->store, m->note, &q->arena, &n))
        return id_equal(n.about, m->about) && str_equal(n.text, m->text)
                   ? 201 /* asked again */
                   : refuse(o, 409, "key-used", "This Idempotency-Key was used for another note.");
    if (!is_text(m->text, NOTE_BYTES, true))
        return refuse(o, 422, "wrong-note", "A note is text of 1 to 2000 bytes.");
    if (note_count(&q->store, m->about) >= NOTES_OF_ONE)
        return refuse(o, 409, "too-many-notes",
                      "This fax has 200 notes, which is the most. Delete one that says nothing any more.");
    note_add(&q->store, &(struct note){m->note, m->about, q->now_ms, m->actor, m->who, m->text});
    return 201;
}

static unsigned drop_note(struct queue *q, const struct msg_remark *m, struct outcome *o)
{
    struct note n;
    if (!note_find(&q->store, m->note, &q->arena, &n) || !id_equal(n.about, m->about))
        return refuse(o, 404, "unknown-note", "There is no such note.");
    if (!m->administrator && !id_equal(n.user, m->actor))
        return refuse(o, 403, "not-allowed", "Only who wrote a note, or an administrator, can delete it.");
    note_drop(&q->store, n.id);
    return 204;
}

/* Without the blanks around them. */
static size_t split_tags(struct queue *q, const char *lines, const char **list, size_t most)
{
    size_t n = 0;
    for (char *rest = arena_strdup(&q->arena, lines), *line; rest && (line = strsep(&rest, "\n"));) {
        line += strspn(line, " ");
        for (size_t len = strlen(line); len > 0 && line[len - 1] == ' ';)
            line[--len] = 0;
        if (*line && n < most)
            list[n++] = line;
    }
    return n;
}

static unsigned set_tags(struct queue *q, const struct msg_remark *m, const struct remarked *r,
                         struct outcome *o)
{
    const char *is[TAGS_OF_ONE], *wanted[TAGS_OF_ONE + 1];
    char etag[TAG_ETAG_LEN];
    size_t count = split_tags(q, m->text, wanted, ARRAY_LEN(wanted));
    if (!*m->if_match)
        return refuse(
            o, 428, "if-match-needed",
            "Say by If-Match which state you have seen (the ETag of GET), so that nobody's change is lost.");
    tags_etag(is, tags_of(&q->store, m->about, &q->arena, is), etag);
    if (!str_equal(m->if_match, "*") && !strstr(m->if_match, etag))
        return refuse(o, 412, "changed-meanwhile",
                      "Somebody else has changed this meanwhile. Look at it as it is now, then save again.");
    bool good = count <= TAGS_OF_ONE;
    for (size_t i = 0; good && i < count; i++)
        good = is_text(wanted[i], TAG_BYTES, false) && !strchr(wanted[i], ',');
    if (!good)
        return refuse(o, 422, "wrong-tag",
                      "A fax has at most 20 tags, each one line of at most 60 bytes without a comma.");
    tags_set(&q->store, m->about, r->tenant, r->sent, wanted, count);
    return 200;
}

static unsigned act(struct queue *q, const struct msg_remark *m, const struct remarked *r, struct outcome *o)
{
    switch ((enum remark_action)m->action) {
    case REMARK_NOTE: return add_note(q, m, o);
    case REMARK_NO_NOTE: return drop_note(q, m, o);
    case REMARK_TAGS: return set_tags(q, m, r, o);
    case REMARK_ACTION_COUNT: break;
    }
    panic("web asks for remark %u", m->action);
}

/* That something was written and by whom; what it says stands at the fax. */
static void tell(struct queue *q, const struct msg_remark *m, const struct remarked *r)
{
    static const char *const actions[2][REMARK_ACTION_COUNT] = {
        {"faxes.note", "faxes.delete-note", "faxes.tag"}, {"jobs.note", "jobs.delete-note", "jobs.tag"}};
    const struct doer d = {m->actor, m->who, m->client_ip};
    note_deed(q, r->tenant, &d, actions[r->sent][m->action], id_text(m->about), r->name);
    change_note(&q->store.changes, r->sent ? CHANGE_JOB : CHANGE_FAX, m->about);
    if (r->sent)
        search_update_job(&q->store, m->about);
    else
        search_update_fax(&q->store, m->about);
}

void on_remark(void *context, const struct sender *from, struct msg_remark *m)
{
    struct queue *q = context;
    struct outcome o;
    struct remarked r;
    queue_enter(q);
    outcome_done(&o);
    unsigned status =
        find(q, m, &r) ? act(q, m, &r, &o) : refuse(&o, 404, "unknown-fax", "There is no such fax.");
    if (status < 300)
        tell(q, m, &r);
    struct message answer = {.type = MSG_remarked,
                             .remarked = {.about = m->about, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}
