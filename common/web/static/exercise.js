// The engine's word while a scenario is written. The button on the page asks the same; without scripts it is the only way.
//
//   form[data-engine="text"]   asked anew a moment after a change; the text is what is said when no answer came
//   data-said="step"           the engine's word of a step: replaced when it is another one, and told to a screen reader
//   data-fields="question"    the fields of the answers: replaced only when the question has other fields; what is typed meanwhile stays
"use strict";

(() => {
  const WAIT = 500;

  const fresh = async (form, signal) => {
    const fields = new URLSearchParams([...new FormData(form), ["act", "ask"]]);
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" }, redirect: "error", signal });
    if (answer.status !== 200 && answer.status !== 422) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  const words = (element) => [...element.querySelectorAll("p")].map((line) => line.textContent.trim()).join(" ");

  const show = (form, page) => {
    const news = [];
    form.querySelectorAll("[data-said]").forEach((old) => {
      const now = page.getElementById(old.id);
      if (!now || words(old) === words(now)) return;
      old.replaceChildren(...now.childNodes);
      if (words(old)) news.push(`${old.dataset.said}. ${words(old)}`);
    });
    form.querySelectorAll("[data-fields]").forEach((old) => {
      const now = page.getElementById(old.id);
      if (!now || old.dataset.fields === now.dataset.fields) return;
      const typed = [...old.querySelectorAll("input, textarea")].map((field) => [field.id, field.value]);
      const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
      old.dataset.fields = now.dataset.fields;
      old.replaceChildren(...now.childNodes);
      typed.forEach(([id, value]) => { const field = document.getElementById(id); if (field && value) field.value = value; });
      if (focused) document.getElementById(focused)?.focus();
    });
    return news.join(" ");
  };

  const forget = (form) => {
    form.querySelectorAll("[data-said]").forEach((place) => { if (words(place)) place.querySelector("div div").replaceChildren(Object.assign(document.createElement("p"), { textContent: form.dataset.engine })); });
    return form.dataset.engine;
  };

  const follow = (form) => {
    let waiting = 0, asking = new AbortController();
    const ask = async () => {
      asking = new AbortController();
      let news = "";
      try {
        news = show(form, await fresh(form, asking.signal));
      } catch (error) {
        if (error.name === "AbortError") return;
        news = forget(form);
      }
      const place = document.getElementById("announce");
      if (place && news) place.textContent = news;
    };
    form.addEventListener("change", () => {
      window.clearTimeout(waiting);
      asking.abort();
      waiting = window.setTimeout(ask, WAIT);
    });
    form.addEventListener("submit", () => { window.clearTimeout(waiting); asking.abort(); });
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-engine]").forEach(follow));
})();
