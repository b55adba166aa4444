/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Users who log in (A5): what is kept of a password, who is let in, who has to wait, and in whose name he may
 * write. */
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "submit_steps.h"

#include "base/base64.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/sender_facts.h"
#include "queue/lockout.h"
#include "provision/login_keys.h"
#include "queue/logins.h"
#include "provision/json.h"
#include "store/passkeys.h"

static const char PASSWORD[] = "correct horse";
static const char CLIENT[] = "198.51.100.7";

/* ---- keys ---- */

static void decode(const char *text, uint8_t *to, size_t len)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 100);
    assert_true(base64_decode(span_str(text), &b));
    assert_int_equal(b.len, len);
    memcpy(to, b.data, len);
}

/* RFC 7677 §3: user "user", password "pencil". */
static void keys_judge_as_the_rfc_says(void **state)
{
    static const char signs[] =
        "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    uint8_t salt[16], proof[32], wanted[32], signature[SCRAM_HASH_MAX];
    struct scram_keys keys;
    decode("W22ZaJ0SNY7soEsUEjb6gQ==", salt, sizeof(salt));
    decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", proof, sizeof(proof));
    decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", wanted, sizeof(wanted));
    scram_derive(&login_hash, "pencil", span_of(salt, sizeof(salt)), 4096, &keys);
    assert_true(scram_keys_fit(&login_hash, &keys, span_str(signs), proof, signature));
    assert_memory_equal(signature, wanted, sizeof(wanted));
    for (size_t i = 0; i < sizeof(proof); i++) {
        proof[i] ^= 1;
        assert_false(scram_keys_fit(&login_hash, &keys, span_str(signs), proof, signature));
        proof[i] ^= 1;
    }
    assert_false(scram_keys_fit(&login_hash, &keys, span_str("other"), proof, signature));
}

