/** What a simulation with faults changes in its clone before it begins: addresses, a second campaign, tighter limits. */
import type { Instant } from '../../core/contracts.ts';
import { parseDocument, stringifyDocument } from '../../core/documents.ts';
import { reservedAddresses } from '../../core/reserved.ts';
import type { Random } from '../../core/simulation/random.ts';
import type { Brand } from '../../generated/entities.ts';
import type { Edits, Place } from './place.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(place: Place, path: string): Fields | undefined {
  const parsed = parseDocument(path, place.file(path) ?? '');
  return parsed.ok ? (parsed.document.value as Fields) : undefined;
}

/** www.mhub.example -> www-mhub-example.simulated: as good as any name, but no reserved one. */
const unreserved = (text: string): string =>
  text.replace(
    /([a-z0-9.-]+)\.(test|example|invalid|localhost)\b|([a-z0-9.-]*example)\.(com|net|org)\b/gi,
    (host) => `${host.replaceAll('.', '-')}.simulated`,
  );

function brandEdits(place: Place): Edits {
  const brands = place.paths('brands').filter((path) => /^brands\/[^/]+\/brand\.yaml$/.test(path));
  return Object.fromEntries(
    brands.flatMap((path) => {
      const fields = fieldsOf(place, path);
      const addresses = fields?.['addresses'] as Brand['addresses'] | undefined;
      if (!addresses || reservedAddresses({ addresses }).length === 0) return [];
      const own = Object.fromEntries(Object.entries(addresses).map(([name, value]) => [name, unreserved(value)]));
      return [[path, stringifyDocument({ ...fields, addresses: own })]];
    }),
  );
}

/** One campaign alone would never meet a cap, and could not show that a broken one stops no other. */
function twinEdits(place: Place): Edits {
  const campaigns = place.paths('campaigns').filter((path) => path.endsWith('/campaign.yaml'));
  const [only] = campaigns;
  const fields = only === undefined || campaigns.length > 1 ? undefined : fieldsOf(place, only);
  if (only === undefined || !fields) return {};
  const id = only.split('/')[1] ?? '';
  return {
    [`campaigns/${id.slice(0, 58)}-twin/campaign.yaml`]: stringifyDocument({
      ...fields,
      name: `${String(fields['name'])}, again`,
    }),
  };
}

function spacingEdits(place: Place, random: Random): Edits {
  const channels = place.paths('brands').filter((path) => /\/channels\/[^/]+\.yaml$/.test(path));
  if (channels.length === 0 || random.chance(0.5)) return {};
  const path = random.pick(channels);
  const fields = fieldsOf(place, path);
  if (!fields) return {};
  const breakers = { ...(fields['breakers'] as Fields | undefined), min_spacing_minutes: random.whole(20, 240) };
  return { [path]: stringifyDocument({ ...fields, breakers }) };
}

/** @returns paths that differ from the workspace */
export function prepareForFaults(place: Place, random: Random, at: Instant): string[] {
  const edits = { ...brandEdits(place), ...twinEdits(place), ...spacingEdits(place, random) };
  if (Object.keys(edits).length > 0) place.commit('Prepare a simulation', edits, at);
  return Object.keys(edits);
}
