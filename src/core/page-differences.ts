/** How a page in public differs from the one that was sent, in words for a report. */
import { ctaIdOf } from './cta.ts';
import { htmlPart } from './document.ts';
import { linksOfElement } from './document-links.ts';
import { foldSpaces } from './fold.ts';

const MOST = 5;

/** What is in the one and not in the other, as one line: links gone: a, b and 3 more */
function listed(what: string, inThis: ReadonlySet<string>, notInThis: ReadonlySet<string>): string[] {
  const only = [...inThis].filter((one) => !notInThis.has(one));
  if (only.length === 0) return [];
  const rest = only.length - MOST;
  return [`${what}: ${only.slice(0, MOST).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`];
}

/**
 * @param unsubscribeUrl  told apart from other links: without it, a reader cannot leave
 * @returns one line for each kind of difference, never empty: the caller knows that the bytes differ
 */
export function pageDifferences(sent: string, seen: string, unsubscribeUrl: string): string[] {
  const [before, after] = [htmlPart('sent', sent), htmlPart('seen', seen)];
  const ctas = ({ elements }: typeof before) => new Set(elements.flatMap((element) => ctaIdOf(element) ?? []));
  const links = ({ elements }: typeof before) => new Set(elements.flatMap(linksOfElement).map(({ url }) => url));
  const text = ({ blocks }: typeof before) =>
    foldSpaces(
      blocks
        .filter(({ visible }) => visible)
        .map((block) => block.text)
        .join('\n'),
    );
  const differences = [
    ...listed('data-cta-id gone', ctas(before), ctas(after)),
    ...listed('links gone', links(before), links(after)),
    ...listed('links that were not sent', links(after), links(before)),
    ...(text(before) === text(after) ? [] : ['the text that a reader sees differs']),
  ];
  const left = [...links(before)].includes(unsubscribeUrl) && !links(after).has(unsubscribeUrl);
  if (left) differences.push('the way to unsubscribe is gone');
  return differences.length > 0 ? differences : ['its markup differs, not what a reader sees'];
}