static void passwords_are_ascii_of_some_length(void **state)
{
    char longest[LOGIN_PASSWORD_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[LOGIN_PASSWORD_MAX + 1] = 0;
    assert_false(login_password_valid(longest));
    longest[LOGIN_PASSWORD_MAX] = 0;
    assert_true(login_password_valid(longest));
    assert_true(login_password_valid("8 chars!"));
    assert_false(login_password_valid("7 chars"));
    assert_false(login_password_valid("pässwörter"));
    assert_false(login_password_valid("a tab\there"));
}

static void open_vault(struct login_vault *v)
{
    v->known = true;
    assert_int_equal(crypto_box_keypair(v->public, v->secret), 0);
}

static void seal(const struct login_vault *v, const char *text, char sealed[1024])
{
    unsigned char box[crypto_box_SEALBYTES + SCRAM_KEYS_TEXT_LEN];
    assert_int_equal(crypto_box_seal(box, (const unsigned char *)text, strlen(text), v->public), 0);
    (void)sodium_bin2base64(sealed, 1024, box, strlen(text) + crypto_box_SEALBYTES,
                            sodium_base64_VARIANT_ORIGINAL);
}

static void keys_open_with_their_own_pair_only(void **state)
{
    struct login_vault ours = {0}, other = {0};
    char text[SCRAM_KEYS_TEXT_LEN], again[SCRAM_KEYS_TEXT_LEN], sealed[1024];
    struct scram_keys keys;
    assert_true(sodium_init() >= 0);
    open_vault(&ours);
    open_vault(&other);
    login_keys_make(PASSWORD, text);
    login_keys_make(PASSWORD, again);
    assert_string_not_equal(text, again); /* a salt of its own */
    seal(&ours, text, sealed);
    assert_true(login_keys_open(&ours, sealed, &keys));
    assert_int_equal(keys.rounds, LOGIN_ROUNDS);
    assert_true(login_keys_fit(&keys, PASSWORD));
    assert_false(login_keys_fit(&keys, "correct horsf"));
    assert_false(login_keys_open(&other, sealed, &keys));
    assert_false(login_keys_open(NULL, sealed, &keys));
    assert_false(login_keys_open(&ours, "", &keys));
    assert_false(login_keys_open(&ours, "AAAA", &keys));
    sealed[10] = sealed[10] == 'A' ? 'B' : 'A';
    assert_false(login_keys_open(&ours, sealed, &keys));
    seal(&ours, "SCRAM-SHA-256$no keys", sealed);
    assert_false(login_keys_open(&ours, sealed, &keys));
}

/* ---- who waits ---- */

static void wrong_ones_wait_longer_and_longer(void **state)
{
    struct lockout *l = lockout_new();
    int64_t now = 1000;
    for (unsigned i = 1; i <= LOCKOUT_FREE; i++) {
        assert_int_equal(lockout_wrong(l, "ann", CLIENT, now), i);
        assert_int_equal(lockout_wait_s(l, "ann", CLIENT, now), 0);
    }
    unsigned wanted = 1;
    for (int i = 0; i < 20; i++) {
        (void)lockout_wrong(l, "ann", CLIENT, now);
        assert_int_equal(lockout_wait_s(l, "ann", CLIENT, now), wanted);
        assert_int_equal(lockout_wait_s(l, "ann", "203.0.113.1", now), wanted); /* from elsewhere, too */
        assert_int_equal(lockout_wait_s(l, "bob", CLIENT, now), wanted);        /* and another name */
        assert_int_equal(lockout_wait_s(l, "bob", "203.0.113.1", now), 0);
        now += (int64_t)wanted * 1000;
        assert_int_equal(lockout_wait_s(l, "ann", CLIENT, now), 0);
        wanted = wanted * 2 > LOCKOUT_LONGEST_S ? LOCKOUT_LONGEST_S : wanted * 2;
    }
    now += 3601 * 1000;
    assert_int_equal(lockout_wrong(l, "ann", CLIENT, now), 1);
    lockout_free(l);
}

static void stranger_locks_no_user_out(void **state)
{
    struct lockout *l = lockout_new();
    lockout_right(l, "ann", CLIENT, 0);
    for (int i = 0; i < 50; i++)
        (void)lockout_wrong(l, "ann", "203.0.113.1", 0);
    assert_true(lockout_wait_s(l, "ann", "203.0.113.1", 0) > 0);
    assert_int_equal(lockout_wait_s(l, "ann", CLIENT, 0), 0);
    /* who guesses from there is counted all the same, and disturbs nobody else */
    for (int i = 0; i < 7; i++)
        (void)lockout_wrong(l, "ann", CLIENT, 0);
    assert_int_equal(lockout_wait_s(l, "ann", CLIENT, 0), 2);
    assert_int_equal(lockout_wait_s(l, "bob", CLIENT, 0), 0);
    lockout_right(l, "ann", CLIENT, 2000);
    assert_int_equal(lockout_wait_s(l, "ann", CLIENT, 2000), 0);
    lockout_free(l);
}

static void neighbours_of_ipv6_are_one(void **state)
{
    struct lockout *l = lockout_new();
    for (int i = 0; i < 6; i++) {
        char client[64];
        (void)str_format(client, sizeof(client), "2001:db8::%d", i + 1);
        (void)lockout_wrong(l, client, client, 0);
    }
    assert_int_equal(lockout_wait_s(l, "x", "2001:db8::ffff", 0), 1);
    assert_int_equal(lockout_wait_s(l, "x", "2001:db8:0:1::1", 0), 0);
    lockout_free(l);
}

static void memory_is_bounded(void **state)
{
    struct lockout *l = lockout_new();
    char name[300];
    memset(name, 'n', sizeof(name));
    name[299] = 0;
    for (int i = 0; i < 6; i++)
        (void)lockout_wrong(l, name, CLIENT, 0);
    assert_int_equal(lockout_wait_s(l, name, CLIENT, 0), 1);
    for (int i = 0; i < 5000; i++) {
        (void)str_format(name, sizeof(name), "user%d", i);
        (void)lockout_wrong(l, name, "203.0.113.1", 0);
    }
    assert_int_equal(lockout_wait_s(l, "x", CLIENT, 0), 0); /* the oldest went; the guesser of now did not */
    assert_true(lockout_wait_s(l, "x", "203.0.113.1", 0) > 0);
    lockout_free(l);
}

/* ---- the queue as judge ---- */

static int64_t steady_ms;

static int64_t steady(void)
{
    return steady_ms;
}

static void use_vault(struct house *h, const struct login_vault *v)
{
    h->queue.vault = *v;
    h->queue.steady_clock = steady;
}

/* A house where ann, alias ann.b, has a password and bob has none. */
static int setup(void **state)
{
    static struct login_vault v;
    char path[128];
    assert_true(sodium_init() >= 0);
    if (house_setup(state) != 0)
        return 1;
    struct house *h = *state;
    steady_ms = 1000000;
    open_vault(&v);
    use_vault(h, &v);
    (void)str_format(path, sizeof(path), "%s/keys", h->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)str_format(path, sizeof(path), "%s/keys/queue.pub", h->dir);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(fd_write_all(fd, span_of(v.public, sizeof(v.public))), 0);
    apply(h, "{\"users\":[{\"tenant\":\"main\",\"name\":\"ann\",\"addresses\":[\"ann@example.com\","
             "\"ann.b@example.com\"],\"password\":\"correct horse\"},"
             "{\"tenant\":\"main\",\"name\":\"bob\",\"addresses\":[\"bob@example.com\"]}]}");
    return 0;
}

struct salt {
    uint8_t bytes[64];
    unsigned rounds;
    uint32_t wait_s;
};

static struct salt salt_of(struct house *h, const char *name, const char *client)
{
    struct salt s = {.rounds = 0};
    house_ask(h, &h->mailin, MESSAGE(login_salt, .name = name, .client_ip = client));
    struct heard answer = house_take(h, &h->mailin, MSG_login_salted);
    s.wait_s = answer.a;
    s.rounds = answer.b;
    assert_true(hex_parse(answer.text, s.bytes, LOGIN_SALT_LEN));
    return s;
}

static struct heard judge(struct house *h, const char *name, const char *client, struct span signs,
                          const uint8_t *proof)
{
    house_ask(h, &h->mailin,
              MESSAGE(login_judge, .name = name, .client_ip = client, .signs = signs,
                      .proof = span_of(proof, login_hash.len)));
    return house_take(h, &h->mailin, MSG_login_judged);
}

/* As mailin does it; true where he is in. */
static bool log_in_from(struct house *h, const char *name, const char *password, const char *client)
{
    uint8_t proof[SCRAM_HASH_MAX], signature[SCRAM_HASH_MAX];
    char hex[2 * SCRAM_HASH_MAX + 1];
    struct salt s = salt_of(h, name, client);
    struct span salt = span_of(s.bytes, LOGIN_SALT_LEN), signs = span_str("what both sides sign");
    if (s.wait_s > 0)
        return false;
    scram_prove(&login_hash, password, salt, s.rounds, signs, proof, signature);
    struct heard answer = judge(h, name, client, signs, proof);
    if (id_is_none(answer.id))
        return false;
    hex_format(signature, login_hash.len, hex);
    assert_string_equal(answer.text, hex); /* and he knows that it is us */
    return true;
}

static bool log_in(struct house *h, const char *name, const char *password)
{
    return log_in_from(h, name, password, CLIENT);
}

/* proves: A5 */
static void right_proof_and_nothing_else_lets_in(void **state)
{
    struct house *h = *state;
    uint8_t proof[SCRAM_HASH_MAX] = {0}, signature[SCRAM_HASH_MAX];
    static const char *const names[] = {"ann", "ANN", "ann@example.com", "Ann.B@EXAMPLE.com"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_true(log_in(h, names[i], PASSWORD));
    assert_false(log_in(h, "ann", "correct horsf"));
    assert_false(log_in(h, "ann", ""));
    assert_false(log_in(h, "bob", PASSWORD)); /* he has none */
    assert_false(log_in(h, "bob", ""));
    assert_false(log_in_from(h, "nobody", PASSWORD, "203.0.113.9"));
    struct salt s = salt_of(h, "ann", CLIENT);
    struct span one = span_str("one"), other = span_str("other");
    scram_prove(&login_hash, PASSWORD, span_of(s.bytes, LOGIN_SALT_LEN), s.rounds, one, proof, signature);
    assert_true(id_is_none(judge(h, "ann", CLIENT, other, proof).id)); /* a proof that was overheard */
    assert_true(id_is_none(judge(h, "bob", CLIENT, one, proof).id));
    assert_false(id_is_none(judge(h, "ann", CLIENT, one, proof).id));
}

static void nobody_is_told_who_is_a_user(void **state)
{
    struct house *h = *state;
    struct salt nobody = salt_of(h, "nobody@example.com", CLIENT), bob = salt_of(h, "bob", CLIENT);
    assert_int_equal(nobody.rounds, salt_of(h, "ann", CLIENT).rounds);
    struct salt again = salt_of(h, "Nobody@EXAMPLE.com", CLIENT);
    assert_memory_equal(nobody.bytes, again.bytes, LOGIN_SALT_LEN);
    assert_memory_not_equal(nobody.bytes, bob.bytes, LOGIN_SALT_LEN);
    struct login_vault v = h->queue.vault;
    house_restart_queue(h);
    use_vault(h, &v);
    again = salt_of(h, "nobody@example.com", CLIENT);
    assert_memory_equal(nobody.bytes, again.bytes, LOGIN_SALT_LEN);
    assert_true(log_in(h, "ann", PASSWORD));
}

static void guesses_wait_and_raise_an_alarm(void **state)
{
    struct house *h = *state;
    struct arena a;
    uint8_t proof[SCRAM_HASH_MAX] = {0};
    arena_init(&a);
    for (unsigned i = 0; i <= LOCKOUT_FREE; i++)
        assert_false(log_in(h, "ann", "wrong guess"));
    assert_int_equal(salt_of(h, "ann", CLIENT).wait_s, 1);
    assert_false(log_in(h, "ann", PASSWORD));
    assert_int_equal(judge(h, "ann", CLIENT, span_str("x"), proof).a, 1); /* without asking for the salt */
    assert_int_equal(salt_of(h, "ann", CLIENT).wait_s, 1);                /* which was not counted */
    assert_string_equal(store_meta(&h->queue.store, &a, "login.alarm"), "");
    for (unsigned wait = 1; wait <= 8; wait *= 2) {
        steady_ms += (int64_t)wait * 1000;
        assert_false(log_in(h, "ann", "wrong guess"));
    }
    assert_non_null(strstr(store_meta(&h->queue.store, &a, "login.alarm"), "as ann: somebody guesses"));
    steady_ms += 16000;
    assert_true(log_in(h, "ann", PASSWORD));
    assert_false(log_in(h, "ann", "wrong guess"));
    assert_true(log_in(h, "ann", PASSWORD)); /* from here she is known now */
    arena_clear(&a);
}

/* An outage of a directory counts its people's tries in one of two counts, which may tell a longer wait. */
static void wait_that_was_told_is_not_shortened(void **state)
{
    struct house *h = *state;
    unsigned wrong;
    queue_enter(&h->queue);
    for (unsigned i = 0; i < LOCKOUT_FREE + 5; i++) {
        (void)login_failed(&h->queue, "somebody of the directory", CLIENT, false, &wrong);
        steady_ms += 1000;
        h->queue.steady_ms = steady_ms;
    }
    house_run(h);
    unsigned told = 0;
    for (unsigned i = 0; i <= LOCKOUT_FREE; i++) {
        uint8_t proof[SCRAM_HASH_MAX] = {0};
        assert_int_equal(salt_of(h, "nobody", CLIENT).wait_s, 0);
        told = judge(h, "nobody", CLIENT, span_str("x"), proof).a;
        assert_true(told > 1);
    }
    assert_int_equal(salt_of(h, "nobody", CLIENT).wait_s, told); /* of his own it is 1 */
}

static void password_changes_and_goes(void **state)
{
    struct house *h = *state;
    apply(h, "{\"users\":[{\"tenant\":\"main\",\"name\":\"ann\",\"password\":\"another one\"}]}");
    assert_false(log_in(h, "ann", PASSWORD));
    assert_true(log_in(h, "ann", "another one"));
    apply(h, "{\"users\":[{\"tenant\":\"main\",\"name\":\"ann\",\"addresses\":[\"ann@example.com\"]}]}");
    assert_true(log_in(h, "ann", "another one"));
    apply(h, "{\"users\":[{\"tenant\":\"main\",\"name\":\"ann\",\"password\":\"\"}]}");
    assert_false(log_in(h, "ann", "another one"));
}

static void one_file_gives_few_passwords(void **state)
{
    struct house *h = *state;
    for (int count = 50; count <= 51; count++) {
        SCOPED_BUF struct buf file, result;
        buf_init(&file, 65536);
        buf_init(&result, 65536);
        (void)buf_append_str(&file, "{\"users\":[");
        for (int i = 0; i < count; i++)
            (void)buf_printf(&file,
                             "%s{\"tenant\":\"main\",\"name\":\"u%d\",\"addresses\":[\"u%d@example.com\"],"
                             "\"password\":\"some thing %d\"}",
                             i ? "," : "", i, i, i);
        (void)buf_append_str(&file, "]}");
        int status = provision_apply(&h->queue.store, &(struct provision_keys){h->dir, &h->queue.vault},
                                     buf_text(&file), true, &result);
        assert_int_equal(status, count == 50 ? 200 : 422);
        assert_int_equal(strstr(buf_text(&result), "users[50].password") != NULL, count == 51);
    }
}

static void name_of_two_users_is_nobodys(void **state)
{
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"other\"}],\"users\":[{\"tenant\":\"other\",\"name\":\"ann\","
             "\"addresses\":[\"ann@example.net\"],\"password\":\"correct horse\"}]}");
    assert_false(log_in(h, "ann", PASSWORD));
    assert_true(log_in(h, "ann@example.com", PASSWORD));
    assert_true(log_in(h, "ann@example.net", PASSWORD));
}

/* ---- in whose name ---- */

static struct id user_named(struct house *h, const char *name)
{
    struct login l;
    assert_true(config_login(&h->queue.store, &h->queue.arena, name, &l));
    return l.user;
}

static struct heard rcpt(struct house *h, const char *user, const char *sender)
{
    house_ask(h, &h->mailin,
              MESSAGE(rcpt_check, .sender = sender, .recipient = "0501234567@front.fax.example.com",
                      .client_ip = "203.0.113.1", .trust = MAIL_TRUST_AUTHENTICATED,
                      .user = user_named(h, user)));
    return house_take(h, &h->mailin, MSG_rcpt_verdict);
}

/* author: NULL where mailin did not look. */
static struct heard bring(struct house *h, const char *user, const char *author)
{
    char facts[SENDER_FACTS_LEN] = "";
    struct sender_facts f = {.dmarc = AUTH_NONE};
    if (author && str_copy(f.from, sizeof(f.from), author))
        sender_facts_format(&f, facts);
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = id_new(), .sender = "ann@example.com", .facts = facts,
                      .recipients = "0501234567@front.fax.example.com", .client_ip = "203.0.113.1",
                      .trust = MAIL_TRUST_AUTHENTICATED, .user = user_named(h, user),
                      .data = span_str("raw mail")));
    return house_take(h, &h->mailin, MSG_mail_stored);
}

