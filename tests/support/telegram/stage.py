"""The page on which a person plays someone in Telegram: the chat, its buttons, a box to write in. For demos and looking; server-rendered."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from common.ids import new_token
from tests.support.telegram.core import Telegram
from tests.support.telegram.mini_app import DARK, LIGHT, init_data, opened
from tests.support.telegram.people import Person
from tests.support.telegram.wire import Button, Message

STYLE = """
body{margin:0;font:16px/1.4 system-ui;background:#d7e3ec;color:#000}main{max-width:34rem;margin:auto;padding:1rem}
.m{background:#fff;border-radius:.8rem;padding:.6rem .8rem;margin:.4rem 3rem .1rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.me{background:#e2f7cb;margin:.4rem 0 .1rem 3rem}.k{display:flex;gap:.25rem;margin-right:3rem}.k form,.k a{flex:1}
.k button,.k a{display:block;width:100%;box-sizing:border-box;text-align:center;padding:.55rem;border:0;border-radius:.6rem;background:#5b7f9b;color:#fff;font:inherit;text-decoration:none}
form.w{display:flex;gap:.5rem;position:sticky;bottom:0;background:#d7e3ec;padding:.6rem 0}input{flex:1;font:inherit;padding:.6rem}
small{color:#334}
"""
SCRIPT = """
let seen='';setInterval(async()=>{const a=await fetch('state'+location.search);const t=await a.text();
if(seen&&seen!==t&&!document.getElementById('t').value)location.reload();seen=t;},700);
document.getElementById('end').scrollIntoView();
"""


def routes(telegram: Telegram) -> list[Route]:
    def person(request: Request) -> Person:
        return telegram.person(int(request.query_params.get("user", "4711")), "Demo")

    async def page(request: Request) -> Response:
        return HTMLResponse(_page(telegram, person(request), request.query_params.get("theme", "light")))

    async def state(request: Request) -> Response:
        return JSONResponse([[m.id, m.text, len(m.buttons)] for m in person(request).chat.messages])

    async def act(request: Request) -> Response:
        form, someone = await request.form(), person(request)
        if text := str(form.get("text", "")):
            someone.says(text)
        elif data := str(form.get("data", "")):
            message = someone.chat.message(int(str(form["message"])))
            if message is not None:
                someone.sends_data(message, data)
        elif form.get("block"):
            (someone.unblocks if someone.chat.blocked else someone.blocks)()
        return RedirectResponse(f"./?{request.query_params}", 303)

    return [
        Route("/", page),
        Route("/state", state),
        Route("/", act, methods=["POST"]),
    ]


def _page(telegram: Telegram, person: Person, theme: str) -> str:
    colours = DARK if theme == "dark" else LIGHT
    shown = "".join(_message(telegram, person, message, colours) for message in person.chat.messages)
    commands = " ".join(f"/{command['command']}" for command in telegram.commands.get("", ()))
    block = "Släpp in" if person.chat.blocked else "Blockera"
    return (
        f'<!doctype html><html lang="sv"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Telegram på låtsas</title><style>{STYLE}</style><main><h1>Telegram på låtsas</h1>"
        f"<p><small>{escape(commands)}</small></p>{shown}<div id=end></div>"
        f'<form class=w method=post><input id=t name=text aria-label="Meddelande" autofocus autocomplete=off><button>Skicka</button>'
        f"</form><form method=post><button name=block value=1>{block}</button></form></main><script>{SCRIPT}</script></html>"
    )


def _message(telegram: Telegram, person: Person, message: Message, colours: dict[str, str]) -> str:
    kind = "m" if message.sender.is_bot else "m me"
    rows = "".join(
        f'<div class="k">{"".join(_button(telegram, person, message, button, colours) for button in row)}</div>'
        for row in message.keyboard
    )
    return f'<div class="{kind}">{escape(message.text)}</div>{rows}'


def _button(telegram: Telegram, person: Person, message: Message, button: Button, colours: dict[str, str]) -> str:
    if button.data is not None:
        return (
            f'<form method="post"><input type="hidden" name="message" value="{message.id}">'
            f'<button name="data" value="{escape(button.data)}">{escape(button.text)}</button></form>'
        )
    url = button.url or ""
    if button.web_app:
        data = init_data(telegram.token, person.user, int(telegram.now()), query_id=new_token())
        url = opened(button.web_app, data, colours)
    return f'<a target="_blank" rel="noopener" href="{escape(url)}">{escape(button.text)}</a>'
