"""A person's right to know what is kept about her, over HTTP. Translates between HTTP and the search."""

from fastapi import APIRouter

from api.access import ForSubjectAccess
from api.context import ApiDep
from api.keeping import subject
from api.keeping.subject import SubjectIn, SubjectOut
from api.limits import Kind

router = APIRouter(tags=["subject access"])


@router.post("/subject-access")
async def subject_access(api: ApiDep, caller: ForSubjectAccess, body: SubjectIn) -> SubjectOut:
    """What is kept about the person in the caller's organisation, in a case of its own, and `not_searched`: what has to be looked through by hand.

    The number stands in the body, never in an address.
    """
    api.limits.count(Kind.EXTRACT, caller.actor)
    return await subject.kept_about(api, caller, body)
