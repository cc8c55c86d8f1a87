// Comforts for the chat page: sends without leaving the page and shows what comes by itself. The page works without this file;
// nothing is decided here. New lines are taken from the page as the server shows it, so there is one way a line can look.
"use strict";

(() => {
  const log = document.getElementById("log");
  const box = document.getElementById("box");
  if (!log || !box) return;
  const lines = document.getElementById("lines");
  const area = document.getElementById("text");
  const working = document.getElementById("working");
  const lost = document.getElementById("lost");
  let sending = false;

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  const adopt = (line) => {
    const copy = document.importNode(line, true);
    copy.dataset.added = "yes";
    copy.tabIndex = -1;
    return copy;
  };

  const keepButtons = (old, fresh) => {
    const mine = old.querySelector(".answers");
    if (mine && !fresh.querySelector(".answers")) mine.remove();
  };

  // Where reading goes on: the first of what Lots said last.
  const show = () => document.getElementById("senaste")?.scrollIntoView({ block: "start" });

  // What waits in the inbox, on the tab.
  const count = (page) => {
    const [shown, fresh] = [document, page].map((where) => where.querySelector(".tab[href='/inbox']"));
    if (shown && fresh && shown.textContent !== fresh.textContent) shown.innerHTML = fresh.innerHTML;
  };

  const merge = (page) => {
    const fresh = page.getElementById("lines");
    if (!fresh) return false;
    document.getElementById("senaste")?.remove();
    for (const old of [...lines.children]) {
      const same = page.getElementById(old.id);
      if (same) keepButtons(old, same);
      else old.remove();
    }
    const added = [...fresh.children].filter((line) => !document.getElementById(line.id)).map(adopt);
    lines.append(...added);
    for (const name of ["once", "csrf"]) {
      const value = page.querySelector(`#box input[name=${name}]`).value;
      document.querySelectorAll(`input[name=${name}]`).forEach((input) => { input.value = value; });
    }
    count(page);
    show();
    return added;
  };

  const say = (...words) => {
    lost.querySelector("p").replaceChildren(...words);
    lost.hidden = !words.length;
  };

  // The line is broken: asked for again until it holds, so that the warning does not stay when it no longer is true.
  const broken = () => {
    say(lost.dataset.text);
    const mend = async () => {
      if (lost.hidden || lost.textContent.trim() !== lost.dataset.text) return;
      if (await refresh()) say();
      else window.setTimeout(mend, 3000);
    };
    window.setTimeout(mend, 3000);
  };

  // Why a turn was not taken, with its link where there is one. The token is the new session's, if somebody has signed in meanwhile.
  const tell = (page, problem) => {
    say(...document.importNode(problem, true).childNodes);
    const token = page.querySelector("input[name=csrf]");
    if (token?.value) document.querySelectorAll("input[name=csrf]").forEach((input) => { input.value = token.value; });
  };

  const clean = (form) => {
    if (form === box) area.value = "";
    document.querySelector(".menu").open = false;
  };

  const send = async (form, button) => {
    if (sending) return;
    sending = true;
    const typing = document.activeElement === area;
    const waiting = window.setTimeout(() => { working.hidden = false; }, 400);
    say();
    try {
      const answer = await fetch("/chat", { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
      const page = parse(await answer.text());
      const added = merge(page);
      if (added) {
        clean(form);
        if (typing || (form === box && window.matchMedia("(pointer: fine)").matches)) area.focus();
        else added.find((line) => line.classList.contains("bubble--lots"))?.focus({ preventScroll: true });
      } else {
        const problem = page.getElementById("problem");
        if (!problem) { window.location.reload(); return; }
        tell(page, problem);
      }
    } catch {
      broken();
    } finally {
      window.clearTimeout(waiting);
      working.hidden = true;
      sending = false;
    }
  };

  // Before the page's other listeners: they are for pages that are left behind.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[action='/chat']")) return;
    event.preventDefault();
    event.stopPropagation();
    send(event.target, event.submitter);
  }, true);

  log.addEventListener("click", async (event) => {
    const button = event.target.closest(".bubble[data-added] [data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText);
    button.querySelector("span").textContent = button.dataset.copied;
  });

  const refresh = async () => {
    if (sending) return false;
    try {
      const answer = await fetch("/chat", { headers: { "Lots-Refresh": "yes" }, redirect: "error" });
      if (answer.ok && !sending) merge(parse(await answer.text()));
      return answer.ok;
    } catch {
      return false; // The network is away; the stream tries again by itself.
    }
  };

  if (!window.location.hash) show();

  const stream = new EventSource(`${log.dataset.streamFrom}?after=${log.dataset.newest}`);
  stream.addEventListener("message", (event) => {
    const [newest, erasedBefore] = event.data.split(" ").map(Number);
    const number = (line) => (line ? Number(line.id.slice("rad-".length)) : 0);
    if (number(lines.lastElementChild) !== newest || number(lines.firstElementChild) < erasedBefore) refresh();
  });
  window.addEventListener("pagehide", () => stream.close());
})();
