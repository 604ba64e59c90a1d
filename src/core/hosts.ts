/** Services whose addresses say nothing about where they lead. */
const SHORTENERS = new Set(
  (
    'bit.ly bitly.com t.co tinyurl.com goo.gl ow.ly is.gd v.gd buff.ly rebrand.ly cutt.ly shorturl.at rb.gy t.ly ' +
    'tiny.cc lnkd.in dlvr.it soo.gd s.id bl.ink short.io trib.al ift.tt adf.ly shorte.st qr.ae tiny.one urlz.fr ' +
    'amzn.to j.mp po.st snip.ly hubs.ly hubs.li mailchi.mp'
  ).split(' '),
);

/**
 * Whether a host is the one that a pattern names.
 *
 * @param pattern  example.com, or *.example.com for it and everything below
 */
export function isHost(host: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return host === pattern;
  return host === pattern.slice(2) || host.endsWith(pattern.slice(1));
}

export const isShortener = (host: string): boolean => SHORTENERS.has(host.replace(/^www\./, ''));
