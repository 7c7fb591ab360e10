// A server that answers as it is told, and keeps what it was asked.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/**
 * Runs `use(url, asked)` beside a server; `answer` gets each question's path and body, and may be slow. Where it gives none the
 * connection ends.
 */
export async function answering(answer, use) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const question = { method: request.method, path: request.url, headers: request.headers, body: await text(request) };
    asked.push(question);
    const given = await answer(question, asked.length);
    if (!given) return response.destroy();
    const { status = 200, content, headers = {} } = given;
    response.writeHead(status, headers).end(content);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    return await use(`http://127.0.0.1:${server.address().port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
