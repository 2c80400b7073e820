/**
 * Remembers a function's answer for each object it was asked about, as long as the object lives.
 * Sound because values of the protocol are never changed once made.
 */
export function memoByObject<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const answers = new WeakMap<K, V>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = compute(key);
    answers.set(key, answer);
    return answer;
  };
}
