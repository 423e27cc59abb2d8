/** What every page does: the theme, the menu on phones, tabs, and buttons that copy code. */

const root = document.documentElement;

// Theme: as the system, light, dark.

const THEMES = { auto: "Auto", light: "Light", dark: "Dark" };
const themeButton = document.getElementById("theme");

function showTheme() {
  themeButton.textContent = THEMES[root.dataset.theme] ?? THEMES.auto;
  themeButton.setAttribute("aria-label", `Theme: ${themeButton.textContent}`);
}

themeButton.addEventListener("click", () => {
  const names = Object.keys(THEMES);
  root.dataset.theme = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
  showTheme();
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // A browser that blocks storage keeps the theme for this page only.
  }
});
themeButton.hidden = false;
showTheme();

// The menu of pages: beside the page on wide screens, folded on others.

const menu = document.getElementById("menu");
const showMenu = () => (root.dataset.menu = menu.open ? "open" : "closed");
menu.addEventListener("toggle", showMenu);
showMenu();

// Tabs. Without this script, all panels are shown.

for (const [group, tabs] of document.querySelectorAll(".tabs").entries()) {
  const panels = [...tabs.querySelectorAll(":scope > section")];
  const list = document.createElement("div");
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Languages");
  const buttons = panels.map((panel, index) => makeTab(panel, `tab-${group}-${index}`));
  const select = (chosen, focus) => {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
      panels[index].hidden = index !== chosen;
    });
    if (focus) buttons[chosen].focus();
  };
  buttons.forEach((button, index) => {
    button.addEventListener("click", () => select(index));
    button.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (step) select((index + step + buttons.length) % buttons.length, true);
    });
  });
  list.append(...buttons);
  tabs.prepend(list);
  select(0);
}

function makeTab(panel, id) {
  panel.id = id;
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-label", panel.dataset.label);
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", id);
  button.textContent = panel.dataset.label;
  return button;
}

// Copy buttons.

for (const code of document.querySelectorAll("figure.code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  code.append(button);
}

// The section in view is marked in the table of contents.

const entries = new Map([...document.querySelectorAll(".contents a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
const observer = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) {
      if (!isIntersecting) continue;
      for (const link of entries.values()) link.removeAttribute("aria-current");
      entries.get(target.id)?.setAttribute("aria-current", "true");
    }
  },
  { rootMargin: "0px 0px -75% 0px" },
);
for (const heading of document.querySelectorAll("article :is(h2, h3)[id]")) if (entries.has(heading.id)) observer.observe(heading);
