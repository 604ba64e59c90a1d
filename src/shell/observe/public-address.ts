/**
 * Which addresses may be asked at all. What is written in a document must not make this machine knock on its own doors,
 * on those of its network, or on the one where a cloud hands out its keys (OWASP: server-side request forgery).
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface Reach {
  /** Also this machine itself, at any port: for a server of our own. */
  readonly loopback?: boolean;
  /** The system's own when left out. */
  readonly lookup?: LookupFunction;
}

/** Names that never lead out into the world. Source: RFC 6761, RFC 6762, RFC 8375, and what routers and clouds use. */
const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|onion)$/;
const PORTS = new Set(['', '80', '443']);

/** Of IPv6 only 2000::/3 is handed out to the public; old spellings of IPv4 addresses lie outside of it. */
function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof ipaddr.IPv6) || (parsed.parts[0] ?? 0) >> 13 === 1;
}

const isLoopback = (address: string): boolean => ipaddr.process(address).range() === 'loopback';

const isAllowed = (address: string, { loopback = false }: Reach): boolean =>
  ipaddr.isValid(address) && (isPublic(address) || (loopback && isLoopback(address)));

const isLoopbackName = (host: string): boolean => host === 'localhost' || (ipaddr.isValid(host) && isLoopback(host));

/**
 * @param address  as it was found; decimal, octal and hexadecimal spellings of an IP address are read as a browser would
 * @returns why it is not asked, undefined when it may be
 */
export function refusalOf(address: string, reach: Reach = {}): string | undefined {
  if (!URL.canParse(address)) return 'it is no address';
  const { protocol, username, password, port, hostname } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:') return `${protocol} is not asked`;
  if (username !== '' || password !== '') return 'it carries a user name or password';
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
  if (reach.loopback && isLoopbackName(host)) return undefined;
  if (!PORTS.has(port)) return `port ${port} is not asked`;
  if (ipaddr.isValid(host)) return isAllowed(host, reach) ? undefined : `${host} is not public`;
  return LOCAL_NAMES.test(host) || !host.includes('.') ? `${host || 'an empty name'} is not public` : undefined;
}

/** A name led to an address that is not public. */
export class NotPublic extends Error {
  constructor(host: string, address: string) {
    super(`${host} leads to ${address}, which is not public`);
    this.name = 'NotPublic';
  }
}

/**
 * Looks a name up for a connection that is about to be made, so that nothing can change in between, and refuses it when
 * any of its addresses is not public.
 */
export const publicLookup =
  (reach: Reach): LookupFunction =>
  (host, options, callback) => {
    const look = reach.lookup ?? (systemLookup as LookupFunction);
    look(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const addresses = found as LookupAddress[];
      const strange = addresses.find(({ address }) => !isAllowed(address, reach));
      if (strange) return callback(new NotPublic(host, strange.address), []);
      const [first] = addresses;
      if (options.all) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family);
    });
  };
