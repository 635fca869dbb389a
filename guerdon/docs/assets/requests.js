// The history of requests: filters in the address, pages by cursor, and each row opens what was sent and answered.

import { ask, credentials, element, showWho, signIn, statusMark, timeMark } from "./session.js";

const section = document.getElementById("requests");
const filter = document.getElementById("filter");
const COLUMNS = ["Time", "Status", "Request", "Took", "Key", "User agent"];

showWho();
if (credentials()) {
  filter.hidden = false;
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (filter.elements[name]) filter.elements[name].value = value;
  }
  showPage();
} else {
  const button = element("button", { type: "button", className: "main", onclick: signIn }, "Log in to see full request history");
  section.append(element("p", {}, "Requests are shown to whoever has a key of the merchant."), button);
}

async function showPage(cursor = "") {
  const asked = Object.fromEntries(new FormData(filter));
  let page;
  try {
    page = await ask("/api/v2/requests", { ...asked, cursor, limit: 50 });
  } catch (error) {
    section.append(element("p", { className: "wrong", role: "alert" }, error.message));
    return;
  }
  const table = section.querySelector("tbody") ?? newTable();
  if (!page.requests.length && !cursor) {
    section.replaceChildren(element("p", {}, "Nothing was asked that fits. What your clients ask is shown here a second later."));
    return;
  }
  table.append(...page.requests.map(row));
  section.querySelector(".more")?.remove();
  if (page.next_cursor) {
    const more = element("button", { type: "button", className: "more" }, "Show older requests");
    more.onclick = () => showPage(page.next_cursor);
    section.append(more);
  }
}

function newTable() {
  const head = COLUMNS.map((name) => element("th", { scope: "col" }, name));
  const body = element("tbody");
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), body);
  section.replaceChildren(element("div", { className: "wide" }, table));
  return body;
}

function row(one) {
  const open = element("button", { type: "button", className: "open" }, `${one.method} ${one.path}`);
  open.setAttribute("aria-expanded", "false");
  const made = element("tr", {},
    element("td", {}, timeMark(one.at)), element("td", {}, statusMark(one.status)), element("td", {}, open),
    element("td", { className: "number" }, `${one.duration_ms.toFixed(1)} ms`), element("td", {}, one.key ?? one.caller),
    element("td", { className: "agent", title: one.user_agent }, one.user_agent || "–"));
  open.onclick = async () => {
    if (open.getAttribute("aria-expanded") === "true") {
      made.nextElementSibling.remove();
      open.setAttribute("aria-expanded", "false");
      return;
    }
    open.setAttribute("aria-expanded", "true");
    made.after(await details(one));
  };
  return made;
}

async function details(one) {
  const whole = await ask(`/api/v2/requests/${one.request_id}`);
  const parts = [["Query", whole.query], ["Request", whole.request], ["Answer", whole.response]]
    .filter(([, text]) => text)
    .map(([name, text]) => element("div", {}, element("h3", {}, name), element("pre", {}, indented(text))));
  const facts = element("p", { className: "quiet" }, `Request ${one.request_id}`, one.error_code ? ` · ${one.error_code}` : "");
  return element("tr", { className: "details" }, element("td", { colSpan: COLUMNS.length }, facts, ...parts));
}

/** JSON on several lines; a text that was cut is no JSON any more, and stays as it is. */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
