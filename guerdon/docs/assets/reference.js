// The reference: the document of this server in Scalar, which is told to stay here, with what signs in filled in.

import { withPeopleOfTheDemo } from "./demo.js";
import { noteRequest } from "./recent.js";
import { credentials, showWho } from "./session.js";

const BAR_PX = 48;
const LANGUAGES = {
  shell: ["curl"], python: ["requests"], js: ["fetch"], php: ["curl"], ruby: ["native"], go: ["native"], java: ["nethttp"],
};
const OTHERS = ["c", "clojure", "csharp", "dart", "fsharp", "http", "julia", "kotlin", "node", "objc", "ocaml",
  "powershell", "r", "rust", "swift"];
const HIDDEN = {
  shell: ["wget", "httpie"], python: ["python3", "httpx_sync", "httpx_async", "aiohttp"],
  js: ["axios", "jquery", "ofetch", "xhr"], php: ["guzzle", "http1", "http2", "laravel"],
  java: ["asynchttp", "okhttp", "unirest"],
};

/** Send a request of the page, and remember those that were tried. */
async function send(input, settings) {
  const request = new Request(input, settings);
  const answer = await fetch(request);
  noteRequest(request.method, new URL(request.url).pathname, answer.status);
  return answer;
}

function authentication() {
  const by = credentials();
  if (!by) return {};
  return {
    securitySchemes: {
      guid: { value: by.merchant },
      api_key: { value: by.key },
      bearer: { token: by.key },
      operator: { value: by.username ? btoa(`${by.username}:${by.password}`) : "" },
    },
  };
}

const { createApiReference } = window.Scalar;
const place = document.getElementById("content");
const described = await (await fetch("/docs/openapi.json")).json();
showWho();

// What it finds in its place, it takes for its own pages made by a server.
place.replaceChildren();

createApiReference(place, {
  content: await withPeopleOfTheDemo(described),
  servers: [{ url: location.origin, description: "This server" }],
  authentication: authentication(),
  customFetch: send,
  plugins: [() => ({ name: "recent", extensions: [{ name: "x-recent-requests", component: "recent-requests" }] })],
  generateOperationSlug: ({ operationId, method, path }) => operationId ?? `${method}${path}`,
  hiddenClients: { ...Object.fromEntries(OTHERS.map((name) => [name, true])), ...HIDDEN },
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  // Nothing of this page comes from, or goes to, another host.
  proxyUrl: "",
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
  forceDarkModeState: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
  hideDarkModeToggle: true,
  documentDownloadType: "none",
  hideModels: true,
  metaData: { title: "Reference · Guerdon" },
  localization: { translations: { operation: { testRequest: "Try it" } } },
  customCss: `:root { --scalar-custom-header-height: ${BAR_PX}px; --scalar-font: system-ui, sans-serif;
    --scalar-font-code: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
    .light-mode { --scalar-color-accent: #1f6a57; } .dark-mode { --scalar-color-accent: #6fc3ab; }
    section:focus { outline: none; }`,
});
