/** What a host name of a URL stands for, as far as the name itself tells. */

/**
 * - `loopback`: this very machine
 * - `private`: an address of a private network (RFC 1918, RFC 4193, link-local IPv6), or a name that the public DNS does
 *   not give out: a single label, `.local`, `.lan`, `.internal`, `.home.arpa`
 * - `metadata`: a service that tells a cloud machine its own keys, or an address beside it (169.254.0.0/16)
 * - `reserved`: an address that belongs to no single public machine
 */
export type HostKind = 'loopback' | 'private' | 'metadata' | 'reserved' | 'public';

/**
 * Names of the metadata services of Google, Amazon, Azure, IBM, Tencent, Oracle and others, which clouds resolve inside
 * their networks: all have a part that is `metadata`, or ends in it.
 */
const METADATA_NAMES = /(^|\.)([\w-]*-)?metadata(\.|$)|^instance-data(\.|$)/;

/** Names that public services resolve to the address that is written in them: `10.0.0.1.nip.io`, `10-0-0-1.sslip.io`. */
const ADDRESS_IN_NAME = /(?:^|[.-])(\d{1,3}(?:[.-]\d{1,3}){3})\.(?:nip\.io|sslip\.io|xip\.io|traefik\.me)$/;

/** Single addresses of metadata services: Alibaba, Azure's wire server, Oracle, Amazon over IPv6. */
const METADATA_ADDRESSES = new Set(['100.100.100.200', '168.63.129.16', '192.0.0.192']);

/** @param hostname as `URL.hostname` has it: lower case, numbers of any base made one, IPv6 in brackets */
export function kindOfHost(hostname: string): HostKind {
  const host = hostname.toLowerCase().replace(/\.+$/, '');
  if (host.startsWith('[')) return kindOfIPv6(host.slice(1, -1));
  const v4 = readIPv4(host);
  if (v4) return kindOfIPv4(v4);
  if (host === 'localhost') return 'loopback';
  // Not every system resolves the names below `localhost` itself: some ask a name server, which may answer anything.
  if (host.endsWith('.localhost')) return 'private';
  if (METADATA_NAMES.test(host)) return 'metadata';
  const inName = ADDRESS_IN_NAME.exec(host)?.[1];
  if (inName !== undefined && kindOfHost(inName.replaceAll('-', '.')) === 'metadata') return 'metadata';
  if (!host.includes('.') || /\.(local|lan|internal|home\.arpa)$/.test(host)) return 'private';
  return 'public';
}

/** The four numbers of a plain IPv4 address; undefined for names, such as `10.evil.com`. */
function readIPv4(host: string): readonly number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return undefined;
  const parts = host.split('.').map(Number);
  return parts.every((part) => part <= 255) ? parts : undefined;
}

/** IANA's registry of special addresses, RFC 6890. */
function kindOfIPv4(address: readonly number[]): HostKind {
  const [a = 0, b = 0, c = 0] = address;
  if (METADATA_ADDRESSES.has(address.join('.')) || (a === 169 && b === 254)) return 'metadata';
  if (a === 127) return 'loopback';
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return 'private';
  const isReserved =
    a === 0 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b <= 127) ||
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 192 && b === 0 && (c === 0 || c === 2)) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113);
  return isReserved ? 'reserved' : 'public';
}

function kindOfIPv6(text: string): HostKind {
  const groups = readIPv6(text);
  if (!groups) return 'reserved';
  const [first = 0, second = 0] = groups;
  const v4 = (at: number): HostKind => {
    const [high = 0, low = 0] = groups.slice(at);
    return kindOfIPv4([high >> 8, high & 255, low >> 8, low & 255]);
  };
  const zeros = (to: number): boolean => groups.slice(0, to).every((group) => group === 0);
  if (zeros(7)) return groups[7] === 1 ? 'loopback' : 'reserved';
  // Addresses that carry an IPv4 address: mapped, compatible, translated (NAT64) and 6to4. The system itself reads only
  // the first as the address; the others go to a gateway, so none of them is this machine.
  if (zeros(5) && groups[5] === 0xffff) return v4(6);
  const elsewhere = (kind: HostKind): HostKind => (kind === 'loopback' ? 'reserved' : kind);
  if (zeros(6)) return elsewhere(v4(6));
  if (first === 0x64 && second === 0xff9b) return elsewhere(v4(6));
  if (first === 0x2002) return elsewhere(v4(1));
  // Teredo hides an address in its last part.
  if (first === 0x2001 && second === 0) return 'reserved';
  // Amazon's metadata service.
  if (first === 0xfd00 && second === 0x0ec2) return 'metadata';
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80) return 'private';
  return (first & 0xe000) === 0x2000 ? 'public' : 'reserved';
}

/** The eight groups of an address as the URL parser writes it: hexadecimal, with at most one `::`. */
function readIPv6(text: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const read = (part: string): number[] => (part ? part.split(':').map((group) => parseInt(group, 16)) : []);
  const before = read(head);
  const after = tail === undefined ? [] : read(tail);
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...new Array<number>(Math.max(0, gap)).fill(0), ...after];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}
