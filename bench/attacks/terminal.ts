// A heat map in a terminal: a block a cell, by colours or by signs.
import { boundOf, shadeOf, shades, type Shade } from './shades.ts';
import { MISSING, type Grid } from './report.ts';

function block(shade: Shade, colours: boolean): string {
  if (!colours) return shade.sign.repeat(2);
  const [red, green, blue] = [1, 3, 5].map((place) => Number.parseInt(shade.colour.slice(place, place + 2), 16));
  return `\u001b[48;2;${red ?? 0};${green ?? 0};${blue ?? 0}m  \u001b[0m`;
}

const letter = (place: number): string => String.fromCharCode('a'.charCodeAt(0) + place);

/** Lines under letters, which the last line but one tells; the last one tells the shades. */
export function terminalMap({ rules, columns }: Grid, colours: boolean): string {
  const width = Math.max(...rules.map((rule) => rule.length));
  const head = `${' '.repeat(width)}  ${columns.map((_, place) => letter(place).padEnd(2)).join('')}`;
  const lines = rules.map((rule) => {
    const cells = columns.map(({ points }) => {
      const value = points(rule);
      return value === undefined ? `${MISSING} ` : block(shadeOf(value), colours);
    });
    return `${rule.padEnd(width)}  ${cells.join('')}`;
  });
  const names = columns.map(({ name }, place) => `${letter(place)} ${name}`).join(', ');
  const legend = shades.map((shade) => `${block(shade, colours)} ${boundOf(shade)}`).join('  ');
  return [head.trimEnd(), ...lines.map((line) => line.trimEnd()), names, `points lost: ${legend}`].join('\n');
}
