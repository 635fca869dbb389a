/** Webhooks on their way in, signed as Standard Webhooks 1.0 has it. Works in Node, browsers and workers. */

const TOLERANCE_S = 300;
const PREFIX = "whsec_";

/** The message was not signed by who knows the secret, or not now; the text says which. */
export class BadSignature extends Error {
  override name = "BadSignature";
}

/**
 * Throws BadSignature unless one of the message's signatures is by this secret, over this body, and of now. The body is
 * the text as it came, before anything has parsed it.
 */
export async function verify(
  secret: string,
  headers: Headers | Record<string, string | undefined>,
  body: string,
  { toleranceS = TOLERANCE_S, now = Date.now() }: { toleranceS?: number; now?: number } = {},
): Promise<void> {
  const id = given(headers, "webhook-id");
  const timestamp = given(headers, "webhook-timestamp");
  const signatures = given(headers, "webhook-signature");
  if (!/^[0-9]+$/.test(timestamp)) {
    throw new BadSignature("The header webhook-timestamp is no number of seconds.");
  }
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceS) {
    throw new BadSignature(`The message is not of the last ${toleranceS} seconds.`);
  }
  const raw = bytes(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(" ")) {
    // Web Crypto compares in constant time.
    if (signature.startsWith("v1,") && (await crypto.subtle.verify("HMAC", key, bytes(signature.slice(3)), signed))) {
      return;
    }
  }
  throw new BadSignature("No signature is by this secret over this body.");
}

function given(headers: Headers | Record<string, string | undefined>, name: string): string {
  const all = headers instanceof Headers ? headers : Object.entries(headers);
  for (const [one, value] of all) {
    if (one.toLowerCase() === name && value !== undefined) {
      return value;
    }
  }
  throw new BadSignature(`The header ${name} is not there.`);
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
