// Heat maps as one SVG: the same bytes of the same results.
import { boundOf, shadeOf, shades } from './shades.ts';
import { MISSING, type Column, type Grid } from './report.ts';

const CELL = { width: 66, height: 22 };
const LABELS = 190;
const HEAD = 104;
const GAP = 24;
const LEGEND = 40;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

interface Text {
  readonly x: number;
  readonly y: number;
  readonly is: string;
  readonly more?: string;
}

const text = ({ x, y, is, more = '' }: Text): string => `<text x="${x}" y="${y}"${more}>${escaped(is)}</text>`;
const box = (x: number, y: number, width: number, colour: string): string =>
  `<rect x="${x}" y="${y}" width="${width - 1}" height="${CELL.height - 1}" fill="${colour}"/>`;

const heightOf = ({ rules }: Grid): number => HEAD + rules.length * CELL.height + GAP;

function cell(column: Column, rule: string, [x, y]: readonly [number, number]): string {
  const value = column.points(rule);
  const middle = { x: x + CELL.width / 2, y: y + 15 };
  if (value === undefined) return text({ ...middle, is: MISSING, more: ' text-anchor="middle" fill="#888"' });
  const shade = shadeOf(value);
  const success = column.success(rule);
  const told = `${column.refused(rule) ? 'refused' : value.toFixed(1)}${success === undefined ? '' : ` (${success.toFixed(0)} %)`}`;
  const more = ` text-anchor="middle"${shade.dark ? ' fill="#fff"' : ''}`;
  return box(x, y, CELL.width, shade.colour) + text({ ...middle, is: told, more });
}

function drawn({ title, rules, columns }: Grid, top: number): string[] {
  const left = (place: number): number => LABELS + place * CELL.width;
  const under = top + HEAD;
  return [
    text({ x: 8, y: top + 16, is: title, more: ' font-weight="bold"' }),
    ...columns.map(({ name }, place) => {
      const [x, y] = [left(place) + 20, under - 6];
      return text({ x, y, is: name, more: ` transform="rotate(-35 ${x} ${y})"` });
    }),
    ...rules.flatMap((rule, row) => [
      text({ x: 8, y: under + row * CELL.height + 15, is: rule }),
      ...columns.map((column, place) => cell(column, rule, [left(place), under + row * CELL.height])),
    ]),
  ];
}

function legend(top: number): string[] {
  return [
    text({ x: 8, y: top + 15, is: 'points of accuracy lost' }),
    ...shades.flatMap((shade, place) => {
      const x = LABELS + place * CELL.width;
      const more = ` text-anchor="middle"${shade.dark ? ' fill="#fff"' : ''}`;
      return [
        box(x, top, CELL.width, shade.colour),
        text({ x: x + CELL.width / 2, y: top + 15, is: boundOf(shade), more }),
      ];
    }),
    text({ x: LABELS + shades.length * CELL.width + 8, y: top + 15, is: '(…) how often a backdoor works' }),
  ];
}

const widthOf = ({ columns }: Grid): number => LABELS + columns.length * CELL.width + GAP;

/** Heat maps side by side, or a single one. */
function row(grids: readonly Grid[], top: number): string[] {
  let left = 0;
  return grids.flatMap((grid) => {
    const lines = drawn(grid, top);
    const placed = left === 0 ? lines : [`<g transform="translate(${left} 0)">`, ...lines, '</g>'];
    left += widthOf(grid);
    return placed;
  });
}

/** A picture of 1 user unit a pixel, rows of heat maps one below the other. */
export function svgOf(rows: readonly (readonly Grid[])[]): string {
  const least = LABELS + (shades.length + 4) * CELL.width;
  const widths = rows.map((grids) => grids.reduce((sum, grid) => sum + widthOf(grid), 0));
  const width = Math.max(...widths, least) + 60 - GAP;
  const heights = rows.map((grids) => Math.max(...grids.map(heightOf)));
  const height = heights.reduce((sum, each) => sum + each, LEGEND);
  let top = 0;
  const parts = rows.flatMap((grids, place) => {
    const lines = row(grids, top);
    top += heights[place] ?? 0;
    return lines;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    ...legend(top),
    '</svg>\n',
  ].join('\n');
}
