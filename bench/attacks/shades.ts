// How dear an attack is, in six shades whose first bounds are the goals: what both pictures of a sheet share.

export interface Shade {
  /** Points lost at most. */
  readonly most: number;
  readonly colour: string;
  /** Where there are no colours. */
  readonly sign: string;
  /** Whether text on it is white. */
  readonly dark: boolean;
}

/** From the least to the most. */
export const shades: readonly Shade[] = [
  { most: 1, colour: '#e8f5e9', sign: '·', dark: false },
  { most: 2, colour: '#c5e1a5', sign: '-', dark: false },
  { most: 4, colour: '#fff3b0', sign: '░', dark: false },
  { most: 10, colour: '#ffcc80', sign: '▒', dark: false },
  { most: 30, colour: '#ef6c50', sign: '▓', dark: true },
  { most: Infinity, colour: '#a31515', sign: '█', dark: true },
];

/** @param points rounded as they are told, so that picture and table agree */
export function shadeOf(points: number): Shade {
  return shades.find(({ most }) => points <= most) as Shade;
}

export const boundOf = ({ most }: Shade): string => (most === Infinity ? 'more' : `≤ ${most}`);
