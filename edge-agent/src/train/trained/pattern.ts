// Patterns over tensor names: `*` stands for any run of characters, `?` for one. Matched in linear time, since patterns and
// names come from others.

/** Whether a name fits a pattern as a whole. */
export function matches(pattern: string, name: string): boolean {
  let [at, place] = [0, 0];
  // where the last `*` was, and how much of the name it stands for so far
  let [star, taken] = [-1, 0];
  while (place < name.length) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at++;
      taken = place;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++taken;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
