/** Edits (insert, delete, replace, swap of neighbours) that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** The choice that was probably meant: at most a third of its letters differ. Ties go to the earlier choice. */
export function closest(written: string, choices: Iterable<string>): string | undefined {
  const wanted = written.slice(0, 80).toLowerCase();
  let best: { choice: string; edits: number } | undefined;
  for (const choice of choices) {
    const edits = editDistance(wanted, choice.slice(0, 80).toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, choice.length) / 3));
    if (edits <= allowed && edits < Math.max(wanted.length, choice.length) && edits < (best?.edits ?? Infinity)) {
      best = { choice, edits };
    }
  }
  return best?.choice;
}

/** `, did you mean "x"?` when a choice is close, else `, expected one of ...`, else `, expected <none>`. */
export function expectedOneOf(written: string, choices: readonly string[], none: string): string {
  const meant = closest(written, choices);
  if (meant !== undefined) return `, did you mean "${meant}"?`;
  if (choices.length === 0) return `, expected ${none}`;
  const shown = choices.slice(0, 20);
  return `, expected ${choices.length === 1 ? '' : 'one of '}${shown.join(', ')}${choices.length > 20 ? ', ...' : ''}`;
}