/* proves: A5 S2.6 */
static void login_speaks_for_its_own_addresses(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"users\":[{\"user\":\"ann\",\"send\":true,\"receive\":true},"
             "{\"user\":\"bob\",\"send\":true}],\"permissions\":[{\"entry\":\"list@example.org\"}]}]}");
    assert_int_equal(rcpt(h, "ann", "ann@example.com").a, 250);
    assert_int_equal(rcpt(h, "ann", "ann.b@example.com").a, 250);
    struct heard refused = rcpt(h, "ann", "bob@example.com");
    assert_int_equal(refused.a, 550);
    assert_non_null(strstr(refused.text, "another user's address, and you are logged in as ann"));
    assert_int_equal(rcpt(h, "ann", "eve@example.com").a, 550); /* may not send from that box at all */
    /* an address of nobody here that may send from the box: as its user he may use it */
    assert_int_equal(rcpt(h, "ann", "list@example.org").a, 250);
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"users\":[{\"user\":\"bob\",\"send\":true}]}]}");
    refused = rcpt(h, "ann", "list@example.org");
    assert_int_equal(refused.a, 550);
    assert_non_null(strstr(refused.text, "no sending user of fax box"));
}

/* proves: A5 S2.6 */
static void author_of_the_mail_is_looked_at_too(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"users\":[{\"user\":\"ann\",\"send\":true},"
             "{\"user\":\"bob\",\"send\":true}]}]}");
    assert_true(rcpt(h, "ann", "ann@example.com").b & MAIL_VERIFY_AUTHOR);
    assert_int_equal(bring(h, "ann", "ann.b@example.com").b, 0);
    struct heard refused = bring(h, "ann", "bob@example.com");
    assert_int_equal(refused.b, 550);
    assert_non_null(strstr(refused.text, "another user's address"));
    /* where mailin could not tell, the mail is taken apart, and its own sender decides */
    assert_int_equal(bring(h, "ann", NULL).b, 0);
}

