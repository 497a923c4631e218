// Names that an option of a bench lists, with commas between them.

/** @throws TypeError telling what there is, where a name is none of it */
export function named<T extends string>(option: string, text: string, known: readonly T[]): T[];
/** @returns undefined where the option is not there */
export function named<T extends string>(option: string, text: string | undefined, known: readonly T[]): T[] | undefined;
export function named<T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): T[] | undefined {
  const names = text?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !known.some((each) => each === name));
  if (unknown !== undefined) throw new TypeError(`--${option}: ${unknown} is none of ${known.join(', ')}`);
  return names as T[] | undefined;
}
