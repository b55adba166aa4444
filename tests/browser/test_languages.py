# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the server refuses is told in the language that was chosen in the browser."""

import case
import provision
from chromium import PHONE, Chromium
from house import ADMIN, check_look, keep_shot, open_house, visit


@case.test
def wrong_login_is_refused_in_the_language_of_the_page(t):
    server = open_house(t)
    page = t.enter(Chromium(server, size=PHONE))
    page.goto("/inbox")
    for language, words in (("de", "Der Anmeldename oder das Passwort stimmt nicht."),
                            ("fr", "L’identifiant ou le mot de passe est incorrect."),
                            ("en", "The login or the password is wrong.")):
        page.choose(".language select", language)
        page.fill("#login-name", provision.FRONT)
        page.fill("#login-password", "wrong horse battery")
        page.click("button[type=submit]")
        page.see(f"role=alert >> text={words}")
        keep_shot(t, page, f"login-refused-{language}")
        check_look(t, page, f"login in {language}")
    page.check_well(t)


@case.test
# proves: S2.12
def refused_file_and_number_are_told_in_german(t):
    server = open_house(t)
    bad = server.folder / "foto.pdf"
    bad.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0")
    page = visit(t, server, language="de", size=PHONE)
    page.go("/send")
    page.fill("#send-numbers", "200")
    page.files("input[type=file]", [str(bad)])
    page.see("role=alert")
    text = page.text(".preview >> role=alert" if page.count(".preview >> role=alert") else "role=alert")
    t.true("foto.pdf" in text and "beschädigt" in text, f"the file: {text}")
    page.script("document.querySelector('.preview [role=alert], [role=alert]').scrollIntoView({ block: 'center' })")
    keep_shot(t, page, "send-refused-de")
    check_look(t, page, "refused file in German")
    page.fill("#send-numbers", "112")
    page.see("text=/112 ist eine Notrufnummer; die wird nie gewählt/")
    page.script("document.querySelector('[role=alert]').scrollIntoView({ block: 'center' })")
    keep_shot(t, page, "send-number-de")
    check_look(t, page, "refused number in German")
    page.check_well(t)


@case.test
def field_of_a_setting_is_refused_in_french(t):
    server = open_house(t)
    page = visit(t, server, ADMIN, language="fr", size=PHONE)
    page.go("/admin/boxes/front/sending")
    page.fill("#f-station_id", "abc")
    page.click("role=button[name='ENREGISTRER']")
    page.see("text=« abc » ne va pas ; il faut jusqu’à 20 chiffres, espaces et + (T.30 n’en connaît pas d’autres)")
    keep_shot(t, page, "setting-refused-fr")
    check_look(t, page, "refused setting in French")
    page.check_well(t)


case.main()
