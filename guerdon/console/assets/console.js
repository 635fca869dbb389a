// What the console does beyond links and forms. Every page works without it.
"use strict";

const page = document.documentElement;
page.classList.add("has-script");
const found = (id) => document.getElementById(id);
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// Parts that need scripts show themselves where there is one.
const reveal = (root) => {
  for (const part of root.querySelectorAll("[data-copies], [data-opens]")) part.hidden = false;
};
reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.target));

// Selects that act at once; what was just done goes away by itself, unless it can be undone.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
for (const toast of document.querySelectorAll("[data-toast]")) {
  if (toast.querySelector("form") === null) setTimeout(() => toast.remove(), 6000);
}

document.addEventListener("click", async (event) => {
  const copier = event.target.closest("[data-copies]");
  if (copier !== null) {
    await navigator.clipboard.writeText(copier.parentElement.querySelector("code").textContent);
    const said = copier.textContent;
    copier.textContent = "✓";
    setTimeout(() => { copier.textContent = said; }, 1500);
    return;
  }
  const closer = event.target.closest("[data-closes]");
  if (closer !== null) return closeDrawer();
  const opener = event.target.closest("[data-opens]");
  if (opener !== null) return openPalette();
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const link = event.target.closest("a");
  if (plain && link !== null && link.classList.contains("opens-drawer")) {
    event.preventDefault();
    return openDrawer(link.href, link);
  }
  // A click anywhere on a row is one on its link.
  const row = event.target.closest("tr");
  if (plain && row !== null && link === null && event.target.closest("button, input, label, summary") === null && getSelection().isCollapsed) {
    row.querySelector("a.row-link")?.click();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// The drawer shows the story of another page. It has that page's address, and going back closes it.
const drawer = found("drawer");
let opener = null;
let under = location.href;
async function openDrawer(address, from) {
  const answer = await fetch(address, { headers: { "x-drawer": "1" } });
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  const story = there.getElementById("story");
  if (story === null || answer.redirected) return location.assign(address);
  if (drawer.hidden) under = location.href;
  opener = from;
  drawer.setAttribute("aria-label", there.querySelector("h1").textContent.trim());
  found("drawer-story").replaceChildren(headOf(there), document.adoptNode(story));
  found("drawer-page").href = address;
  drawer.hidden = false;
  drawer.scrollTop = 0;
  history.pushState({ drawer: address }, "", address);
  reveal(drawer);
  window.htmx?.process(drawer);
  drawer.querySelector("button").focus();
}
// The head of that page: its title, a level below that of the page that is under it, its state, and what can be done.
function headOf(there) {
  const head = document.adoptNode(there.querySelector(".page-head"));
  const title = document.createElement("h2");
  title.className = "title";
  title.append(...head.querySelector("h1").childNodes);
  head.querySelector("h1").replaceWith(title);
  head.querySelector("#page-state").removeAttribute("id");
  return head;
}
function hideDrawer() {
  drawer.hidden = true;
  found("drawer-story").replaceChildren();
  opener?.focus();
}
function closeDrawer() {
  if (drawer.hidden) return;
  hideDrawer();
  history.pushState({}, "", under);
}
addEventListener("popstate", (event) => {
  if (event.state?.drawer) location.assign(location.href);
  else if (drawer !== null && !drawer.hidden) hideDrawer();
  else location.reload();
});

// The palette: pages, what can be done there and here, and members by whatever is typed. The dialog holds the focus, and
// gives it back.
const palette = found("palette");
const wanted = found("palette-text");
const list = found("palette-list");
const OFFERED_MAX = 8;
const MEMBERS_MAX = 5;
let commands = [];
let met = { text: "", members: [] };
let meeting = 0;
const named = (link) => [link.textContent.replace(/\s+/g, " ").trim(), link.href];
function openPalette() {
  if (palette.open) return palette.close();
  const kinds = found("palette-commands").content;
  const here = [...document.querySelectorAll("main .page-action a, main .tabs a")].filter((link) => link.textContent.trim() !== "");
  commands = [
    ...here.map((link) => [...named(link), palette.dataset.here]),
    ...[...kinds.querySelectorAll("a")].map((link) => [...named(link), palette.dataset[link.dataset.kind ?? "page"]]),
  ];
  wanted.value = "";
  offer();
  palette.showModal();
}
function offer() {
  const text = wanted.value.trim();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const offered = commands.filter(([name]) => words.every((word) => name.toLowerCase().includes(word))).slice(0, OFFERED_MAX);
  if (met.text === text) offered.push(...met.members);
  if (words.length > 0) offered.push([`${found("search").labels[0].textContent}: ${text}`, `/console/members?q=${encodeURIComponent(text)}`, ""]);
  list.replaceChildren(...offered.map(([name, address, kind], at) => {
    const item = document.createElement("li");
    const what = document.createElement("span");
    const of = document.createElement("small");
    item.id = `palette-${at}`;
    item.role = "option";
    what.textContent = name;
    of.textContent = kind;
    item.append(what, of);
    item.dataset.address = address;
    return item;
  }));
  choose(0);
}
// Members are those that the list of members finds; what was typed since is asked anew.
async function meet() {
  const text = wanted.value.trim();
  const answer = await fetch(`/console/members?q=${encodeURIComponent(text)}`);
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  const rows = [...there.querySelectorAll("#rows a.row-link")].slice(0, MEMBERS_MAX);
  met = { text, members: rows.map((link) => [link.textContent.trim(), link.getAttribute("href"), palette.dataset.member]) };
  if (palette.open && wanted.value.trim() === text) offer();
}
palette?.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
function choose(at) {
  const items = [...list.children];
  const next = items[(at + items.length) % Math.max(items.length, 1)];
  for (const item of items) item.setAttribute("aria-selected", String(item === next));
  if (next) {
    wanted.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  }
}
wanted?.addEventListener("input", () => {
  offer();
  clearTimeout(meeting);
  if (wanted.value.trim().length > 1) meeting = setTimeout(meet, 150);
});
wanted?.addEventListener("keydown", (event) => {
  const at = [...list.children].findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") { event.preventDefault(); choose(at + 1); }
  if (event.key === "ArrowUp") { event.preventDefault(); choose(at - 1); }
  if (event.key === "Enter") { event.preventDefault(); list.children[at]?.click(); }
});
list?.addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (item !== null) location.assign(item.dataset.address);
});

addEventListener("keydown", (event) => {
  if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    found("search")?.focus();
  } else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && palette !== null) {
    event.preventDefault();
    openPalette();
  } else if (event.key === "Escape" && palette?.open !== true) {
    const menu = event.target.closest("details.menu[open]");
    if (menu === null) return closeDrawer();
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Which columns a table shows is kept in this browser.
for (const box of document.querySelectorAll("[data-chooses]")) chooseColumns(box);
function chooseColumns(box) {
  const kept = `guerdon-columns-${location.pathname}-${box.dataset.chooses}`;
  const heads = [...box.querySelectorAll("thead th")];
  const hidden = new Set(JSON.parse(localStorage.getItem(kept) ?? "[]"));
  const show = () => {
    for (const row of box.querySelectorAll("tr")) [...row.children].forEach((cell, at) => { cell.hidden = hidden.has(at); });
  };
  const menu = document.createElement("details");
  menu.className = "menu columns";
  const summary = document.createElement("summary");
  summary.className = "button quiet small";
  summary.textContent = box.dataset.choosesLabel;
  const choices = document.createElement("div");
  heads.slice(1).forEach((head, at) => {
    const label = document.createElement("label");
    const check = document.createElement("input");
    check.type = "checkbox";
    check.checked = !hidden.has(at + 1);
    check.addEventListener("change", () => {
      check.checked ? hidden.delete(at + 1) : hidden.add(at + 1);
      localStorage.setItem(kept, JSON.stringify([...hidden]));
      show();
    });
    label.append(check, ` ${head.textContent.trim()}`);
    choices.append(label);
  });
  menu.append(summary, choices);
  box.before(menu);
  show();
}