/* ---- passkeys ---- */

static void passkeys_are_kept_with_their_user(void **state)
{
    struct house *h = *state;
    struct store *s = &h->queue.store;
    struct login ann, bob;
    struct passkey list[PASSKEYS_OF_A_USER], k;
    static const uint8_t credential[] = {0, 255, 1}, key[] = {0xa0}, other[] = {0, 255};
    assert_true(config_login(s, &h->queue.arena, "ann", &ann) &&
                config_login(s, &h->queue.arena, "bob", &bob));
    struct passkey blue = {.id = id_new(),
                           .user = ann.user,
                           .name = "blue",
                           .rp = "localhost",
                           .credential = span_of(credential, sizeof(credential)),
                           .public_key = span_of(key, sizeof(key)),
                           .transports = "nfc usb",
                           .counter = UINT32_MAX,
                           .created_ms = 5};
    store_begin(s);
    passkey_add(s, &blue);
    struct passkey again = blue; /* of bob: a credential is one user's */
    again.id = id_new();
    again.user = bob.user;
    passkey_add(s, &again);
    store_commit(s);
    assert_int_equal(passkeys_of(s, &h->queue.arena, ann.user, list), 1);
    assert_int_equal(passkeys_of(s, &h->queue.arena, bob.user, list), 0);
    assert_false(passkey_by_credential(s, &h->queue.arena, span_of(other, sizeof(other)), &k));
    assert_true(passkey_by_credential(s, &h->queue.arena, blue.credential, &k));
    assert_true(id_equal(k.id, blue.id) && id_equal(k.user, ann.user) && k.counter == UINT32_MAX);
    assert_true(span_equal(k.public_key, blue.public_key) && k.used_ms == 0);
    assert_string_equal(k.transports, "nfc usb");
    store_begin(s);
    passkey_used(s, blue.id, 7, 9);
    store_commit(s);
    assert_true(passkey_find(s, &h->queue.arena, blue.id, &k) && k.counter == 7 && k.used_ms == 9);
    store_begin(s);
    assert_int_equal(sql_run(s->sql, "DELETE FROM user WHERE id = ?1", "d", ann.user), 1);
    store_commit(s);
    assert_false(passkey_find(s, &h->queue.arena, blue.id, &k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_judge_as_the_rfc_says),
        cmocka_unit_test(passwords_are_ascii_of_some_length),
        cmocka_unit_test(keys_open_with_their_own_pair_only),
        cmocka_unit_test(wrong_ones_wait_longer_and_longer),
        cmocka_unit_test(stranger_locks_no_user_out),
        cmocka_unit_test(neighbours_of_ipv6_are_one),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test_setup_teardown(right_proof_and_nothing_else_lets_in, setup, house_teardown),
        cmocka_unit_test_setup_teardown(nobody_is_told_who_is_a_user, setup, house_teardown),
        cmocka_unit_test_setup_teardown(guesses_wait_and_raise_an_alarm, setup, house_teardown),
        cmocka_unit_test_setup_teardown(wait_that_was_told_is_not_shortened, setup, house_teardown),
        cmocka_unit_test_setup_teardown(password_changes_and_goes, setup, house_teardown),
        cmocka_unit_test_setup_teardown(one_file_gives_few_passwords, setup, house_teardown),
        cmocka_unit_test_setup_teardown(name_of_two_users_is_nobodys, setup, house_teardown),
        cmocka_unit_test_setup_teardown(login_speaks_for_its_own_addresses, setup, house_teardown),
        cmocka_unit_test_setup_teardown(author_of_the_mail_is_looked_at_too, setup, house_teardown),
        cmocka_unit_test_setup_teardown(passkeys_are_kept_with_their_user, setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
