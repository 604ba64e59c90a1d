import type { DocumentElement, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { ctaIdOf, ctaProblems } from '../core/cta.ts';
import { findingAt } from '../core/document.ts';
import { foldSpaces } from '../core/fold.ts';

function isPrimary(element: DocumentElement, { unit }: RuleContext): boolean {
  if (!['a', 'button'].includes(element.tag) || element.attributes['data-cta'] !== 'primary') return false;
  return unit.offers.some(
    ({ id, cta }) =>
      unit.campaign.offers.includes(id) &&
      ctaIdOf(element)?.startsWith(cta.id) &&
      element.text === foldSpaces(cta.label),
  );
}

function check({ parts }: GuardDocument, _params: unknown, context: RuleContext): RuleFinding[] | undefined {
  const pages = parts.filter(({ format }) => format === 'html');
  if (pages.length === 0) return undefined;
  const labels = context.unit.offers.map(({ cta }) => `"${cta.label}" with data-cta-id ${cta.id}...`).join(' or ');
  const missing = `there is no primary call to action: a link or button with data-cta="primary", ${labels}`;
  const { problems } = ctaProblems(pages);
  return pages.flatMap((part) => [
    ...problems
      .filter((problem) => problem.part === part)
      .map(({ offset, message }) => findingAt(part, offset, message)),
    ...(part.elements.some((element) => isPrimary(element, context)) ? [] : [findingAt(part, 0, missing)]),
  ]);
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
