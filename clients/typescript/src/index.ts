/**
 * The native API of Guerdon: paths and types from its OpenAPI document, a key, patience, pages, and webhooks.
 *
 *     const shop = guerdon({ url: "https://loyalty.example.com", key: "gk_…" });
 *     const { data, error } = await shop.POST("/v1/redemptions", { body: { member: "mem_42", rule: "rule_7" } });
 */

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./api.js";
import { PATIENCE, type Patience, patient } from "./patience.js";

export type { components } from "./api.js";
export { PATIENCE, type Patience } from "./patience.js";
export { type Customer, customerToken } from "./tokens.js";
export { BadSignature, verify } from "./webhooks.js";

/** Those of the native API: a server also serves contracts of others, whose clients sign in otherwise. */
export type NativePaths = { [Path in keyof paths as Path extends `/v1/${string}` ? Path : never]: paths[Path] };
export type Guerdon = Client<NativePaths>;
export type Problem = components["schemas"]["Problem"];

export interface Settings {
  readonly url: string;
  /** A secret key: it belongs on the shop's own server, never into a page. */
  readonly key: string;
  readonly patience?: Partial<Patience>;
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** A shop's way to its server. A refusal is the `error` of what it answers, as a Problem. */
export function guerdon({ url, key, patience, fetch: send = (request) => fetch(request) }: Settings): Guerdon {
  return createClient<NativePaths>({
    baseUrl: url,
    headers: { authorization: `Bearer ${key}` },
    fetch: patient(send, { ...PATIENCE, ...patience }),
  });
}

/** A page of any list. */
export interface Page<Item> {
  readonly data: Item[];
  readonly has_more: boolean;
  readonly next_cursor?: string | null | undefined;
}

/**
 * Everything in a list; pages are fetched as they are needed. Throws the Problem where the server says no.
 *
 *     for await (const one of each((cursor) => shop.GET("/v1/redemptions", { params: { query: { cursor } } }))) …
 */
export async function* each<Item>(
  page: (cursor: string | undefined) => Promise<{ data?: Page<Item>; error?: unknown }>,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  for (;;) {
    const { data, error } = await page(cursor);
    if (data === undefined) {
      throw error;
    }
    yield* data.data;
    if (!data.has_more) {
      return;
    }
    cursor = data.next_cursor ?? undefined;
  }
}
