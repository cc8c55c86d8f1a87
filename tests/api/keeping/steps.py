"""What happens to a message in more than one file of tests here."""

from tests.support.api import RECEIVER, Desk


async def answered(desk: Desk, in_response_to: str | None = None) -> str:
    message = await desk.handed_over(in_response_to=in_response_to)
    done = await desk.call("POST", f"/messages/{message}/answers", by=RECEIVER, body={"text": "Kvittrande svar"})
    assert done.status_code in (200, 201), done.text
    return message
