/** The message with %s, %d or %[2]s filled in, in order; what has no value is left out. */
export function formatMessage(message: string, values: readonly string[]): string {
  let next = 0;
  return message.replace(/%(?:\[(\d+)\])?([sdqv%])/g, (_, index: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const at = index === undefined ? next : Number(index) - 1;
    next = at + 1;
    return values[at] ?? '';
  });
}

/** 'a', 'b' or 'c' */
export const quotedList = (options: readonly string[]): string => {
  const quoted = options.map((option) => `'${option}'`);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
};
