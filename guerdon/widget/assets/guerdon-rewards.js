/**
 * Guerdon's elements for the page of a shop, without anything else.
 *
 *     <script type="module" src="https://points.example/widget/v1/guerdon-rewards.js"></script>
 *     <guerdon-rewards key="gpk_…" token-url="/account/guerdon-token"></guerdon-rewards>
 *     <guerdon-earns key="gpk_…" amount-minor="4990" currency="USD"></guerdon-earns>
 *
 * <guerdon-rewards> shows one customer what they have, what it buys and what is missing, and redeems. <guerdon-earns>
 * tells what a price earns. Both ask the server that this file came from, with a publishable key and a token that the
 * shop's own server has signed. Nothing is kept: no cookie, no storage. Styles are a constructed sheet and all content
 * is made node by node, so the strictest policy of a page holds.
 */

const HERE = new URL(import.meta.url).origin;
const TRIES = 3;
const SECTIONS = ["balance", "tier", "rewards", "coupons", "referral", "history"];
const CARD_EARLY_MS = 30_000;
const CARD_LATEST_MS = 240_000;
const DAY_MS = 86_400_000;
const SOON_MS = 45 * DAY_MS;

const WORDS = {
  en: {
    points: { one: "point", other: "points" },
    yourPoints: "Your points",
    hello: (name) => `Hello ${name}`,
    pending: (n, when) => `${n} on the way${when ? `, there ${when}` : ""}`,
    held: (n) => `${n} set aside for an order`,
    expire: (n, when) => `${n} expire ${when}`,
    on: (day) => `on ${day}`,
    tier: "Your tier",
    noTier: "No tier yet",
    keptUntil: (day) => `Yours until ${day}`,
    toNext: (what, tier) => `${what} to ${tier}`,
    topTier: "The highest there is",
    spend: (money) => `${money} to spend`,
    orders: { one: "order", other: "orders" },
    friends: { one: "friend", other: "friends" },
    and: " and ",
    or: " or ",
    rewards: "Rewards",
    noRewards: "There is nothing to redeem just now. New rewards appear here.",
    redeem: "Redeem",
    redeemNamed: (name) => `Redeem: ${name}`,
    from: (n) => `from ${n}`,
    short: (n) => `${n} short`,
    enough: (when) => `enough ${when}`,
    cart: (money) => `On orders of ${money} or more`,
    sure: (name) => `Redeem ${name}?`,
    costs: "It takes",
    left: "You then have",
    youGet: "You get",
    howMany: "How many points",
    steps: (first, step, last) => `From ${first} to ${last}, in steps of ${step}`,
    doRedeem: (n) => `Redeem ${n}`,
    notNow: "Not now",
    working: "One moment…",
    done: "Here is your code",
    doneMore: "Enter it at the checkout. It also stays under “Your codes”.",
    heldMore: "Enter it at the checkout. Your points are set aside until you order.",
    goodUntil: (day) => `Good until ${day}`,
    copy: "Copy",
    copyNamed: (what) => `Copy: ${what}`,
    copied: "Copied",
    close: "Done",
    coupons: "Your codes",
    noCoupons: "Codes that you redeem and have not used yet are kept here.",
    referral: "Bring a friend",
    referralGives: (own, friend) =>
      own && friend ? `${own} for you, ${friend} for your friend.` : own ? `${own} for you.` : `${friend} for your friend.`,
    referralPlain: "Share your link. It counts when a friend orders for the first time.",
    referralLink: "Your link",
    broughtFriends: (n) => `${n} have come so far`,
    card: "Show at the till",
    cardMore: "Have it scanned in the shop. It is renewed by itself and holds no address.",
    cardAlt: "QR code that names you at the till",
    history: "History",
    noHistory: "Whatever happens to your points is written here.",
    more: "Show more",
    why: {
      order: "Order", return: "Return", redemption: "Redeemed", capture: "Redeemed", cancellation: "Given back",
      expiry: "Expired", adjustment: "Adjusted by the shop", sign_up: "Welcome", birthday: "Birthday", review: "Review",
      referral: "A friend ordered", tier: "Tier", transfer: "Transfer", gift: "Gift",
    },
    orderNamed: (id) => `Order ${id}`,
    refused: {
      tier_too_low: ({ tier }) => `For ${tier} and higher`,
      tier_differs: ({ tier }) => `For ${tier} alone`,
      tag_missing: () => "Not for every customer",
      member_cap: () => "You have had this as often as it may be",
      day_cap: ({ points_left: n }) => (n ? `Only ${n} more points today` : "No more today. Come back tomorrow"),
      transaction_cap: ({ points_max: n }) => `At most ${n} points at a time`,
      stock_gone: () => "All gone",
      budget_gone: () => "All gone",
      pool_empty: () => "All gone for now",
      channel_differs: () => "In the shop only",
      not_opted_in: () => "Join the programme first",
      member_suspended: () => "Your membership is suspended. Please ask the shop",
      spending_not_allowed: () => "Somebody else in your household spends its points",
      not_enough_points: ({ shortfall: n }) => `${n} points short`,
      points_off_step: ({ below, above }) => `The nearest amounts are ${below} and ${above} points`,
      coupon_not_issued: () => "The shop could not make a code. No points were taken. Please try again",
      rate_limited: () => "Many people are here just now. Please try again in a moment",
    },
    guest: "Sign in to see your points",
    guestMore: "This is what points buy here.",
    newcomer: "You have no points yet",
    newcomerMore: "They begin with your first order. This is what they buy.",
    ended: "Your sign-in has ended",
    endedMore: "Reload the page or open your link anew. Nothing was lost.",
    away: "Your points cannot be shown right now",
    awayMore: "They are safe. Try again in a moment.",
    again: "Try again",
    loading: "Loading your points",
    earn: (n) => `Earn ${n}`,
  },
  de: {
    points: { one: "Punkt", other: "Punkte" },
    yourPoints: "Deine Punkte",
    hello: (name) => `Hallo ${name}`,
    pending: (n, when) => `${n} unterwegs${when ? `, da ${when}` : ""}`,
    held: (n) => `${n} für eine Bestellung vorgemerkt`,
    expire: (n, when) => `${n} verfallen ${when}`,
    on: (day) => `am ${day}`,
    tier: "Dein Status",
    noTier: "Noch kein Status",
    keptUntil: (day) => `Bis ${day} sicher`,
    toNext: (what, tier) => `Noch ${what} bis ${tier}`,
    topTier: "Der höchste Status",
    spend: (money) => `${money} Umsatz`,
    orders: { one: "Bestellung", other: "Bestellungen" },
    friends: { one: "Freund", other: "Freunde" },
    and: " und ",
    or: " oder ",
    rewards: "Prämien",
    noRewards: "Gerade gibt es nichts einzulösen. Neue Prämien erscheinen hier.",
    redeem: "Einlösen",
    redeemNamed: (name) => `Einlösen: ${name}`,
    from: (n) => `ab ${n}`,
    short: (n) => `Es fehlen ${n}`,
    enough: (when) => `genug ${when}`,
    cart: (money) => `Für Bestellungen ab ${money}`,
    sure: (name) => `${name} einlösen?`,
    costs: "Es kostet",
    left: "Danach hast du",
    youGet: "Du bekommst",
    howMany: "Wie viele Punkte",
    steps: (first, step, last) => `Von ${first} bis ${last}, in Schritten von ${step}`,
    doRedeem: (n) => `${n} einlösen`,
    notNow: "Jetzt nicht",
    working: "Einen Moment…",
    done: "Hier ist dein Code",
    doneMore: "Gib ihn an der Kasse ein. Er bleibt auch unter „Deine Codes“.",
    heldMore: "Gib ihn an der Kasse ein. Deine Punkte sind vorgemerkt, bis du bestellst.",
    goodUntil: (day) => `Gültig bis ${day}`,
    copy: "Kopieren",
    copyNamed: (what) => `Kopieren: ${what}`,
    copied: "Kopiert",
    close: "Fertig",
    coupons: "Deine Codes",
    noCoupons: "Codes, die du eingelöst und noch nicht benutzt hast, stehen hier.",
    referral: "Freunde einladen",
    referralGives: (own, friend) =>
      own && friend ? `${own} für dich, ${friend} für deinen Freund.` : own ? `${own} für dich.` : `${friend} für deinen Freund.`,
    referralPlain: "Teile deinen Link. Er zählt, wenn ein Freund zum ersten Mal bestellt.",
    referralLink: "Dein Link",
    broughtFriends: (n) => `${n} bisher dabei`,
    card: "An der Kasse zeigen",
    cardMore: "Lass ihn im Laden scannen. Er erneuert sich von selbst und enthält keine Adresse.",
    cardAlt: "QR-Code, der dich an der Kasse nennt",
    history: "Verlauf",
    noHistory: "Was mit deinen Punkten geschieht, steht hier.",
    more: "Mehr zeigen",
    why: {
      order: "Bestellung", return: "Rückgabe", redemption: "Eingelöst", capture: "Eingelöst",
      cancellation: "Gutgeschrieben", expiry: "Verfallen", adjustment: "Vom Shop angepasst", sign_up: "Willkommen",
      birthday: "Geburtstag", review: "Bewertung", referral: "Ein Freund hat bestellt", tier: "Status",
      transfer: "Übertragung", gift: "Geschenk",
    },
    orderNamed: (id) => `Bestellung ${id}`,
    refused: {
      tier_too_low: ({ tier }) => `Ab ${tier}`,
      tier_differs: ({ tier }) => `Nur für ${tier}`,
      tag_missing: () => "Nicht für alle Kunden",
      member_cap: () => "Das hattest du schon so oft wie möglich",
      day_cap: ({ points_left: n }) => (n ? `Heute nur noch ${n} Punkte` : "Heute nicht mehr. Morgen wieder"),
      transaction_cap: ({ points_max: n }) => `Höchstens ${n} Punkte auf einmal`,
      stock_gone: () => "Vergriffen",
      budget_gone: () => "Vergriffen",
      pool_empty: () => "Zurzeit vergriffen",
      channel_differs: () => "Nur im Laden",
      not_opted_in: () => "Melde dich zuerst beim Programm an",
      member_suspended: () => "Deine Mitgliedschaft ruht. Bitte frag den Shop",
      spending_not_allowed: () => "In deinem Haushalt löst jemand anders die Punkte ein",
      not_enough_points: ({ shortfall: n }) => `Es fehlen ${n} Punkte`,
      points_off_step: ({ below, above }) => `Am nächsten liegen ${below} und ${above} Punkte`,
      coupon_not_issued: () => "Der Shop konnte keinen Code machen. Deine Punkte sind noch da. Bitte noch einmal",
      rate_limited: () => "Gerade ist viel los. Bitte gleich noch einmal",
    },
    guest: "Melde dich an, um deine Punkte zu sehen",
    guestMore: "Das gibt es hier für Punkte.",
    newcomer: "Du hast noch keine Punkte",
    newcomerMore: "Mit deiner ersten Bestellung geht es los. Das gibt es dafür.",
    ended: "Deine Anmeldung ist abgelaufen",
    endedMore: "Lade die Seite neu oder öffne deinen Link noch einmal. Es ist nichts verloren.",
    away: "Deine Punkte sind gerade nicht zu sehen",
    awayMore: "Sie sind sicher. Versuch es gleich noch einmal.",
    again: "Noch einmal",
    loading: "Deine Punkte werden geladen",
    earn: (n) => `${n} sammeln`,
  },
};

