/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the media of a call goes, whatever strangers send. */
#include "test.h"

#include "role/media_path.h"

#define NAMED  "10.0.0.5:4000"
#define PEER   "203.0.113.7:5060"
#define NATTED "203.0.113.7:31000"

static struct endpoint at(const char *text)
{
    struct endpoint e;
    assert_true(endpoint_parse(text, &e));
    return e;
}

static struct media_path named(const char *media, const char *peer)
{
    struct media_path p = {0};
    struct endpoint to = at(media), from = *peer ? at(peer) : (struct endpoint){0};
    media_path_name(&p, &to, &from);
    return p;
}

static void goes_to(const struct media_path *p, const char *text)
{
    char now[ENDPOINT_TEXT_LEN];
    endpoint_format(&p->to, now);
    assert_string_equal(now, text);
}

static bool hears(struct media_path *p, const char *from)
{
    struct endpoint e = at(from);
    return media_path_may_hear(p, &e) && media_path_take(p, &e);
}

static void opened(struct media_path *p, const char *from)
{
    for (int i = 0; i < MEDIA_PATH_PACKETS; i++)
        (void)hears(p, from);
}

static void their_packets_show_where_they_are(void **state)
{
    struct media_path p = named(NAMED, PEER);
    goes_to(&p, NAMED);
    for (int i = 1; i < MEDIA_PATH_PACKETS; i++) {
        assert_false(hears(&p, NATTED));
        goes_to(&p, NAMED);
    }
    assert_true(hears(&p, NATTED));
    goes_to(&p, NATTED);
}

static void a_port_that_the_nat_changes_is_learned(void **state)
{
    struct media_path p = named("203.0.113.7:4000", PEER);
    for (int i = 1; i < MEDIA_PATH_PACKETS; i++)
        assert_true(hears(&p, NATTED)); /* the named host: its words count, whatever the port */
    goes_to(&p, "203.0.113.7:4000");
    assert_true(hears(&p, NATTED));
    goes_to(&p, NATTED);
}

static void what_comes_from_where_it_was_named_settles_it(void **state)
{
    struct media_path p = named("203.0.113.7:4000", PEER);
    opened(&p, "203.0.113.7:4000");
    for (int i = 0; i < 100; i++)
        (void)hears(&p, NATTED);
    goes_to(&p, "203.0.113.7:4000");
    /* An earlier call's strays came first. */
    p = named("203.0.113.7:4000", PEER);
    opened(&p, NATTED);
    assert_true(hears(&p, "203.0.113.7:4000"));
    goes_to(&p, "203.0.113.7:4000");
    opened(&p, NATTED);
    goes_to(&p, "203.0.113.7:4000");
}

/* proves: D8 */
static void no_stranger_takes_a_call_over(void **state)
{
    static const char *const strangers[] = {"198.51.100.66:4000", "203.0.113.8:31000", "[2001:db8::7]:31000",
                                            "10.0.0.6:4000"};
    for (int open = 0; open <= 1; open++) {
        struct media_path p = named(NAMED, PEER);
        if (open)
            opened(&p, NATTED);
        for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
            for (int n = 0; n < 2 * MEDIA_PATH_PACKETS; n++)
                assert_false(hears(&p, strangers[i]));
        goes_to(&p, open ? NATTED : NAMED);
    }
    struct media_path p = named(NAMED, PEER); /* another call's port at the same host, once it runs */
    opened(&p, NATTED);
    opened(&p, "203.0.113.7:31002");
    goes_to(&p, NATTED);
}

static void two_places_in_turn_open_nothing(void **state)
{
    struct media_path p = named(NAMED, PEER);
    for (int i = 0; i < 100; i++)
        assert_false(hears(&p, i % 2 == 0 ? NATTED : "203.0.113.7:31002"));
    goes_to(&p, NAMED);
}

static void it_is_learned_anew_only_for_another_address(void **state)
{
    struct endpoint same = at(NAMED), other = at("10.0.0.5:4002"), peer = at(PEER), none = {0};
    struct media_path p = named(NAMED, PEER);
    opened(&p, NATTED);
    media_path_name(&p, &same, &peer); /* T.38 on the same port */
    goes_to(&p, NATTED);
    media_path_name(&p, &other, &peer);
    goes_to(&p, "10.0.0.5:4002");
    opened(&p, "203.0.113.7:31002");
    goes_to(&p, "203.0.113.7:31002");
    media_path_name(&p, &none, &peer); /* on hold */
    assert_int_equal(p.to.len, 0);
    opened(&p, NATTED);
    assert_int_equal(p.to.len, 0);
    media_path_name(&p, &other, &peer);
    goes_to(&p, "10.0.0.5:4002");
}

static void nothing_is_learned_where_it_is_not_wanted(void **state)
{
    struct media_path p = named("203.0.113.7:4000", "");
    opened(&p, NATTED);
    goes_to(&p, "203.0.113.7:4000");
    assert_true(hears(&p, NATTED)); /* the same host: it may send from another port than it hears on */
    assert_false(hears(&p, "203.0.113.8:4000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(their_packets_show_where_they_are),
        cmocka_unit_test(a_port_that_the_nat_changes_is_learned),
        cmocka_unit_test(what_comes_from_where_it_was_named_settles_it),
        cmocka_unit_test(no_stranger_takes_a_call_over),
        cmocka_unit_test(two_places_in_turn_open_nothing),
        cmocka_unit_test(it_is_learned_anew_only_for_another_address),
        cmocka_unit_test(nothing_is_learned_where_it_is_not_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
