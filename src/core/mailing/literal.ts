/** Source of a regular expression with the flag u that matches a text and nothing else. */
export const literally = (text: string): string =>
  [...text].map((sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`).join('');