/** What rewards are called that their merchant gave no name; elsewhere the server's English name is as good. */
const NAMES = {
  de: {
    amount: { DEFAULT: "Rabatt", PAY_BALANCE: "auf deine Rechnung", GIFT_CARDS: "Gutschein", DONATE_TO_CHARITY: "Spende" },
    percentage: "Rabatt",
    free_shipping: "Kostenloser Versand",
    free_product: "Gratisprodukt",
    each: (name, points) => `${name} je ${points}`,
  },
};

const STYLES = `
:host {
  --_paper: var(--guerdon-paper, #fff); --_surface: var(--guerdon-surface, #f6f7f9); --_line: var(--guerdon-line, #d9dde3);
  --_edge: var(--guerdon-edge, #7c8694); --_ink: var(--guerdon-ink, #16191d); --_soft: var(--guerdon-ink-soft, #565e69);
  --_accent: var(--guerdon-accent, #1f5fbf); --_on-accent: var(--guerdon-on-accent, #fff);
  --_good: var(--guerdon-good, #17693c); --_bad: var(--guerdon-bad, #b3261e); --_warn: var(--guerdon-warn, #7a4b00);
  --_radius: var(--guerdon-radius, 8px); --_gap: var(--guerdon-gap, 16px);
  display: block; container-type: inline-size; color: var(--_ink);
  font-family: var(--guerdon-font, inherit); font-size: var(--guerdon-size, 1rem); line-height: 1.5;
  font-variant-numeric: tabular-nums;
}
@supports (color: light-dark(red, red)) {
  :host {
    --_paper: var(--guerdon-paper, light-dark(#fff, #15181c)); --_surface: var(--guerdon-surface, light-dark(#f6f7f9, #1e2329));
    --_line: var(--guerdon-line, light-dark(#d9dde3, #343b44)); --_edge: var(--guerdon-edge, light-dark(#7c8694, #7e8996));
    --_ink: var(--guerdon-ink, light-dark(#16191d, #eceff2)); --_soft: var(--guerdon-ink-soft, light-dark(#565e69, #a6b0bb));
    --_accent: var(--guerdon-accent, light-dark(#1f5fbf, #8ab4f8)); --_on-accent: var(--guerdon-on-accent, light-dark(#fff, #0b1a30));
    --_good: var(--guerdon-good, light-dark(#17693c, #7ed3a0)); --_bad: var(--guerdon-bad, light-dark(#b3261e, #ff9d94));
    --_warn: var(--guerdon-warn, light-dark(#7a4b00, #f0bf6a));
  }
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host(guerdon-earns) { display: inline; container-type: normal; }
* { box-sizing: border-box; }
h2, h3, h4, h5, h6, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
.all { display: grid; gap: calc(var(--_gap) * 2); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.title { font-size: 1.15em; font-weight: 650; line-height: 1.3; margin-bottom: calc(var(--_gap) * .6); }
.box { background: var(--_surface); border: 1px solid var(--_line); border-radius: var(--_radius); padding: var(--_gap); }
.soft { color: var(--_soft); font-size: .875em; }
.number { font-size: 2.5em; font-weight: 700; line-height: 1.1; letter-spacing: -.02em; }
.number small { font-size: .4em; font-weight: 500; letter-spacing: 0; color: var(--_soft); }
.notes { display: flex; flex-wrap: wrap; gap: .25em 1.25em; margin-top: .6em; font-size: .875em; color: var(--_soft); }
.notes .warn { color: var(--_warn); }
.head { display: grid; gap: var(--_gap); }
@container (min-width: 38em) { .head { grid-template-columns: 1fr 1fr; } .head > :only-child { grid-column: 1 / -1; } }
.head .title { font-size: .875em; font-weight: 500; color: var(--_soft); margin-bottom: .2em; }
.tier { font-size: 1.5em; font-weight: 650; line-height: 1.3; }
progress { appearance: none; display: block; width: 100%; height: 8px; margin: .6em 0 .4em; border: 0; border-radius: 4px; overflow: hidden; background: var(--_line); color: var(--_accent); }
progress::-webkit-progress-bar { background: var(--_line); }
progress::-webkit-progress-value { background: var(--_accent); }
progress::-moz-progress-bar { background: var(--_accent); }
.grid { display: grid; gap: var(--_gap); grid-template-columns: repeat(auto-fill, minmax(min(100%, 15em), 1fr)); }
.reward { display: flex; flex-direction: column; gap: .4em; }
.reward .name { font-size: 1em; font-weight: 650; line-height: 1.35; overflow-wrap: anywhere; }
.reward .end { margin-top: auto; padding-top: .4em; display: grid; gap: .5em; }
.reward .why { font-size: .875em; color: var(--_soft); }
.reward .why strong { color: var(--_ink); font-weight: 600; }
.row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5em 1em; padding: .7em 0; border-top: 1px solid var(--_line); }
.rows > :first-child { border-top: 0; padding-top: 0; }
.rows > :last-child { padding-bottom: 0; }
.row.apart { border-top: 0; padding: .7em 0 0; }
.row > .wide { flex: 1 1 12em; min-width: 0; overflow-wrap: anywhere; }
.change { font-weight: 600; white-space: nowrap; }
.change.up { color: var(--_good); }
code { font: 600 1em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: .04em; user-select: all; overflow-wrap: anywhere; }
button { font: inherit; font-weight: 600; min-height: 2.75em; padding: .45em 1.1em; border-radius: var(--_radius); border: 1px solid var(--_accent); background: var(--_accent); color: var(--_on-accent); cursor: pointer; }
button.quiet { background: transparent; color: var(--_accent); border-color: var(--_edge); }
button:hover { filter: brightness(1.08); }
button[aria-disabled="true"] { opacity: .6; cursor: default; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.title:focus { outline: none; }
summary { cursor: pointer; font-weight: 650; border-radius: var(--_radius); }
.qr { display: grid; justify-items: center; gap: .75em; padding-top: var(--_gap); text-align: center; }
.qr svg { width: min(100%, 15em); height: auto; border-radius: var(--_radius); background: #fff; }
.qr path { fill: #000; }
dialog { width: min(28em, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; padding: calc(var(--_gap) * 1.5); border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 1.5); background: var(--_paper); color: var(--_ink); box-shadow: 0 12px 48px rgb(0 0 0 / .3); }
dialog::backdrop { background: rgb(0 0 0 / .5); }
dialog > * + * { margin-top: var(--_gap); }
dialog .title { margin-bottom: 0; font-size: 1.3em; overflow-wrap: anywhere; }
dl.effect { display: grid; grid-template-columns: auto auto; gap: .4em 1em; padding: var(--_gap); background: var(--_surface); border-radius: var(--_radius); }
.effect dt { color: var(--_soft); }
.effect dd { text-align: end; font-weight: 600; }
.buttons { display: flex; flex-wrap: wrap; gap: .75em; }
.buttons button { flex: 1 1 auto; }
.code { display: grid; justify-items: center; gap: .75em; padding: var(--_gap); text-align: center; border: 2px dashed var(--_edge); border-radius: var(--_radius); }
.code code { font-size: 1.35em; }
.no { color: var(--_bad); font-weight: 500; }
label { display: grid; gap: .3em; font-weight: 600; }
label .soft { font-weight: 400; }
input { font: inherit; min-height: 2.75em; padding: .4em .75em; width: 100%; color: var(--_ink); background: var(--_paper); border: 1px solid var(--_edge); border-radius: var(--_radius); }
.bone { border-radius: var(--_radius); background: var(--_surface); border: 1px solid var(--_line); height: 7.5em; }
.bone.tall { height: 11em; }
@media (prefers-reduced-motion: no-preference) { .bone { animation: breathe 1.4s ease-in-out infinite alternate; } @keyframes breathe { to { opacity: .55; } } }
@media (forced-colors: active) { progress { border: 1px solid; } }
`;

