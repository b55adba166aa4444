# SPDX-License-Identifier: AGPL-3.0-or-later
"""The provisioning that ./run and the tests give to `faxpost apply`: one tenant, two users with a box each, and a trunk
that leads to a SIP port - our own, or another server's."""

DOMAIN = "fax.localhost"
FRONT, BACK = "frontdesk@localhost", "office@localhost"


def example(sip_port, *, host="127.0.0.1", t38=True, pace=True, transport="udp", more_numbers=(), **trunk):
    """front (extension 100) belongs to frontdesk, back (200) to office; more_numbers reach back as well. trunk: more of its
    settings."""
    return {
        "installation": {"fax_domain": DOMAIN},
        "tenants": [{"name": "example", "country": "DE", "area_code": "030", "zone": "Europe/Berlin"}],
        "users": [{"tenant": "example", "name": "frontdesk", "addresses": [FRONT]},
                  {"tenant": "example", "name": "office", "addresses": [BACK]}],
        "faxboxes": [box("front", "100", "frontdesk"), box("back", "200", "office", more_numbers)],
        "trunks": [{"name": "loopback", "peer": f"sip:{host}:{sip_port}", "transport": transport, "t38": t38, "pace": pace,
                    **trunk}],
    }


def box(name, extension, user, numbers=()):
    return {"tenant": "example", "id": name, "name": name, "extension": extension, "numbers": list(numbers),
            "station_id": extension, "caller_id": extension, "header_name": name, "users": [{"user": user, "send": True, "receive": True}]}
