/** Customer tokens: the shop's own server says who the customer in front of a page is, and for how long. */

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const SUBJECT = /^(email|phone|customer_id):./;

export interface Customer {
  /** The GUID of the merchant. */
  readonly guid: string;
  /** `email:ana@example.com`, `phone:+14155552671`, or `customer_id:` and the shop's own id. */
  readonly subject: string;
  /** How long the token counts, in seconds: an hour unless it is said, a day at most. */
  readonly lifeS?: number;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/**
 * A token for this customer, signed with the merchant's secret, which `guerdon key token-secret` shows. Never in a page:
 * whoever has the secret is everybody. Throws RangeError for a subject that names nobody, and for a life too long.
 */
export async function customerToken(
  secret: string,
  { guid, subject, lifeS = HOUR_S, now = Date.now() }: Customer,
): Promise<string> {
  if (!SUBJECT.test(subject)) {
    throw new RangeError("a subject begins with email:, phone: or customer_id:");
  }
  if (!(lifeS > 0 && lifeS <= DAY_S)) {
    throw new RangeError(`a token lives for at most ${DAY_S} seconds, not for ${lifeS}`);
  }
  const signedAt = Math.floor(now / 1000);
  const claims = { iss: guid, sub: subject, iat: signedAt, exp: signedAt + Math.floor(lifeS) };
  const content = `${packed(text({ alg: "HS256", typ: "JWT" }))}.${packed(text(claims))}`;
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(content));
  return `${content}.${packed(new Uint8Array(signature))}`;
}

function text(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Base64 as addresses take it, without what fills up. */
function packed(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
