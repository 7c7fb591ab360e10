// Asks for a program in another language: lines of {url, key, call} come in, what each came to goes out in their order.

import { createInterface } from "node:readline";

import { Client } from "agent-sudo-client";

let before = Promise.resolve();
for await (const line of createInterface({ input: process.stdin })) {
  const { url, key, call } = JSON.parse(line);
  const came = asked(new Client({ url, key, timeoutMs: 30_000 }), call);
  before = before.then(async () => process.stdout.write(`${JSON.stringify(await came)}\n`));
}

async function asked(client, call) {
  try {
    const decision = await client.evaluate(call);
    return { answer: decision.document, refusal: refusal(decision) };
  } catch (error) {
    return { refusal: error.name, code: error.code, message: error.message };
  }
}

function refusal(decision) {
  try {
    decision.require();
    return null;
  } catch (error) {
    return error.name;
  }
}