let sheet;

/** A node with attributes, listeners (`onclick`) and children; what is null or false is left out. */
function h(name, attributes = {}, ...children) {
  const node = name === "svg" || name === "path" ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A key by which a request is known again. Pages that are not secure have no randomUUID. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Why not: the problem that the server told, or that it could not be reached (`code` is then empty). */
class No extends Error {
  constructor(problem = {}) {
    super(problem.detail ?? "");
    this.code = problem.code ?? "";
    this.facts = problem.facts ?? {};
    this.status = problem.status ?? 0;
  }
}

/** What both elements share: whom they ask, with what, and in which language they say it. */
class Asking extends HTMLElement {
  static observedAttributes = ["server", "key", "token", "token-url", "lang", "currency"];

  /** A function that answers with a new token, or with null where nobody is signed in; instead of `token-url`. */
  renewToken = null;
  #token = null;
  #renewing = null;
  #planned = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.plan();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "token") this.#token = after;
    if (this.isConnected) this.plan();
  }

  /** Load once, however many attributes are set in one go. */
  plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (this.isConnected) this.refresh();
    });
  }

  get language() {
    const said = (this.lang || this.closest("[lang]")?.lang || document.documentElement.lang || navigator.language || "en").toLowerCase();
    return said.startsWith("de") ? "de" : "en";
  }

  /** With the region that the page says, for numbers and dates. */
  get locale() {
    const said = this.lang || this.closest("[lang]")?.lang || document.documentElement.lang || this.language;
    try {
      return Intl.getCanonicalLocales(said)[0] ?? this.language;
    } catch {
      return this.language;
    }
  }

  get words() {
    return WORDS[this.language];
  }

  number(n) {
    return new Intl.NumberFormat(this.locale).format(n);
  }

  /** "1 point", "1,200 points", "2 Bestellungen". */
  count(n, words = this.words.points) {
    return `${this.number(n)} ${words[new Intl.PluralRules(this.locale).select(n)] ?? words.other}`;
  }

  money({ amount_minor: minor, currency }) {
    const format = new Intl.NumberFormat(this.locale, { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits;
    return format.format(minor / 10 ** digits).replace(/[.,]00(?!\d)/, "");
  }

  get renewable() {
    return Boolean(this.renewToken || this.getAttribute("token-url"));
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(`guerdon:${type}`, { detail, bubbles: true, composed: true }));
  }

  /** A token that the shop's server signs anew; null where it says that nobody is signed in. One at a time. */
  async #renew() {
    this.#renewing ??= (async () => {
      await null; // so that what is set below is there before it is taken away
      try {
        if (this.renewToken) return await this.renewToken();
        const answer = await fetch(this.getAttribute("token-url"), { credentials: "same-origin", cache: "no-store" });
        if (!answer.ok) return null;
        const text = (await answer.text()).trim();
        return (text.startsWith("{") ? JSON.parse(text).token : text) || null;
      } catch {
        throw new No();
      } finally {
        this.#renewing = null;
      }
    })();
    this.#token = await this.#renewing;
    return this.#token;
  }

  async token() {
    return this.#token ?? (this.renewable ? this.#renew() : null);
  }

  /** What the server answers. Asks again where that may help, under the same key; throws No. */
  async ask(method, path, { body, key } = {}) {
    let renewed = false;
    for (let tries = 1; ; tries += 1) {
      let no;
      let waitMs = 500 * tries;
      const token = await this.token();
      try {
        const answer = await fetch(new URL(`/shopper/v1/${path}`, this.getAttribute("server") || HERE), {
          method,
          headers: this.#headers(token, key, body),
          body: body && JSON.stringify(body),
          credentials: "omit",
          referrerPolicy: "no-referrer",
        });
        if (answer.ok) return await answer.json();
        no = new No(await answer.json().catch(() => ({ status: answer.status })));
        waitMs = 1000 * Number(answer.headers.get("retry-after") || tries / 2);
      } catch {
        no = new No();
      }
      const isOver = no.code.startsWith("customer_token");
      if (isOver && this.renewable && !renewed) {
        renewed = true;
        if (await this.#renew()) continue;
      }
      if (tries >= TRIES || isOver || (no.status && ![429, 503].includes(no.status))) throw no;
      await pause(waitMs);
    }
  }

  #headers(token, key, body) {
    const own = this.getAttribute("key");
    return {
      ...(own || token ? { authorization: `Bearer ${own || token}` } : {}),
      ...(own && token ? { "x-customer-token": token } : {}),
      ...(key ? { "idempotency-key": key } : {}),
      ...(body ? { "content-type": "application/json" } : {}),
    };
  }

  inCurrency(path) {
    const currency = this.getAttribute("currency");
    return currency ? `${path}?currency=${encodeURIComponent(currency)}` : path;
  }
}

