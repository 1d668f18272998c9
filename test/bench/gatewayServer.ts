/**
 * The other side of the gateway's bench, as a process of its own: `node gatewayServer.ts`. Says its port. Answers in
 * OpenAI's way: at once with one token, or with `max_tokens` tokens at 100 per second.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const token = frame({ model: 'mid', choices: [{ index: 0, delta: { content: 'token ' }, finish_reason: null }] });
const end = (output: number): string =>
  frame({ model: 'mid', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
  frame({ choices: [], usage: { prompt_tokens: 10, completion_tokens: output, total_tokens: 10 + output } }) +
  'data: [DONE]\n\n';

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const { max_tokens: count } = JSON.parse(Buffer.concat(pieces).toString()) as { max_tokens: number };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (count === 1) return void response.end(token + end(1));
    const started = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      for (const due = Math.min(count, Math.floor((performance.now() - started) / 10)); sent < due; sent++)
        response.write(token);
      if (sent < count) return;
      clearInterval(timer);
      response.end(end(count));
    }, 5);
    response.on('close', () => clearInterval(timer));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
