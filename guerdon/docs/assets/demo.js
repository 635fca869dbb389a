// On a demo the examples are of somebody who is there, so that what is tried goes well as it stands.

import { ask, ofDemo } from "./session.js";

const SOMEBODY = /ana@example\.com/g;
const KIND = "fixed_amount";

/** The document with a customer of the demo and an option that their points pay for; of others, as it is. */
export async function withPeopleOfTheDemo(document) {
  if (!ofDemo()) return document;
  const { customers } = await ask("/api/v2/customers/recent", { per_page: 50 });
  const options = await ask("/api/v2/redemption_options", { discount_type: KIND });
  const [rich] = customers.toSorted((one, other) => other.points_balance - one.points_balance);
  const [cheap] = options.toSorted((one, other) => one.amount - other.amount);
  if (!rich || !cheap || cheap.amount > rich.points_balance) return document;
  for (const operation of Object.values(document.paths).flatMap(Object.values)) {
    for (const parameter of operation.parameters) parameter.example = own(parameter.example, rich, cheap);
    for (const content of Object.values(operation.requestBody?.content ?? {})) {
      content.example = own(content.example, rich, cheap);
    }
  }
  return document;
}

function own(example, customer, option) {
  if (example === undefined) return undefined;
  const said = JSON.parse(JSON.stringify(example).replace(SOMEBODY, customer.email));
  if (said.redemption_option_id) said.redemption_option_id = option.id;
  if (said.rule) said.rule = `rule_${option.id}`;
  return said;
}
