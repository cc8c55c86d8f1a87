"""What the outage routine says to one unit, over HTTP and for the chat. Decides nothing beyond the routine's own data."""

from api.authorisation import Caller
from api.context import Api
from api.outage import state, worklist
from api.outage.schemas import NumberIn, OutageCallOut, OutageRoutineOut
from api.units import service as units
from knowledge.outage import OutageRoutine, Role
from triage.outage.during import role_of, words_of


async def own_role(api: Api, caller: Caller) -> tuple[OutageRoutine | None, Role | None]:
    """The routine of the caller's region and her unit's role in it, as far as there are any."""
    routine = api.knowledge.outages.of(state.pack_of(api, caller.here.region).id)
    unit = await units.get(api, caller.here.unit_id)
    return routine, None if routine is None else role_of(routine, unit.type, words_of(unit))


async def advice(api: Api, caller: Caller) -> OutageRoutineOut:
    routine, role = await own_role(api, caller)
    if routine is None or role is None:
        none = api.knowledge.texts.text("outage.none")
        return OutageRoutineOut(role=None, label=None, text=none, support=[], calls=[], say=[])
    numbers = routine.support_numbers.get(role.principal, ())
    found = await worklist.steps_here(api, caller, routine, role, None)
    return OutageRoutineOut(
        role=role.id,
        label=role.label,
        text=routine.no_discharge.text,
        support=[routine.support[role.principal].text, *(f"{n.name}: {n.phone}" for n in numbers)],
        calls=[
            OutageCallOut(
                id=step.call.id,
                to=step.call.to,
                only_if=step.call.only_if,
                numbers=[NumberIn(name=n.name, phone=n.phone, verify=n.verify) for n in step.numbers],
            )
            for step in found
        ],
        say=[line.text for line in role.say],
    )
