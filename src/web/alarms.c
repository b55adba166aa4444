/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is wrong, and what was: as queue keeps it in the store (queue/alarms.c), and what shows when queue is
 * away. */
#include <microhttpd.h>

#include "base/clock.h"
#include "base/str.h"
#include "model/alarm.h"
#include "store/alarms.h"
#include "store/room.h"
#include "web/resources.h"
#include "web/say.h"

enum { LIVE_PATIENCE_MS = 3000 };

static json_t *json_alarm(const struct request *r, const struct alarm *a)
{
    static const struct alarm_kind unknown = {.severity = ALARM_WARNING};
    const char *wanted = say_language(r), *own = r->actor.language ? r->actor.language : "en";
    const char *language = wanted ? wanted : own;
    const struct alarm_kind *k = alarm_kind_of(a->code);
    const struct alarm_words *words = k ? alarm_words_in(k, language) : &(struct alarm_words){"", ""};
    json_t *alarm = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "id", id_text(a->id),
                              "code", a->code, "subject", a->subject, "severity",
                              alarm_severity_name((k ? k : &unknown)->severity), "title", words->title,
                              "text", a->text, "do", words->action, "raised_ms", json_time(a->raised_ms),
                              "cleared_ms", json_time(a->cleared_ms), "mailed_ms", json_time(a->mailed_ms));
    (void)say(alarm, "text", language);
    return alarm;
}

static void add_now(const struct request *r, json_t *list, const char *code, const char *text)
{
    const struct alarm a = {.code = code, .subject = "", .text = text, .raised_ms = clock_wall_ms()};
    (void)json_array_append_new(list, json_alarm(r, &a));
}

/* Where nothing can be written queue writes no alarm, and may not even live long enough to say so. */
static void add_room(struct request *r, json_t *list)
{
    struct store_room room;
    char text[ROOM_TEXT_LEN];
    if (r->actor.role < ACTOR_INSTALLATION || !room_of_store(r->store, &room) ||
        room_judge(&room) != ROOM_FULL)
        return;
    room_describe(&room, text);
    add_now(r, list, "disk-full", arena_format(&r->arena, "Where the state directory lies %s.", text));
}

json_t *json_alarms(struct request *r, bool queue_answers)
{
    struct alarm *open;
    bool disk = false;
    json_t *list = json_array();
    const struct scope w = actor_scope(&r->actor);
    size_t n = alarms_open(r->store, &w, &r->arena, &open);
    if (!queue_answers)
        add_now(r, list, "queue-away",
                "The part of Faxpost that decides (queue) does not answer; the log says why. Nothing is "
                "lost, but nothing "
                "is sent.");
    for (size_t i = 0; i < n; i++) {
        disk = disk || str_equal(open[i].code, "disk-full");
        (void)json_array_append_new(list, json_alarm(r, &open[i]));
    }
    if (!disk)
        add_room(r, list);
    return list;
}

static void reply_open(struct request *r, const struct message *live)
{
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", json_alarms(r, live != NULL)));
}

/* state=open: what is wrong now; else also what was. */
void get_alarms(struct request *r)
{
    struct report_cursor c;
    struct alarm *list;
    const char *state = request_argument(r, "state", "");
    const struct message live = {.type = MSG_live, .live = {.look = 1}};
    if (*state && !str_equal(state, "open")) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-state",
                      "state is open, or left out for those that are over, too.");
        return;
    }
    if (*state) {
        request_ask(r, &live, LIVE_PATIENCE_MS, reply_open);
        return;
    }
    if (!request_cursor(r, &c))
        return;
    const struct scope w = actor_scope(&r->actor);
    size_t n = alarms_list(r->store, &w, &c, &r->arena, &list);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, json_alarm(r, &list[i]));
    reply_list(r, items, c.most, n > 0 ? list[n - 1].id : ID_NONE);
}
