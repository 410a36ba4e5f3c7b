// Light, dark, or as the system says; remembered in this browser.

import { say } from "./dom.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };

export function prepareTheme(button) {
  const apply = (theme) => {
    document.documentElement.style.colorScheme = theme === "auto" ? "light dark" : theme;
    say(button, { auto: "Auto", light: "Light", dark: "Dark" }[theme]);
    button.setAttribute("aria-label", `Colours: ${theme}. Change to ${NEXT[theme]}.`);
    button.dataset.theme = theme;
  };
  apply(NEXT[localStorage.getItem("theme")] ? localStorage.getItem("theme") : "auto");
  button.addEventListener("click", () => {
    const theme = NEXT[button.dataset.theme];
    localStorage.setItem("theme", theme);
    apply(theme);
  });
}
