// Rows of a table as examples: which columns are features, how their values are coded, what is learnt, what is missing.
import { malformed, shown } from './malformed.ts';
import type { TabularDescription } from './description.ts';
import { misfit, mistarget, normaliserOf, store } from './elements.ts';
import { elementsOf, emptyExamples, type ExampleLayout, type Examples, type Target } from './source.ts';

/** A value of a row, as CSV (texts) and Parquet have them. */
export type Cell = unknown;

export interface Table {
  readonly layout: Omit<ExampleLayout, 'examples'>;
  /** Names of the columns that are read. */
  readonly columns: readonly string[];
  /**
   * One row as an example, in memory that the next row takes over; undefined where the row is left out.
   * @param row values in the order of `columns`
   * @throws MusterError ERR_DATA_MALFORMED naming row and column
   */
  readonly encode: (row: readonly Cell[], number: number) => Examples | undefined;
}

/** How one column becomes numbers. */
interface Column {
  readonly column: string;
  readonly width: number;
  readonly missing: 'refuse' | 'skip' | { readonly replace: number | string };
  /** Writes the numbers of a value; @returns what is wrong with it */
  readonly write: (cell: Cell, raw: Float64Array, at: number) => string | undefined;
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$/;

/** The number that a value is; NaN where it is none. */
export function numberOf(cell: Cell): number {
  switch (typeof cell) {
    case 'number':
      return cell;
    case 'bigint':
    case 'boolean':
      return Number(cell);
    case 'string':
      return NUMBER.test(cell.trim()) ? Number(cell) : NaN;
    default:
      return NaN;
  }
}

const writeNumber: Column['write'] = (cell, raw, at) => {
  raw[at] = numberOf(cell);
  return Number.isFinite(raw[at]) ? undefined : 'is not a number';
};

function categoryWriter(values: readonly string[], oneHot: boolean): Column['write'] {
  const codes = new Map(values.map((value, code) => [value, code]));
  return (cell, raw, at) => {
    const code = codes.get(String(cell));
    if (code === undefined) return 'is not in the vocabulary';
    if (oneHot) raw[at + code] = 1;
    else raw[at] = code;
    return undefined;
  };
}

function listWriter(length: number): Column['write'] {
  return (cell, raw, at) => {
    if (!Array.isArray(cell) && !(ArrayBuffer.isView(cell) && 'length' in cell)) return 'is not a list';
    const list = cell as ArrayLike<unknown>;
    if (list.length !== length) return `is a list of ${list.length}, not of ${length}`;
    for (let i = 0; i < length; i++) {
      raw[at + i] = numberOf(list[i]);
      if (!Number.isFinite(raw[at + i])) return `holds ${shown(list[i])}, which is not a number`;
    }
    return undefined;
  };
}

type FeatureColumn = Exclude<TabularDescription['features'], 'others'>[number];

function columnOf(feature: FeatureColumn, missing: 'refuse' | 'skip'): Column {
  if (typeof feature === 'string') return { column: feature, width: 1, missing, write: writeNumber };
  const { column } = feature;
  if (feature.kind === 'list') return { column, width: feature.length, missing, write: listWriter(feature.length) };
  const own = feature.missing ?? missing;
  if (feature.kind === 'number') return { column, width: 1, missing: own, write: writeNumber };
  const oneHot = feature.encode === 'one-hot';
  const write = categoryWriter(feature.values, oneHot);
  return { column, width: oneHot ? feature.values.length : 1, missing: own, write };
}

function targetOf(target: TabularDescription['target'], missing: 'refuse' | 'skip'): [Target, Column[]] {
  if (target.kind !== 'class') {
    const columns = target.columns.map((column): Column => ({ column, width: 1, missing, write: writeNumber }));
    return [{ kind: target.kind, width: columns.length }, columns];
  }
  const { column } = target;
  if ('classes' in target) {
    return [{ kind: 'class', classes: target.classes }, [{ column, width: 1, missing, write: writeNumber }]];
  }
  const write = categoryWriter(target.values, false);
  return [{ kind: 'class', classes: target.values.length }, [{ column, width: 1, missing, write }]];
}

/** The columns of features and target, in this order. */
function chosenColumns(
  description: TabularDescription,
  header: readonly string[],
  name: string,
): [Column[], Target, Column[]] {
  const { features, missing } = description;
  const [target, targets] = targetOf(description.target, missing);
  const learnt = new Set(targets.map(({ column }) => column));
  const others = features === 'others' ? header.filter((column) => !learnt.has(column)) : features;
  const columns = others.map((feature) => columnOf(feature, missing));
  const known = new Set(header);
  if (known.size < header.length) throw malformed(name, 'has two columns of one name');
  for (const { column } of [...columns, ...targets]) {
    if (!known.has(column)) throw malformed(name, `has no column ${shown(column)}`);
  }
  if (columns.length === 0) throw malformed(name, 'has no columns but the target’s');
  return [columns, target, targets];
}

function shapeOf({ shape }: TabularDescription, elements: number, name: string): readonly number[] {
  if (shape === undefined) return [elements];
  if (elementsOf({ shape }) === elements) return shape;
  throw malformed(name, `has ${elements} features a row, which is not shape [${shape.join()}]`);
}

/** A row that lacks a value is left out. */
const SKIP = Symbol('skip');

/**
 * Prepares the reading of a table's rows.
 * @param header names of all of the file's columns
 * @param name of the file
 * @throws MusterError ERR_DATA_MALFORMED: columns missing or twice, a shape or normalisation that does not fit
 */
export function tableOf(description: TabularDescription, header: readonly string[], name: string): Table {
  const [columns, target, targets] = chosenColumns(description, header, name);
  const { dtype } = description;
  const elements = columns.reduce((sum, { width }) => sum + width, 0);
  const shape = shapeOf(description, elements, name);
  const layout = { shape, dtype, target };
  const normalise = normaliserOf(description.normalise, shape, name);
  const gaps = new Set<Cell>(['', null, undefined, ...description.missingTexts]);
  const isMissing = (cell: Cell): boolean => gaps.has(cell) || (typeof cell === 'number' && Number.isNaN(cell));
  const limit = target.kind === 'class' ? target.classes : target.kind === 'binary' ? 2 : undefined;
  const example = emptyExamples(layout, 1);
  const raw = new Float64Array(Math.max(elements, targets.length));

  const write = (
    { column, missing, write }: Column,
    cell: Cell,
    at: number,
    number: number,
  ): undefined | typeof SKIP => {
    const where = `${name}: row ${number}, column ${shown(column)}`;
    let value = cell;
    if (isMissing(cell)) {
      if (missing === 'skip') return SKIP;
      if (missing === 'refuse') throw malformed(where, 'is missing');
      value = missing.replace;
    }
    const problem = write(value, raw, at);
    if (problem !== undefined) throw malformed(where, `${shown(value)} ${problem}`);
    return undefined;
  };

  const encode = (row: readonly Cell[], number: number): Examples | undefined => {
    raw.fill(0);
    let at = 0;
    for (const [index, column] of columns.entries()) {
      if (write(column, row[index], at, number) === SKIP) return undefined;
      for (let i = at; i < at + column.width; i++) {
        const value = normalise(raw[i] ?? NaN, i);
        const problem = misfit(value, dtype);
        if (problem !== undefined)
          throw malformed(`${name}: row ${number}, column ${shown(column.column)}`, `${value} ${problem}`);
        store(example.features, i, value);
      }
      at += column.width;
    }
    for (const [index, column] of targets.entries()) {
      if (write(column, row[columns.length + index], index, number) === SKIP) return undefined;
      const value = raw[index] ?? NaN;
      const problem = mistarget(value, limit);
      if (problem !== undefined)
        throw malformed(`${name}: row ${number}, column ${shown(column.column)}`, `${value} ${problem}`);
      example.targets[index] = value;
    }
    return example;
  };
  return { layout, columns: [...columns, ...targets].map(({ column }) => column), encode };
}
