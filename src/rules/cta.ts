import type { DocumentElement, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt } from '../core/document.ts';
import { foldSpaces } from '../core/fold.ts';

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ALWAYS = new Set(['button', 'select', 'textarea', 'summary']);

function isInteractive({ tag, attributes }: DocumentElement): boolean {
  if (ALWAYS.has(tag)) return true;
  if ((tag === 'a' || tag === 'area') && attributes['href'] !== undefined) return true;
  if (tag === 'input') return attributes['type']?.toLowerCase() !== 'hidden';
  const { onclick, role, tabindex } = attributes;
  return (
    onclick !== undefined || role === 'button' || role === 'link' || (tabindex !== undefined && Number(tabindex) >= 0)
  );
}

const idOf = ({ attributes }: DocumentElement): string | undefined => attributes['data-cta-id'];

function isPrimary(element: DocumentElement, { unit }: RuleContext): boolean {
  if (!['a', 'button'].includes(element.tag) || element.attributes['data-cta'] !== 'primary') return false;
  return unit.offers.some(
    ({ id, cta }) =>
      unit.campaign.offers.includes(id) && idOf(element)?.startsWith(cta.id) && element.text === foldSpaces(cta.label),
  );
}

function check({ parts }: GuardDocument, _params: unknown, context: RuleContext): RuleFinding[] | undefined {
  const pages = parts.filter(({ format }) => format === 'html');
  if (pages.length === 0) return undefined;
  const seen = new Set<string>();
  return pages.flatMap((part) => {
    const named = part.elements.filter(isInteractive).flatMap((element) => {
      const id = idOf(element);
      const isFirst = id === undefined || !seen.has(id);
      if (id !== undefined) seen.add(id);
      if (id === undefined) return [findingAt(part, element.offset, `<${element.tag}> has no data-cta-id`)];
      if (!ID.test(id))
        return [findingAt(part, element.offset, `data-cta-id "${id}" is not lower-case letters, digits and hyphens`)];
      return isFirst ? [] : [findingAt(part, element.offset, `data-cta-id "${id}" is used twice`)];
    });
    const labels = context.unit.offers.map(({ cta }) => `"${cta.label}" with data-cta-id ${cta.id}...`).join(' or ');
    const missing = `there is no primary call to action: a link or button with data-cta="primary", ${labels}`;
    return part.elements.some((element) => isPrimary(element, context))
      ? named
      : [...named, findingAt(part, 0, missing)];
  });
}

const page = (html: string) => ({ with: {}, kind: 'landing_page', files: { 'index.html': html } }) as const;
const primary = '<a href="#start" data-cta="primary" data-cta-id="start-hero">Start a <b>notebook</b></a>';

export const rule: Rule<Record<string, never>> = {
  id: 'cta',
  about: "Everything a reader can act on has a unique data-cta-id, and one of them is the offer's call to action.",
  params: { type: 'object', additionalProperties: false, properties: {} },
  check,
  examples: {
    pass: [
      page(primary),
      page(`${primary}<input type="hidden" name="a"><summary data-cta-id="faq-leaving">Why?</summary>`),
    ],
    fail: [
      page(`${primary}<a href="/pricing">Plans</a>`),
      page(`${primary}<button type="button" data-cta-id="start-hero">Again</button>`),
      page(`${primary}<div role="button" tabindex="0" data-cta-id="Start Now">Go</div>`),
      page('<a href="#start" data-cta="primary" data-cta-id="start-hero">Buy now</a>'),
    ],
  },
};
