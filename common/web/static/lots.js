// Comforts for those whose browser runs scripts. Every page works without this file; nothing is decided here.
//
//   data-live="URL"          the element is fetched anew from the page at URL (same id) every data-every seconds,
//   data-check="URL"         … but only when the text at URL is another than data-mark (a light question first),
//   data-stream="URL"        … and at once when the stream of events at URL says that the text is another one now,
//   data-say="text"          what a screen reader hears when it has changed; with data-stepwise only when this text is another one than before
//   data-lands               in such an element: the heading that gets the focus when what had it is gone
//   data-left="seconds"      counts down, and fetches what is around it at the end; data-soon is said once, ten seconds before
//   data-copy="#id"          a button that copies the text of #id; data-copied is said when done
//   data-enter               a text box whose form is sent by Enter (on machines with a keyboard); Shift+Enter is a new line
//   data-focus               gets the focus when the page opens (an error summary)
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("has-js");

  const say = (text) => {
    const place = document.getElementById("announce");
    if (place && text) place.textContent = text;
  };

  // What someone is writing stays when the page around it is fetched anew.
  const unsaved = (element) => [...element.querySelectorAll("input[id], textarea[id]")]
    .filter((field) => field.value !== field.defaultValue && field.type !== "radio" && field.type !== "hidden")
    .map((field) => [field.id, field.value, field.selectionStart, field.selectionEnd]);

  const restore = (fields) => fields.forEach(([id, value, start, end]) => {
    const field = document.getElementById(id);
    if (!field) return;
    field.value = value;
    if (field === document.activeElement) field.setSelectionRange(start, end);
  });

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  const keepFocus = (element, id) => {
    const same = id && document.getElementById(id);
    if (same) same.focus({ preventScroll: true });
    else element.querySelector("[data-lands]")?.focus();
  };

  const replace = (id, page) => {
    const old = document.getElementById(id);
    const fresh = page.getElementById(id);
    if (!old || !fresh || old.innerHTML === fresh.innerHTML) return null;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceChildren(...fresh.childNodes);
    if (focused) keepFocus(old, focused.id);
    if (fresh.dataset.say !== undefined) old.dataset.say = fresh.dataset.say;
    prepare(old);
    return old;
  };

  const refreshTabs = (page) => {
    const old = document.querySelector(".tabs");
    const fresh = page.querySelector(".tabs");
    if (old && fresh && old.innerHTML !== fresh.innerHTML && !old.contains(document.activeElement)) {
      old.replaceChildren(...fresh.childNodes);
    }
  };

  const unchanged = async (element) => {
    if (!element.dataset.check) return false;
    const answer = await fetch(element.dataset.check, { headers: { "Lots-Refresh": "yes" }, redirect: "error" });
    if (answer.status === 401 && !unsaved(element).length) window.location.reload();
    const mark = answer.ok ? await answer.text() : element.dataset.mark;
    if (mark === element.dataset.mark) return true;
    element.dataset.mark = mark;
    return false;
  };

  const refresh = async (element, unasked = false) => {
    try {
      if (!unasked && await unchanged(element)) return;
      const answer = await fetch(element.dataset.live, { headers: { Accept: "text/html", "Lots-Refresh": "yes" }, redirect: "error" });
      if (!answer.ok) return;
      const page = parse(await answer.text());
      refreshTabs(page);
      const kept = unsaved(element), before = element.dataset.say;
      if (!replace(element.id, page)) return;
      restore(kept);
      if (element.dataset.say === before && "stepwise" in element.dataset) return;
      say(element.dataset.say);
      document.querySelector("[data-warned]")?.remove();
    } catch {
      // The network is away; the next turn tries again.
    }
  };

  const listen = (element) => {
    if (!element.dataset.stream || !window.EventSource) return;
    const events = new EventSource(element.dataset.stream);
    events.addEventListener("message", (event) => {
      if (!document.hidden && event.data !== element.dataset.mark) refresh(element);
    });
    window.addEventListener("pagehide", () => events.close());
  };

  const keepAlive = (element) => {
    listen(element);
    const seconds = Number(element.dataset.every);
    if (seconds > 0) {
      window.setInterval(() => { if (!document.hidden) refresh(element); }, seconds * 1000);
      document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(element); });
    }
  };

  const blockSecondTap = (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sending) { event.preventDefault(); return; }
      form.dataset.sending = "yes";
      event.submitter?.setAttribute("aria-disabled", "true");
    });
  };

  const copyOnClick = (button) => {
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.copy);
      if (!source) return;
      await navigator.clipboard.writeText(source.innerText);
      say(button.dataset.copied);
      button.querySelector("span").textContent = button.dataset.copied;
    });
  };

  const sendOnEnter = (area) => {
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || window.matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      if (area.value.trim()) area.form.requestSubmit();
    });
  };

  // Hundreds of phones come to the end together: each asks a moment after it.
  const countDown = (place) => {
    const ends = performance.now() + Number(place.dataset.left) * 1000;
    const around = place.closest("[data-live]");
    let shown = Number(place.dataset.left);
    const turn = window.setInterval(() => {
      const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
      if (!place.isConnected) { window.clearInterval(turn); return; }
      if (left === shown) return;
      shown = left;
      place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (left === 10) say(place.dataset.soon);
      if (left > 0) return;
      window.clearInterval(turn);
      if (around) window.setTimeout(() => refresh(around, true), Math.random() * 2000);
    }, 250);
  };

  function prepare(scope) {
    scope.querySelectorAll("[data-left]").forEach(countDown);
    scope.querySelectorAll("[data-copy]").forEach(copyOnClick);
    scope.querySelectorAll("textarea[data-enter]").forEach(sendOnEnter);
    scope.querySelectorAll("form[method=post]").forEach(blockSecondTap);
  }

  document.addEventListener("DOMContentLoaded", () => {
    prepare(document);
    document.querySelectorAll("[data-live]").forEach(keepAlive);
    document.querySelector("[data-focus]")?.focus();
  });
  // A page taken from the browser's memory ("back") may be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sending]").forEach((form) => { delete form.dataset.sending; });
    document.querySelectorAll("button[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  });
})();
