import type { Brief, Copy, Engine } from '../core/contracts.ts';
import { emailCopy, landingCopy, onePagerCopy, postCopy } from '../core/copywriter/compose.ts';
import { Blocked } from '../core/errors.ts';

const WRITERS: Readonly<Record<Brief['asset']['kind'], (brief: Brief) => Copy>> = {
  landing_page: landingCopy,
  one_pager: onePagerCopy,
  email: emailCopy,
  social_post: postCopy,
};

const isEnglish = (locale: string): boolean => new Intl.Locale(locale).language === 'en';

export const engine: Engine = {
  id: 'template',
  about: 'Composes copy from the forms that people wrote in offers and segments; the same brief gives the same copy.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  env: [],
  generate: async (brief) => {
    if (!isEnglish(brief.locale)) {
      const todo = `its frames are English: set locale: en in brands/${brief.brand.id}/brand.yaml`;
      throw new Blocked('engine template', [`brands/${brief.brand.id}/brand.yaml locale`], todo);
    }
    return { copy: WRITERS[brief.asset.kind](brief) };
  },
};
