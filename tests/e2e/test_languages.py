# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the server says, in the language that Accept-Language asks for; in English where it asks for none."""

import case
import provision
from server import Server
from web import Browser

PASSWORD = "correct horse battery"
ADMIN = "admin@localhost"


def house(t):
    server = t.enter(Server(t.folder()))
    everything = provision.example(server.port("sip")[1])
    everything["users"].append({"tenant": "example", "name": "admin", "addresses": [ADMIN], "role": "installation"})
    for user in everything["users"]:
        user["password"] = PASSWORD
    server.apply(everything)
    return server


def in_language(server, language, login=None):
    browser = Browser(server)
    browser.headers = {"Accept-Language": language}
    if login:
        browser.login(login, PASSWORD)
    return browser


@case.test
def wrong_login_is_refused_in_the_language_that_is_asked_for(t):
    server = house(t)
    for language, words in (("de-CH,de;q=0.9,en;q=0.1", "Der Anmeldename oder das Passwort stimmt nicht."),
                            ("es-MX", "El nombre o la contraseña no es correcto."),
                            ("en", "The login or the password is wrong."), (None, "The login or the password is wrong.")):
        reply = in_language(server, language).login("nobody@localhost", "wrong horse battery")
        t.equal((reply.status, reply.json["code"], reply.json["detail"].split(".")[0] + "."), (401, "wrong-login", words), f"in {language}")
        t.equal(reply.json["said"], {"code": "wrong-login-help", "values": {}}, f"what is said in {language}")
        t.equal(reply.headers["Content-Language"], language and language[:2], f"Content-Language in {language}")


@case.test
def field_that_is_wrong_is_told_in_the_language_with_its_code_and_values(t):
    server = house(t)
    german, english = (in_language(server, language, ADMIN) for language in ("de", None))
    etag = german.get("/api/v1/boxes/front").headers["ETag"]
    for browser, words in ((german, "braucht eine ganze Zahl von 1 bis 12"), (english, "needs a whole number from 1 to 12")):
        reply = browser.ask("PATCH", "/api/v1/boxes/front", {"tries": 99}, {"If-Match": etag})
        t.equal((reply.status, reply.json["code"], reply.json["detail"]), (422, "wrong-value", f"tries: {words}"), "the whole")
        wrong = reply.json["errors"][0]
        t.equal((wrong["field"], wrong["detail"]), ("tries", words), "the field")
        t.equal(wrong["said"], {"code": "needs", "values": {"want": "a whole number from 1 to 12"}}, "what is said")
    reply = german.ask("PATCH", "/api/v1/boxes/front", {"tries": 4}, {"If-Match": '"other"'})
    t.equal((reply.status, reply.json["detail"][:15]), (412, "Jemand anderes "), "changed meanwhile")


@case.test
def recipient_that_is_wrong_is_told_in_the_language(t):
    server = house(t)
    browser = in_language(server, "fr", provision.FRONT)
    reply = browser.post("/api/v1/submissions", {"box": "front", "recipients": [{"number": "abc"}], "uploads": []})
    t.equal((reply.status, reply.json["detail"]),
            (422, "Rien n’a été envoyé : quelque chose dans la demande ne va pas."), f"the whole: {reply}")
    told = {e["field"]: e["detail"] for e in reply.json["errors"]}
    t.true(told["recipients[0].number"].startswith("« abc » contient des lettres ; un numéro de fax s’écrit"), f"the number: {told}")


@case.test
def alarm_is_told_in_the_language(t):
    server = house(t)
    t.equal(server.cli("set", "installation.fax_domain", "")[0], 0, "no fax domain")

    def alarm(language):
        list_ = in_language(server, language, ADMIN).get("/api/v1/alarms?state=open").json["items"]
        return next((a for a in list_ if a["code"] == "no-fax-domain"), None)

    english = t.wait(lambda: alarm(None), "no alarm")
    german = alarm("de")
    t.equal((english["title"], english["text"][:24]), ("No fax domain", "There is no fax domain, "), "in English")
    t.equal((german["title"], german["text"][:27]), ("Keine Fax-Domain", "Es gibt keine Fax-Domain, a"), "in German")
    t.equal((german["code"], german["said"]["code"]), ("no-fax-domain", "alarm-no-fax-domain"), "its codes")


case.main()
