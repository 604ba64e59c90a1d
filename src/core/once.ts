/**
 * Remembers what was made of an object for as long as somebody holds it. Units, inputs and assets never change once they
 * are there, and several steps ask the same of them.
 */
export function once<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const before = known.get(key);
    if (before) return before.value;
    const value = make(key);
    known.set(key, { value });
    return value;
  };
}

/** Remembers the last answer only: whoever judges many assets in a row asks the same for each of them. */
export function latest<K, V>(make: (key: K) => V): (key: K) => V {
  let known: { readonly key: K; readonly value: V } | undefined;
  return (key) => {
    if (known?.key !== key) known = { key, value: make(key) };
    return known.value;
  };
}
