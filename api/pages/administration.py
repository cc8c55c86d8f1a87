"""The pages of those who administer units and organisations: each address with the right it needs, asked for before the page is run.

Deny by default: a page that is not in `PAGES` is not there, and `tests/api/pages/test_people_pages.py` tries each as every role.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.access import in_person
from api.authorisation import Caller, Right
from api.pages import admin_files, admin_keys, admin_people, admin_units, log_checks
from api.pages.desk import Desk, SignedInPage


@dataclass(frozen=True, slots=True)
class Page:
    method: str
    path: str
    right: Right
    show: SignedInPage


UNIT: Final = "/admin/units/{unit_id}"
MEMBER: Final = UNIT + "/members/{staff_id}"
PAGES: Final = (
    Page("GET", "/admin", Right.ADMINISTER_UNIT, admin_units.units),
    Page("GET", UNIT, Right.ADMINISTER_UNIT, admin_units.unit),
    Page("GET", UNIT + "/details", Right.ADMINISTER_UNIT, admin_units.details_page),
    Page("POST", UNIT + "/details", Right.ADMINISTER_UNIT, admin_units.details),
    Page("GET", UNIT + "/channels", Right.ADMINISTER_UNIT, admin_units.channels_page),
    Page("POST", UNIT + "/channels", Right.ADMINISTER_UNIT, admin_units.channels),
    Page("GET", UNIT + "/new-member", Right.ADMINISTER_UNIT, admin_people.add_page),
    Page("POST", UNIT + "/new-member", Right.ADMINISTER_UNIT, admin_people.find),
    Page("POST", UNIT + "/members", Right.ADMINISTER_UNIT, admin_people.add),
    Page("POST", UNIT + "/people", Right.ADMINISTER_UNIT, admin_people.add_person),
    Page("GET", MEMBER, Right.ADMINISTER_UNIT, admin_people.member_page),
    Page("POST", MEMBER, Right.ADMINISTER_UNIT, admin_people.change),
    Page("POST", MEMBER + "/end", Right.ADMINISTER_UNIT, admin_people.end),
    Page("POST", MEMBER + "/unblock", Right.ADMINISTER_ORGANISATION, admin_people.unblock),
    Page("GET", UNIT + "/leave", Right.ADMINISTER_UNIT, admin_people.leave_page),
    Page("POST", UNIT + "/leave", Right.ADMINISTER_UNIT, admin_people.add_leave),
    Page("POST", UNIT + "/leave/{leave_id}/end", Right.ADMINISTER_UNIT, admin_people.end_leave),
    Page("GET", "/admin/keys", Right.ADMINISTER_ORGANISATION, admin_keys.listed),
    Page("GET", UNIT + "/new-key", Right.ADMINISTER_ORGANISATION, admin_keys.new_page),
    Page("POST", UNIT + "/new-key", Right.ADMINISTER_ORGANISATION, admin_keys.make),
    Page("GET", "/admin/keys/{key_id}/revoke", Right.ADMINISTER_ORGANISATION, admin_keys.revoke_page),
    Page("POST", "/admin/keys/{key_id}/revoke", Right.ADMINISTER_ORGANISATION, admin_keys.revoke),
    Page("GET", "/admin/import", Right.ADMINISTER_ORGANISATION, admin_files.start),
    Page("POST", "/admin/import/units", Right.ADMINISTER_ORGANISATION, admin_files.upload_units),
    Page("POST", "/admin/import/staff", Right.ADMINISTER_ORGANISATION, admin_files.upload_staff),
    Page("GET", "/admin/files/{file_id}", Right.ADMINISTER_ORGANISATION, admin_files.preview),
    Page("POST", "/admin/files/{file_id}", Right.ADMINISTER_ORGANISATION, admin_files.confirm),
    Page("GET", "/audit", Right.AUDIT, log_checks.search),
    Page("POST", "/audit", Right.AUDIT, log_checks.find),
    Page("GET", "/audit/export", Right.AUDIT, log_checks.export),
)


def administration_routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route(page.path, desk.signed_in(_guarded(page)), methods=[page.method], include_in_schema=False)
        for page in PAGES
    ]


def _guarded(page: Page) -> SignedInPage:
    async def guarded(desk: Desk, request: Request, caller: Caller) -> Response:
        caller.require_somewhere(page.right)
        in_person(desk.api, caller, page.right)
        return await page.show(desk, request, caller)

    return guarded
