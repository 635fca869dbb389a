/** What tests/typescript has a shop do: it reads what it needs from the environment, and writes what came of it. */

import { BadSignature, customerToken, each, guerdon, verify } from "../src/index.js";

declare const process: { env: Record<string, string | undefined> };

const REDEMPTIONS = 100;
const AT_ONCE = 4;

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

const shop = guerdon({
  url: setting("URL"),
  key: setting("KEY"),
  patience: { triesMax: 40, firstS: 0.001, longestS: 0.02 },
});
const member = setting("MEMBER");
const rule = setting("RULE");

async function redeem(): Promise<string> {
  const { data, error } = await shop.POST("/v1/redemptions", { body: { member, rule } });
  if (error !== undefined) {
    throw error;
  }
  return data.coupon.code;
}

async function till(): Promise<string[]> {
  const codes: string[] = [];
  for (let number = 0; number < REDEMPTIONS / AT_ONCE; number += 1) {
    codes.push(await redeem());
  }
  return codes;
}

const made = (await Promise.all(Array.from({ length: AT_ONCE }, till))).flat();

const listed: string[] = [];
for await (const one of each((cursor) =>
  shop.GET("/v1/redemptions", { params: { query: { member, limit: 30, ...(cursor && { cursor }) } } }),
)) {
  listed.push(one.coupon.code);
}

const refused = await shop.POST("/v1/redemptions", { body: { member, rule, points: 1_000_000 } });
const missing = await shop.GET("/v1/members/{id}", { params: { path: { id: "mem_999999" } } });

const headers = JSON.parse(setting("HEADERS")) as Record<string, string>;
await verify(setting("SECRET"), headers, setting("BODY"));
let forged = "taken";
try {
  await verify(setting("SECRET"), headers, `${setting("BODY")} `);
} catch (error) {
  forged = error instanceof BadSignature ? "refused" : String(error);
}

const token = await customerToken(setting("TOKEN_SECRET"), { guid: setting("GUID"), subject: "email:Ana@example.com" });
const nobody = await customerToken("secret", { guid: setting("GUID"), subject: "nobody" }).catch(String);

console.log(
  JSON.stringify({ made, listed, refused: refused.error?.code, missing: missing.error?.status, forged, token, nobody }),
);
