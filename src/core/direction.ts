const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);

/** For the dir of a document. */
export const directionOf = (locale: string): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(new Intl.Locale(locale).language) ? 'rtl' : 'ltr';
