// Lots inside Telegram: proves who opened the page, and takes on Telegram's colours where they can be read. Ours, so that nothing is
// fetched from elsewhere. Does nothing in an ordinary browser.
//
//   #tgWebAppData=…&tgWebAppThemeParams=…   what Telegram opens a page with; taken out of the address at once
//   data-telegram-to="/path"                the page that waits to be let in, and where it goes then
"use strict";

(() => {
  const KEPT = "lots-telegram-theme";
  const READABLE = 4.5;
  const root = document.documentElement;
  const given = new URLSearchParams(location.hash.slice(1));
  const initData = given.get("tgWebAppData");

  const channels = (colour) => [1, 3, 5].map((place) => {
    const part = Number.parseInt(colour.slice(place, place + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = (colour) => channels(colour).reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const isColour = (value) => /^#[0-9a-f]{6}$/i.test(value || "");

  const style = (scheme) => {
    if (!document.getElementById("telegram-style")) {
      const link = document.createElement("link");
      link.id = "telegram-style";
      link.rel = "stylesheet";
      link.href = document.querySelector("script[data-telegram-css]").dataset.telegramCss;
      document.head.append(link);
    }
    root.dataset.telegram = scheme;
  };

  // Each colour is taken only where text on it can still be read; else our own of the same scheme stays.
  const wear = (theme) => {
    const surface = theme.bg_color;
    if (!isColour(surface)) return;
    style(light(surface) < 0.2 ? "dark" : "light");
    const take = (name, colour, ...against) => {
      const fits = isColour(colour) && against.every((other) => isColour(other) && contrast(colour, other) >= READABLE);
      if (fits) root.style.setProperty(name, colour);
      else root.style.removeProperty(name);
      return fits;
    };
    const ground = isColour(theme.secondary_bg_color) ? theme.secondary_bg_color : surface;
    if (!take("--ink", theme.text_color, surface, ground)) return;
    root.style.setProperty("--surface", surface);
    root.style.setProperty("--ground", ground);
    root.style.setProperty("--sunken", ground);
    if (!take("--ink-soft", theme.subtitle_text_color || theme.hint_color, surface, ground)) {
      root.style.setProperty("--ink-soft", theme.text_color);
    }
    const buttons = isColour(theme.button_color) && isColour(theme.button_text_color) &&
      contrast(theme.button_color, theme.button_text_color) >= READABLE;
    if (buttons && take("--sea", theme.button_color, surface, ground)) {
      root.style.setProperty("--sea-deep", theme.button_color);
      root.style.setProperty("--on-sea", theme.button_text_color);
      root.style.setProperty("--sea-pale", ground);
    }
  };

  const kept = () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT));
    } catch {
      return null;
    }
  };
  const read = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  };
  const tell = (event) => window.TelegramWebviewProxy?.postEvent(event, "{}");

  const theme = read(given.get("tgWebAppThemeParams")) || kept();
  if (theme) {
    sessionStorage.setItem(KEPT, JSON.stringify(theme));
    wear(theme);
    tell("web_app_ready");
    tell("web_app_expand");
    window.Telegram = { WebView: { receiveEvent: (event, data) => {
      if (event !== "theme_changed" || !data?.theme_params) return;
      sessionStorage.setItem(KEPT, JSON.stringify(data.theme_params));
      wear(data.theme_params);
    } } };
  }
  if (given.has("tgWebAppData")) history.replaceState(null, "", location.pathname + location.search);

  const waiting = document.querySelector("[data-telegram-to]");
  if (!waiting) return;
  const refuse = () => {
    waiting.querySelector("[data-telegram-waiting]").hidden = true;
    waiting.querySelector("[data-telegram-refused]").hidden = false;
  };
  if (!initData) {
    refuse();
    return;
  }
  fetch("/telegram/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ init_data: initData, to: waiting.dataset.telegramTo }),
  }).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
    .then((answer) => location.replace(answer.to))
    .catch(refuse);
})();
