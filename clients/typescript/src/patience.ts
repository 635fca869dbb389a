/**
 * A fetch that asks again where the connection is lost or the server says that it cannot answer now. What writes is
 * asked under one idempotency key, so that nothing is done twice.
 */

/** How long to go on; pauses double from the first to the longest, in seconds. */
export interface Patience {
  readonly triesMax: number;
  readonly firstS: number;
  readonly longestS: number;
  /** So long a pause as the server asks for is made; with a longer one its answer is handed on. */
  readonly toldMaxS: number;
}

export const PATIENCE: Patience = { triesMax: 8, firstS: 0.1, longestS: 10, toldMaxS: 60 };

const KEY = "idempotency-key";
const NOT_NOW = new Set([429, 502, 503, 504]);
const READS = new Set(["GET", "HEAD"]);

type Fetch = (request: Request) => Promise<Response>;

/** The same fetch, with patience. Throws what fetch throws once patience ends. */
export function patient(fetch: Fetch, patience: Patience): Fetch {
  return async (request) => {
    if (!READS.has(request.method) && !request.headers.has(KEY)) {
      request.headers.set(KEY, crypto.randomUUID());
    }
    for (let tries = 1; ; tries += 1) {
      const last = tries >= patience.triesMax;
      try {
        const response = await whole(await fetch(request.clone()));
        const toldS = retryAfterS(response);
        if (last || (toldS ?? 0) > patience.toldMaxS || !(await mayHelp(response))) {
          return response;
        }
        await pause(patience, tries, toldS);
      } catch (error) {
        if (last || request.signal.aborted) {
          throw error;
        }
        await pause(patience, tries, undefined);
      }
    }
  };
}

/** The response once all of it is there: a connection may be lost in the middle of an answer. */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}

async function mayHelp(response: Response): Promise<boolean> {
  if (NOT_NOW.has(response.status)) {
    return true;
  }
  if (response.ok || !(response.headers.get("content-type") ?? "").includes("problem+json")) {
    return false;
  }
  const problem = (await response.clone().json()) as { retry?: unknown };
  return problem.retry === true;
}

function retryAfterS(response: Response): number | undefined {
  const text = response.headers.get("retry-after")?.trim() ?? "";
  if (/^[0-9]+$/.test(text)) {
    return Number(text);
  }
  const until = Date.parse(text);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - Date.now()) / 1000);
}

function pause(patience: Patience, tries: number, toldS: number | undefined): Promise<void> {
  const chance = Math.random();
  const ownS = Math.min(patience.longestS, patience.firstS * 2 ** (tries - 1)) * (0.5 + chance / 2);
  const seconds = toldS === undefined ? ownS : toldS + ownS * chance;
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
