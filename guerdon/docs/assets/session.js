// Whose requests are shown and tried: the merchant of the key that was given in this tab, or that of a demo.

const KEPT = "guerdon.key";
const given = document.getElementById("credentials")?.dataset ?? {};

/** The merchant's number in a key such as gk_42_…, which the storefront contract takes for its GUID. */
const merchantOf = (key) => /^gk_(?:[a-z]+_)?(\d+)_/.exec(key)?.[1] ?? "";

/** What signs in, or null: a key with its merchant and, of a demo, an operator. */
export function credentials() {
  const key = sessionStorage.getItem(KEPT);
  if (key) return { key, merchant: merchantOf(key), username: "", password: "" };
  if (!given.apiKey) return null;
  return { key: given.apiKey, merchant: given.guid, username: given.username, password: given.password };
}

/** Whether anybody may play with this merchant. */
export const ofDemo = () => Boolean(given.apiKey) && !sessionStorage.getItem(KEPT);

export const signOut = () => sessionStorage.removeItem(KEPT);

/** An answer of the storefront contract to these credentials; throws what it says where it says no. */
export async function ask(path, parameters = {}, by = credentials()) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  const answer = await fetch(`${path}?${query}`, { headers: { "x-guid": by.merchant, "x-api-key": by.key } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

/** Ask for a key, and keep it in this tab once it opens something; then the page begins anew. */
export function signIn() {
  const dialog = document.getElementById("sign-in");
  const form = dialog.querySelector("form");
  const wrong = dialog.querySelector(".wrong");
  form.querySelector("[value=close]").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const key = form.elements.key.value.trim();
    try {
      await ask("/api/v2/requests", { limit: 1 }, { key, merchant: merchantOf(key) });
    } catch (error) {
      wrong.textContent = error.message;
      wrong.hidden = false;
      return;
    }
    sessionStorage.setItem(KEPT, key);
    location.reload();
  };
  dialog.showModal();
}

/** Say in the bar who is logged in, with the button for the other way. */
export function showWho() {
  const own = sessionStorage.getItem(KEPT);
  const out = () => { signOut(); location.reload(); };
  const button = element("button", { type: "button", onclick: own ? out : signIn }, own ? "Log out" : "Log in");
  const by = credentials();
  const who = own ? `Merchant ${by.merchant} ` : by ? "Demo " : "";
  document.getElementById("who").replaceChildren(who, button);
}

/** An element with these properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** How a status is shown: by its class, and never by colour alone. */
export const statusMark = (status) =>
  element("span", { className: `status s${String(status)[0]}` }, String(status));

/** A time as people say it, with the exact one behind it. */
export function timeMark(at) {
  const moment = new Date(at);
  return element("time", { dateTime: moment.toISOString(), title: moment.toISOString() }, moment.toLocaleString());
}
