/**
 * Whether receivers can tell that mail is from its sender: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489),
 * each as TXT records of a domain.
 */
import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { Io, PreflightCheck } from '../contracts.ts';
import { Failed } from '../errors.ts';
import { isReserved } from '../reserved.ts';

export interface SenderSetup {
  /** In From:. */
  readonly domain: string;
  /** Where bounces go, if it is another one than that in From:. */
  readonly bounceDomain?: string;
  /** Who signs; left out when only the server knows. */
  readonly dkim?: {
    readonly domain: string;
    readonly selector: string;
    /** Private key of the signature, where it is here. */
    readonly key?: KeyObject;
  };
}

type Records = readonly string[];
type Verdict = Pick<PreflightCheck, 'state' | 'say'>;

const ok = (say: string): Verdict => ({ state: 'ok', say });
const broken = (say: string): Verdict => ({ state: 'broken', say });
const unknown = (say: string): Verdict => ({ state: 'unknown', say });

/** Tags of a record such as v=DMARC1; p=none. */
const tagsOf = (record: string): ReadonlyMap<string, string> =>
  new Map(
    record.split(';').map((tag) => {
      const [name = '', ...value] = tag.split('=');
      return [name.trim().toLowerCase(), value.join('=').replace(/\s+/g, '')];
    }),
  );

function spfVerdict(domain: string, records: Records): Verdict {
  const [record, another] = records.filter((text) => /^v=spf1(?:\s|$)/i.test(text));
  if (another !== undefined) return broken(`${domain} has two SPF records, which counts as none: make them one`);
  if (record === undefined) {
    return broken(`add a TXT record at ${domain}, such as "v=spf1 include:<what your mail server says> -all"`);
  }
  if (/\s\+?all(?:\s|$)/i.test(record)) return broken(`${domain} lets everybody send: end its SPF record with -all`);
  return ok(`${record.slice(0, 200)}; that it names your mail server is for you to see`);
}

const isBelow = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

/** The public half of a key, as DNS has it. */
const publicHalf = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');

function dkimVerdict({ domain, dkim }: SenderSetup, at: string, records: Records): Verdict {
  const published = records.map((text) => tagsOf(text).get('p')).filter((key) => key !== undefined);
  const [key, another] = published;
  const own = dkim?.key && publicHalf(dkim.key);
  if (another !== undefined) return broken(`${at} has two keys: leave one`);
  if (key === undefined) {
    const value = own === undefined ? 'the key that your mail server shows you' : `"v=DKIM1; k=rsa; p=${own}"`;
    return broken(`add a TXT record at ${at} with ${value}`);
  }
  if (key === '') return broken(`${at} has been revoked: publish the key again, or use another selector`);
  if (own !== undefined && key !== own) {
    return broken(`${at} is not the key of DKIM_PRIVATE_KEY: add "v=DKIM1; k=rsa; p=${own}" there instead`);
  }
  if (dkim && !isBelow(domain, dkim.domain) && !isBelow(dkim.domain, domain)) {
    return unknown(`${dkim.domain} signs for ${domain}: DMARC counts it only if both belong to one organization`);
  }
  return ok(`${at} has the key`);
}

function dmarcVerdict(domain: string, records: Records): Verdict {
  const [record, another] = records.filter((text) => /^v=DMARC1\s*(?:;|$)/.test(text));
  if (another !== undefined) return broken(`${domain} has two DMARC records, which counts as none: leave one`);
  if (record === undefined) {
    return broken(`add a TXT record at _dmarc.${domain}, such as "v=DMARC1; p=none; rua=mailto:<who reads reports>"`);
  }
  const policy = tagsOf(record).get('p')?.toLowerCase() ?? '';
  return ['none', 'quarantine', 'reject'].includes(policy)
    ? ok(record.slice(0, 200))
    : broken(`the DMARC record of ${domain} has no p=none, p=quarantine or p=reject`);
}

/** mail.example.com -> mail.example.com, example.com: a domain without a record of its own has that of one above. */
function upwards(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, index) => labels.slice(index).join('.'));
}

async function dmarcRecords(domain: string, { txtRecords }: Pick<Io, 'txtRecords'>): Promise<Records> {
  for (const name of upwards(domain)) {
    const records = await txtRecords(`_dmarc.${name}`);
    if (records.some((text) => text.startsWith('v=DMARC1'))) return records;
  }
  return [];
}

async function told(what: string, judge: () => Promise<Verdict>): Promise<PreflightCheck> {
  try {
    return { what, ...(await judge()) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { what, ...unknown(error.message) };
  }
}

/** One line per record that receivers look for. */
export async function senderChecks(setup: SenderSetup, io: Pick<Io, 'txtRecords'>): Promise<readonly PreflightCheck[]> {
  const { domain, bounceDomain = domain, dkim } = setup;
  if (isReserved(domain)) {
    const say = `${domain} is an example name: set addresses.from_address in brand.yaml to an address of your own`;
    return [{ what: 'sender', state: 'broken', say }];
  }
  const at = dkim && `${dkim.selector}._domainkey.${dkim.domain}`;
  return Promise.all([
    told(`SPF of ${bounceDomain}`, async () => spfVerdict(bounceDomain, await io.txtRecords(bounceDomain))),
    told(`DKIM of ${dkim?.domain ?? domain}`, async () =>
      at === undefined
        ? unknown(`only your mail server knows whether it signs for ${domain}; or set the param dkim to sign here`)
        : dkimVerdict(setup, at, await io.txtRecords(at)),
    ),
    told(`DMARC of ${domain}`, async () => dmarcVerdict(domain, await dmarcRecords(domain, io))),
  ]);
}
