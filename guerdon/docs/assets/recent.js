// <recent-requests>: the last requests to one operation, as the server kept them, or as this page made them.

import { ask, credentials, element, signIn, statusMark, timeMark } from "./session.js";

const SHOWN = 5;
const WRITTEN_AFTER_MS = 900; // the server writes its log every half second
const made = [];

/** Remember a request that this page made, and show it where it belongs. */
export function noteRequest(method, path, status) {
  made.unshift({ at: Date.now(), method, path, status, user_agent: navigator.userAgent });
  made.length = Math.min(made.length, 200);
  const refresh = () => document.querySelectorAll("recent-requests").forEach((one) => one.refresh(method, path));
  refresh();
  if (credentials()) setTimeout(refresh, WRITTEN_AFTER_MS);
}

class RecentRequests extends HTMLElement {
  connectedCallback() {
    const [method, template] = this.getAttribute("x-recent-requests").split(" ");
    this.method = method;
    this.beginning = template.split("{")[0];
    this.pattern = new RegExp(`^${template.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`);
    this.seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        this.seen.disconnect();
        this.show();
      }
    });
    this.replaceChildren(element("h3", {}, "Recent requests"), element("p", { className: "quiet" }, "…"));
    this.seen.observe(this);
  }

  disconnectedCallback() {
    this.seen.disconnect();
  }

  refresh(method, path) {
    if (method === this.method && this.pattern.test(path)) this.show();
  }

  async show() {
    const rows = credentials() ? await this.kept() : made.filter((one) => this.isOne(one));
    const title = element("h3", {}, "Recent requests");
    const further = credentials()
      ? element("a", { href: `/docs/requests?method=${this.method}&path=${this.beginning}` }, "Full history")
      : element("button", { type: "button", onclick: signIn }, "Log in to see full request history");
    if (typeof rows === "string") return this.replaceChildren(title, element("p", { className: "quiet" }, rows), further);
    const body = rows.slice(0, SHOWN).map((one) =>
      element("tr", {},
        element("td", {}, timeMark(one.at)), element("td", {}, statusMark(one.status)),
        element("td", { className: "agent", title: one.user_agent }, one.user_agent || "–")));
    const head = ["Time", "Status", "User agent"].map((name) => element("th", { scope: "col" }, name));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
    const none = element("p", { className: "quiet" }, "None yet. Those that you try are shown here.");
    this.replaceChildren(title, rows.length ? table : none, further);
  }

  isOne(request) {
    return request.method === this.method && this.pattern.test(request.path);
  }

  async kept() {
    try {
      const page = await ask("/api/v2/requests", { method: this.method, path: this.beginning, limit: 20 });
      return page.requests.filter((one) => this.isOne(one));
    } catch (error) {
      return error.message;
    }
  }
}

customElements.define("recent-requests", RecentRequests);
