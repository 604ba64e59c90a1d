import type { AssetKind } from '../core/contracts.ts';
import { sentencesOf } from '../core/copywriter/text.ts';
import { documentOf } from '../core/document.ts';
import { renderText } from '../core/render.ts';
import { textOf, trackedLink } from '../core/view.ts';

const TEMPLATE = 'templates/post.txt.hbs';

export const asset: AssetKind = {
  id: 'social_post',
  about: 'A short text with one tracked link.',
  // With its link, a post stays within the 300 graphemes of the shortest network that a bridge may carry it to.
  slots: [{ slot: 'post.text', min: 1, max: 1, length: { min: 40, max: 170 } }],
  templates: [TEMPLATE],
  title: (copy) => sentencesOf(textOf(copy, 'post.text'))[0] ?? '',
  render: (copy, context) =>
    new Map([
      [
        'post.txt',
        renderText(context.template(TEMPLATE), { text: textOf(copy, 'post.text'), link: trackedLink(context) }),
      ],
    ]),
  extract: (files) => documentOf('social_post', files),
};
