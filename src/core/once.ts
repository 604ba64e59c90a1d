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
