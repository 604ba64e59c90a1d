/** Names that never lead anywhere. Source: RFC 2606 (reserved top-level and second-level example names), RFC 6761. */
import type { Brand } from '../generated/entities.ts';
import type { Named } from './contracts.ts';

/** Top-level names that are no part of the web. */
export const RESERVED_TOP = ['test', 'example', 'invalid', 'localhost'];
const RESERVED_SECOND = ['example.com', 'example.net', 'example.org'];

/** Whether a name is one of examples, at or below it. */
export const isReserved = (host: string): boolean => {
  const name = host.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  return RESERVED_TOP.includes(labels.at(-1) ?? '') || RESERVED_SECOND.includes(labels.slice(-2).join('.'));
};

/** Every host in a text: of addresses https://host/..., and of mail addresses name@host. */
const hostsIn = (text: string): string[] =>
  [...text.matchAll(/(?:\/\/|@)([a-z0-9.-]+)/gi)].map(([, host = '']) => host);

/** Fields of the brand's addresses that still hold an example name. */
export const reservedAddresses = ({ addresses }: Pick<Brand, 'addresses'>): string[] =>
  Object.entries(addresses)
    .filter(([, value]) => hostsIn(value).some(isReserved))
    .map(([field]) => `addresses.${field}`);

/** What keeps a brand from going live; undefined when nothing does. */
export function reservedTodo(brand: Named<Brand>): string | undefined {
  const fields = reservedAddresses(brand);
  if (fields.length === 0) return undefined;
  return (
    `brands/${brand.id}/brand.yaml still has reserved example names (RFC 2606) in ${fields.join(', ')}: ` +
    'set them to your own before going live'
  );
}
