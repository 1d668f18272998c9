/** Plain clients for tests: no retries, no interpretation. */
import { connect } from 'node:net';

/** POSTs JSON. */
export function post(url: string, body: unknown, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const headers = { 'content-type': 'application/json', ...init.headers };
  return fetch(url, { ...init, method: 'POST', body: JSON.stringify(body), headers });
}

/** POSTs JSON and reads the JSON answer. */
export async function postJson(url: string, body: unknown): Promise<Record<string, unknown>> {
  return (await (await post(url, body)).json()) as Record<string, unknown>;
}

/** The objects of an NDJSON body. */
export function parseLines(text: string): Record<string, unknown>[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The data of an SSE body: objects, and the string `[DONE]`. */
export function parseEvents(text: string): (Record<string, unknown> | '[DONE]')[] {
  const data = [...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1]!);
  return data.map((each) => (each === '[DONE]' ? each : (JSON.parse(each) as Record<string, unknown>)));
}

/** Everything a socket receives until it is closed; `error` is the code of its end if it was not a clean one. */
export function rawExchange(port: number, request: string): Promise<{ text: string; error: string | undefined }> {
  return new Promise((resolve) => {
    let text = '';
    let error: string | undefined;
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (bytes) => (text += bytes.toString('latin1')));
    socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code));
    socket.on('close', () => resolve({ text, error }));
  });
}

/** Reads a body to its end or failure: what arrived, and the failure if there was one. */
export async function readAll(response: Response): Promise<{ text: string; error: unknown }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}