class GuerdonRewards extends Asking {
  static observedAttributes = [...Asking.observedAttributes, "sections", "heading-level", "capture"];

  #seen = null;
  #history = null;
  #box;
  #status;
  #dialog;
  #loads = 0;
  #cardTimer = 0;

  constructor() {
    super();
    this.#box = h("div", { class: "all", part: "all", "aria-busy": "true" });
    this.#status = h("p", { class: "unseen", role: "status" });
    this.#dialog = h("dialog", { part: "dialog", "aria-labelledby": "asks" });
    this.shadowRoot.append(this.#box, this.#status, this.#dialog);
  }

  disconnectedCallback() {
    clearTimeout(this.#cardTimer);
  }

  /** Ask anew, and show what is answered. A page calls it after an order. */
  async refresh() {
    const load = (this.#loads += 1);
    this.#box.setAttribute("aria-busy", "true");
    if (!this.#seen) this.#bones();
    try {
      const seen = await this.#look();
      if (load !== this.#loads) return;
      this.#seen = seen;
      this.#draw();
      this.tell("ready", { programme: seen.programme.name, available: seen.balance?.available ?? null });
    } catch (no) {
      if (load !== this.#loads) return;
      this.#seen = null;
      this.#failed(no);
    } finally {
      if (load === this.#loads) this.#box.setAttribute("aria-busy", "false");
    }
  }

  async #look() {
    this.#history = null;
    if (!(await this.token())) {
      // A page of the server's own has no key: without a token there is nobody to ask for.
      if (!this.hasAttribute("key")) throw new No({ code: "customer_token_missing", status: 401 });
      return { ...(await this.ask("GET", this.inCurrency("programme"))), greeting: "guest" };
    }
    try {
      const seen = await this.ask("GET", this.inCurrency("overview"));
      if (this.#wants("history")) this.#history = await this.ask("GET", "history?limit=5");
      return seen;
    } catch (no) {
      if (no.code !== "member_not_found" || !this.hasAttribute("key")) throw no;
      return { ...(await this.ask("GET", this.inCurrency("programme"))), greeting: "newcomer" };
    }
  }

  get #sections() {
    const said = this.getAttribute("sections")?.split(/[\s,]+/).filter(Boolean);
    return said?.length ? said : SECTIONS;
  }

  #wants(section) {
    return this.#sections.includes(section);
  }

  #bones() {
    this.#box.replaceChildren(
      h("p", { class: "unseen" }, this.words.loading),
      h("div", { class: "bone" }),
      h("div", { class: "grid" }, h("div", { class: "bone tall" }), h("div", { class: "bone tall" })),
    );
  }

  #failed(no) {
    const w = this.words;
    const over = no.code.startsWith("customer_token") || no.status === 401;
    const again = h("button", { class: "quiet", part: "button", type: "button", onclick: () => this.refresh() }, w.again);
    this.#box.replaceChildren(
      h("section", { class: "box", part: "section message" },
        this.#title(over ? w.ended : no.code === "member_not_found" ? w.newcomer : w.away),
        h("p", {}, over ? w.endedMore : no.code === "member_not_found" ? "" : w.awayMore),
        over || no.code === "member_not_found" ? null : h("p", { class: "notes" }, again)),
    );
    this.#say(over ? w.ended : w.away);
    this.tell("error", { code: no.code, detail: no.message });
  }

  #say(text) {
    this.#status.textContent = "";
    setTimeout(() => (this.#status.textContent = text), 50);
  }

  /** A heading, of the level that the page wants. */
  #title(text, { below = 0, ...more } = {}) {
    const level = Math.min(6, Math.max(2, Number(this.getAttribute("heading-level")) || 2) + below);
    return h(`h${level}`, { class: "title", part: "heading", tabindex: "-1", ...more }, text);
  }

  #draw() {
    clearTimeout(this.#cardTimer);
    const made = [];
    let head = null;
    if (this.#seen.greeting) made.push(this.#greeting());
    for (const section of this.#sections) {
      const drawn = this[`_${section}`]?.(this.#seen);
      if (!drawn) continue;
      drawn.setAttribute("part", `section ${section}`);
      if (section === "balance" || section === "tier") {
        if (!head) made.push((head = h("div", { class: "head" })));
        head.append(drawn);
      } else made.push(drawn);
    }
    this.#box.replaceChildren(...made);
  }

  #greeting() {
    const w = this.words;
    const who = this.#seen.greeting;
    return h("section", { class: "box", part: "section message" }, this.#title(w[who]), h("p", { class: "soft" }, w[`${who}More`]));
  }

  _balance({ balance, first_name: name }) {
    if (!balance) return null;
    const w = this.words;
    const { next_pending: coming, next_expiry: going } = balance;
    const all = coming && coming.points === balance.pending;
    return h("section", { class: "box" },
      this.#title(name ? w.hello(name) : w.yourPoints),
      h("p", { class: "number", part: "points" }, this.number(balance.available), h("small", {}, ` ${this.#unit(balance.available)}`)),
      h("div", { class: "notes" },
        balance.pending > 0 && h("span", {}, w.pending(this.count(balance.pending), all ? this.#when(coming.at) : "")),
        balance.held > 0 && h("span", {}, w.held(this.count(balance.held))),
        going && h("span", { class: Date.parse(going.at) - Date.now() < SOON_MS && "warn" }, w.expire(this.count(going.points), this.#when(going.at, true)))));
  }

  _tier({ tier }) {
    if (!tier) return null;
    const w = this.words;
    const { next } = tier;
    const id = "tier-way";
    return h("section", { class: "box" },
      this.#title(w.tier),
      h("p", { class: "tier", part: "tier-name" }, tier.name ?? w.noTier),
      next && h("progress", { part: "progress", max: 100, value: this.#share(next), "aria-labelledby": id }),
      h("p", { class: "soft", id },
        [next ? w.toNext(this.#missing(next), next.name ?? "") : w.topTier, tier.kept_until && w.keptUntil(this.#date(tier.kept_until))].filter(Boolean).join(" · ")));
  }

  /** How far the way to the next tier is done, in percent: by what is furthest behind, where all of it is needed. */
  #share({ counted, missing, match }) {
    const amount = (of, name) => (name === "spent" ? of.spent.amount_minor : of[name]);
    const ways = ["points", "spent", "orders", "referrals"].filter((name) => amount(missing, name) > 0);
    const shares = ways.map((name) => amount(counted, name) / (amount(counted, name) + amount(missing, name)));
    return Math.floor(100 * (match === "all" ? Math.min(1, ...shares) : Math.max(0, ...shares)));
  }

  #missing({ missing: { points, spent, orders, referrals }, match }) {
    const w = this.words;
    return [
      points > 0 && this.count(points),
      spent.amount_minor > 0 && w.spend(this.money(spent)),
      orders > 0 && this.count(orders, w.orders),
      referrals > 0 && this.count(referrals, w.friends),
    ].filter(Boolean).join(match === "all" ? w.and : w.or);
  }

  _rewards({ rewards, balance }) {
    const w = this.words;
    return h("section", {},
      this.#title(w.rewards, { id: "rewards" }),
      rewards.length ? h("ul", { class: "grid" }, rewards.map((one) => this.#reward(one, balance))) : h("p", { class: "soft" }, w.noRewards));
  }

  #reward(reward, balance) {
    const w = this.words;
    const name = this.#name(reward);
    const points = this.count(reward.points);
    return h("li", { class: "box reward", part: "reward" },
      h(this.#title("", { below: 1 }).localName, { class: "name", part: "reward-name" }, name),
      reward.description && reward.description !== name && h("p", { class: "soft" }, reward.description),
      reward.minimum_cart && h("p", { class: "soft" }, w.cart(this.money(reward.minimum_cart))),
      !balance && reward.tier && h("p", { class: "soft", part: "reward-tier" }, this.#tierAsked(reward)),
      h("div", { class: "end" },
        h("p", { part: "reward-points" }, reward.points_step ? w.from(points) : points),
        balance && !reward.redeemable && this.#why(reward, balance),
        balance && reward.redeemable && h("button", { type: "button", part: "button redeem", "data-rule": reward.rule, "aria-label": w.redeemNamed(name), "aria-haspopup": "dialog", onclick: () => this.#offer(reward) }, w.redeem)));
  }

  #name(reward) {
    const names = reward.named ? null : NAMES[this.language];
    const own = names?.[reward.reward];
    if (!own || (reward.reward === "amount" && !reward.value)) return reward.name;
    const { points, points_step: step, value } = reward;
    if (reward.reward === "percentage") return `${this.#percent(reward.percent)} ${own}`;
    if (reward.reward !== "amount") return own;
    if (!step) return `${this.money(value)} ${own[reward.category]}`;
    const each = { ...value, amount_minor: (value.amount_minor * step) / points };
    return names.each(`${this.money(each)} ${own[reward.category]}`, this.count(step));
  }

  /** For whom a reward is, where it is not for everybody: whoever has signed in is told only what stands against it. */
  #tierAsked({ tier, tier_exact: alone }) {
    return this.#reason({ code: alone ? "tier_differs" : "tier_too_low", facts: { needed: tier } });
  }

  #percent(hundredths) {
    return new Intl.NumberFormat(this.locale, { style: "percent", maximumFractionDigits: 2 }).format(hundredths / 10_000);
  }

  /** What is missing, with how far it is; else what stands against it. */
  #why(reward, balance) {
    const w = this.words;
    const other = reward.reasons.find((one) => one.code !== "not_enough_points");
    if (other) return h("p", { class: "why", part: "reason" }, this.#reason(other));
    const enough = reward.enough_at && ` · ${w.enough(this.#when(reward.enough_at))}`;
    const id = `short-${reward.rule}`;
    return h("div", { class: "why", part: "reason" },
      h("progress", { part: "progress", max: reward.points, value: Math.max(0, balance.available), "aria-labelledby": id }),
      h("p", { id }, h("strong", {}, w.short(this.count(reward.points_missing))), enough));
  }

  /** A refusal for the shopper: in words of ours where there are some, else the server's sentence. */
  #reason({ code, facts, detail, message }) {
    const said = this.words.refused[code];
    const tier = this.#seen?.tiers?.find((one) => one.level === facts?.needed)?.name ?? `#${facts?.needed}`;
    return said ? said({ ...facts, tier }) : code ? (detail ?? message) : this.words.away;
  }

  _coupons({ coupons }) {
    if (!coupons) return null;
    const w = this.words;
    return h("section", {},
      this.#title(w.coupons, { id: "coupons" }),
      coupons.length
        ? h("ul", { class: "box rows" }, coupons.map((one) => h("li", { class: "row", part: "coupon" },
            h("div", { class: "wide" }, h("code", { part: "code" }, one.code),
              h("p", { class: "soft" }, [this.#bought(one), one.expires_at && w.goodUntil(this.#day(one.expires_at, true))].filter(Boolean).join(" · "))),
            this.#copy(one.code, one.code))))
        : h("p", { class: "soft" }, w.noCoupons));
  }

  /** What a code buys: as its reward is called here, where that is shown. */
  #bought({ rule, name }) {
    const reward = this.#seen.rewards.find((one) => one.rule === rule);
    return reward ? this.#name(reward) : name;
  }

  _referral({ referral }) {
    if (!referral) return null;
    const w = this.words;
    const [own, friend] = [referral.points, referral.friend_points].map((n) => (n ? this.count(n) : ""));
    return h("section", {},
      this.#title(w.referral),
      h("div", { class: "box" },
        h("p", {}, own || friend ? `${w.referralGives(own, friend)} ` : "", w.referralPlain),
        h("div", { class: "row apart" },
          h("code", { class: "wide", part: "code" }, referral.link),
          this.#copy(referral.link, w.referralLink)),
        referral.completed > 0 && h("p", { class: "soft" }, w.broughtFriends(this.count(referral.completed, w.friends)))));
  }

  _history() {
    if (!this.#history) return null;
    const w = this.words;
    const { data, has_more: further } = this.#history;
    return h("section", {},
      this.#title(w.history, { id: "history" }),
      data.length ? h("ul", { class: "box rows" }, data.map((line) => this.#line(line))) : h("p", { class: "soft" }, w.noHistory),
      further && h("p", { class: "notes" }, h("button", { class: "quiet", part: "button", type: "button", onclick: () => this.#more() }, w.more)));
  }

  #line({ points, reason, title, order, code, at }) {
    const w = this.words;
    const named = w.why[reason] ?? (reason[0].toUpperCase() + reason.slice(1)).replaceAll("_", " ");
    const what = reason === "order" && order && !title ? w.orderNamed(order) : (title ?? named);
    return h("li", { class: "row", part: "history-line" },
      h("div", { class: "wide" }, h("p", {}, what),
        h("p", { class: "soft" }, [title && title !== w.why[reason] && w.why[reason], this.#day(at), code].filter(Boolean).join(" · "))),
      h("span", { class: points > 0 ? "change up" : "change" }, `${points > 0 ? "+" : "−"}${this.count(Math.abs(points))}`));
  }

  async #more() {
    const before = this.#history;
    try {
      const next = await this.ask("GET", `history?limit=25&cursor=${encodeURIComponent(before.next_cursor)}`);
      this.#history = { ...next, data: [...before.data, ...next.data] };
      this.#draw();
      this.shadowRoot.getElementById("history")?.focus();
    } catch (no) {
      this.#say(this.#reason(no));
    }
  }

  _card({ balance }) {
    if (!balance) return null;
    const w = this.words;
    const inside = h("div", { class: "qr", "aria-live": "off" });
    const closed = h("details", { class: "box", ontoggle: () => (closed.open ? this.#showCard(inside) : clearTimeout(this.#cardTimer)) },
      h("summary", {}, w.card), inside);
    return h("section", {}, closed);
  }

  async #showCard(inside) {
    const w = this.words;
    clearTimeout(this.#cardTimer);
    try {
      const { code, ends_at: ends, qr } = await this.ask("GET", "card");
      inside.replaceChildren(
        h("svg", { part: "qr", viewBox: `0 0 ${qr.size} ${qr.size}`, role: "img", "aria-label": w.cardAlt, "data-code": code, "shape-rendering": "crispEdges" }, h("path", { d: qr.path })),
        h("p", { class: "soft" }, w.cardMore));
      const left = Date.parse(ends) - Date.now() - CARD_EARLY_MS;
      // A clock that is wrong, or that of a test merchant, neither hurries nor rests.
      const waitMs = Math.min(CARD_LATEST_MS, Math.max(CARD_EARLY_MS, left));
      this.#cardTimer = setTimeout(() => inside.isConnected && this.#showCard(inside), waitMs);
    } catch (no) {
      inside.replaceChildren(h("p", { class: "no", role: "alert" }, this.#reason(no)));
    }
  }

  #copy(text, what) {
    const w = this.words;
    const button = h("button", { class: "quiet", part: "button copy", type: "button", "aria-label": w.copyNamed(what), onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const shown = [...this.shadowRoot.querySelectorAll("code")].find((one) => one.textContent === text);
        if (shown) getSelection().selectAllChildren(shown);
        return;
      }
      button.textContent = w.copied;
      this.#say(w.copied);
      setTimeout(() => (button.textContent = w.copy), 2000);
    } }, w.copy);
    return button;
  }

  /** The question before points are spent. It has one key: however often it is answered, it is done once. */
  #offer(reward) {
    const w = this.words;
    const { available } = this.#seen.balance;
    const key = newKey();
    const name = this.#name(reward);
    let points = reward.points;
    let asked = 0;
    const takes = h("dd");
    const left = h("dd");
    const worth = h("dd");
    const no = h("p", { class: "no", role: "alert", hidden: true });
    const go = h("button", { type: "button", part: "button confirm", onclick: () => redeem() });
    const body = (more) => ({ rule: reward.rule, ...(reward.points_step ? { points } : {}), ...this.#terms(), ...more });
    const refuse = (problem) => {
      no.textContent = problem ? this.#reason(problem) : "";
      no.hidden = !problem;
    };
    const show = (value) => {
      takes.textContent = this.count(points);
      left.textContent = this.count(available - points);
      worth.textContent = value ? this.money(value) : "…";
      go.textContent = w.doRedeem(this.count(points));
    };
    const tryOut = async () => {
      const nth = (asked += 1);
      await pause(250);
      if (nth !== asked) return;
      try {
        const { value } = await this.ask("POST", "redemptions", { body: body({ dry_run: true }) });
        if (nth === asked) refuse(null), show(value);
      } catch (problem) {
        if (nth === asked) refuse(problem);
      }
    };
    const redeem = async () => {
      if (go.getAttribute("aria-disabled")) return;
      go.setAttribute("aria-disabled", "true");
      go.textContent = w.working;
      refuse(null);
      asked += 1;
      try {
        const made = await this.ask("POST", "redemptions", { body: body(), key });
        this.#give(made, name);
      } catch (problem) {
        go.removeAttribute("aria-disabled");
        go.textContent = w.doRedeem(this.count(points));
        if (problem.facts.shortfall) left.textContent = "–";
        refuse(problem);
        // Something has changed since the page was drawn.
        if (problem.status === 422) this.#dialog.addEventListener("close", () => this.refresh(), { once: true });
        this.tell("error", { code: problem.code, detail: problem.message });
      }
    };
    const last = reward.points_step && this.#last(reward, available);
    this.#open(
      this.#title(w.sure(name), { id: "asks" }),
      reward.points_step && h("label", {}, w.howMany,
        h("input", { type: "number", inputmode: "numeric", min: reward.points, max: last, step: reward.points_step, value: points, "aria-describedby": "steps", oninput: (event) => {
          points = Math.trunc(Number(event.target.value)) || 0;
          show(null);
          tryOut();
        } }),
        h("span", { class: "soft", id: "steps" }, w.steps(this.number(reward.points), this.number(reward.points_step), this.number(last)))),
      h("dl", { class: "effect" },
        reward.value && [h("dt", {}, w.youGet), worth],
        h("dt", {}, w.costs), takes, h("dt", {}, w.left), left),
      no,
      h("div", { class: "buttons" }, h("button", { class: "quiet", part: "button", type: "button", onclick: () => this.#dialog.close() }, w.notNow), go));
    show(reward.value);
  }

  #terms() {
    const currency = this.getAttribute("currency");
    return { ...(currency ? { currency } : {}), ...(this.getAttribute("capture") === "on-order" ? { capture: "on_order" } : {}) };
  }

  /** The most points that the reward takes and the member has, on its steps. */
  #last({ points: first, points_step: step, points_max: most }, available) {
    const cap = Math.min(available, most ?? available);
    return first + Math.max(0, Math.floor((cap - first) / step)) * step;
  }

  #give(made, name) {
    const w = this.words;
    this.tell("redeemed", made);
    this.#open(
      this.#title(w.done, { id: "asks" }),
      h("p", {}, name),
      h("div", { class: "code" }, h("code", { part: "code" }, made.code), this.#copy(made.code, made.code),
        made.expires_at && h("p", { class: "soft" }, w.goodUntil(this.#day(made.expires_at, true)))),
      h("p", { class: "soft" }, made.capture === "on_order" ? w.heldMore : w.doneMore),
      h("div", { class: "buttons" }, h("button", { type: "button", part: "button", onclick: () => this.#dialog.close() }, w.close)));
    this.#say(`${w.done}: ${made.code}`);
    this.#dialog.addEventListener("close", async () => {
      await this.refresh();
      this.shadowRoot.getElementById(this.#wants("coupons") ? "coupons" : "rewards")?.focus();
    }, { once: true });
  }

  #open(...content) {
    this.#dialog.replaceChildren(...content.filter(Boolean));
    if (!this.#dialog.open) this.#dialog.showModal();
    this.shadowRoot.getElementById("asks").focus();
  }

  #unit(n) {
    const { points } = this.words;
    return points[new Intl.PluralRules(this.locale).select(n)] ?? points.other;
  }

  /** A day of the programme's. What ends, ends as a day does: its moment is the first of the next. */
  #day(at, ends = false, how = { day: "numeric", month: "long", year: "numeric" }) {
    const moment = new Date(Date.parse(at) - (ends ? 1 : 0));
    return new Intl.DateTimeFormat(this.locale, { ...how, timeZone: this.#seen?.programme.timezone ?? "UTC" }).format(moment);
  }

  #when(at, ends = false) {
    const soon = Date.parse(at) - Date.now() < 6 * DAY_MS;
    return this.words.on(this.#day(at, ends, soon ? { weekday: "long", day: "numeric", month: "long" } : undefined));
  }

  #date(day) {
    return new Intl.DateTimeFormat(this.locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
  }
}

class GuerdonEarns extends Asking {
  static observedAttributes = [...Asking.observedAttributes, "amount-minor"];

  #lines = [];
  #asks = 0;

  /** What is in the basket, as the API takes it: `[{ id, quantity, price_minor, collections, tags, … }]`. */
  get lines() {
    return this.#lines;
  }

  set lines(lines) {
    this.#lines = lines;
    if (this.isConnected) this.plan();
  }

  async refresh() {
    const nth = (this.#asks += 1);
    const [amount, currency] = [this.getAttribute("amount-minor"), this.getAttribute("currency")];
    let points = 0;
    if (amount && currency) {
      try {
        const total = { amount_minor: Number(amount), currency };
        ({ points } = await this.ask("POST", "earnings", { body: { total, lines: this.#lines } }));
      } catch (no) {
        this.tell("error", { code: no.code, detail: no.message });
      }
    }
    if (nth !== this.#asks) return;
    this.shadowRoot.replaceChildren(...(points > 0 ? [h("span", { part: "text" }, this.words.earn(this.count(points)))] : []));
    this.tell("earns", { points });
  }
}

for (const [name, element] of Object.entries({ "guerdon-rewards": GuerdonRewards, "guerdon-earns": GuerdonEarns })) {
  if (!customElements.get(name)) customElements.define(name, element);
}
