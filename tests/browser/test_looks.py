# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every place of the application as people see it: in light and dark, on a telephone and in the longest words, clean for axe, no
wider than the window, without a fault."""

import case
from chromium import PHONE
from furniture import fill, furnish, unseen_places
from house import ADMIN, check_look, keep_shot, open_house, visit


def look_at(t, server, places, look, **how):
    page = visit(t, server, ADMIN, **how)
    for path in places:
        page.go(path)
        keep_shot(t, page, f"{path.strip('/').replace('/', '-')}-{look}")
        check_look(t, page, f"{look} {path}")
    page.check_well(t)


@case.test
# proves: S2.11
def places_are_accessible_in_light_dark_and_on_a_telephone(t):
    server = open_house(t)
    places = fill(t, server) + furnish(t, server)
    t.equal(unseen_places(places), [], "places that nobody looks at")
    look_at(t, server, places, "light")
    look_at(t, server, places, "dark", dark=True)
    look_at(t, server, places, "phone", size=PHONE, language="de")
    for language in ("de", "fr", "es", "it"):
        look_at(t, server, ["/admin/boxes"], language, language=language)


case.main()
