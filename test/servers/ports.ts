/** Listeners that are not model servers: one that must never be contacted, and three that let a client down. */
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface Listener {
  /** `http://127.0.0.1:<port>`, or https for the TLS one. */
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  connections(): number;
  stop(): Promise<void>;
}

export interface Sink extends Listener {
  /** Every contact with the first bytes it sent; must stay empty. */
  readonly contacts: readonly { readonly at: number; head: string }[];
}

/** A server that must never be contacted. It answers 204, so that a client believes that it was heard. */
export async function startSink(): Promise<Sink> {
  const contacts: { at: number; head: string }[] = [];
  const listener = await listen((socket) => {
    const contact = { at: Date.now(), head: '' };
    contacts.push(contact);
    socket.on('data', (bytes) => {
      if (contact.head.length < 64 * 1024) contact.head += bytes.toString('latin1');
      socket.write('HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n');
    });
  });
  return { ...listener, contacts };
}

/** Accepts and resets at once. */
export function startResetPort(): Promise<Listener> {
  return listen((socket) => socket.resetAndDestroy());
}

/** Accepts and never says a word. */
export function startSilentPort(): Promise<Listener> {
  return listen((socket) => socket.resume());
}

/** A port no one listens on: opened once to be sure that it is free, and closed again. */
export async function closedPort(): Promise<number> {
  const listener = await listen(() => {});
  await listener.stop();
  return listener.port;
}

export interface TlsListener extends Listener {
  /** Requests that came through, which means that the client did not check the certificate. */
  readonly requests: readonly string[];
}

/** HTTPS with a certificate that no authority signed. */
export async function startTlsSelfSigned(): Promise<TlsListener> {
  const requests: string[] = [];
  const server = createHttpsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
  });
  server.on('tlsClientError', () => {});
  const listener = await serve(server);
  return { ...listener, url: `https://127.0.0.1:${listener.port}`, requests };
}

function listen(onSocket: (socket: Socket) => void): Promise<Listener> {
  return serve(createServer(onSocket));
}

async function serve(server: Server): Promise<Listener> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** For tests only: it protects nothing. Self-signed, valid from 2020 to 2120, for localhost and 127.0.0.1. */
const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLrt4z9nqCEijIgx4
O3USKc80SUZpjAN7ll+ttDaSSAihRANCAASRGRehf2LXTC8lCVJidK/tjWJWJVU+
aCUmFRLo7YNv/BCmLne8fgF38OxnE582mk34iNVQ9emHu8Q4KsJQrj9/
-----END PRIVATE KEY-----
`;

export const TEST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBejCCASCgAwIBAgIBATAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRsb29wYmFj
ayB0ZXN0IHNlcnZlcjAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
HzEdMBsGA1UEAwwUbG9vcGJhY2sgdGVzdCBzZXJ2ZXIwWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAASRGRehf2LXTC8lCVJidK/tjWJWJVU+aCUmFRLo7YNv/BCmLne8
fgF38OxnE582mk34iNVQ9emHu8Q4KsJQrj9/o0swSTAaBgNVHREEEzARgglsb2Nh
bGhvc3SHBH8AAAEwDAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUzIvfpoLiQ/P01hik
aIxMFPigPzQwCgYIKoZIzj0EAwIDSAAwRQIgGYC2oZgcyu6yNrh+c0LDBV4U4iYC
vGEDwpF6pyMHMfQCIQCi0WE1LwAuLESZtMuOTD22vK8BfNBXGSNgRgG+h89Shw==
-----END CERTIFICATE-----
`;
