"""Every kind of timed and outgoing work of the message API, for one `common.outbox.Worker`. Runs nothing itself."""

from api.context import Api
from api.drafts import service as drafts
from api.messages import reminders
from common.outbox import Handler


def handlers(api: Api) -> dict[str, Handler]:
    return {**reminders.handlers(api), **drafts.handlers(api)}
