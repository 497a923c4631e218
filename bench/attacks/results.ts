// Results of cells, a line of JSON each: a run that was cut off goes on where it was.
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mean } from '../statistics.ts';
import { HONEST, keyOf, type Cell, type CellResult } from './cell.ts';

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A last line that a killed run left half written is no result. */
function parsed(line: string): CellResult[] {
  try {
    return [JSON.parse(line) as CellResult];
  } catch {
    return [];
  }
}

export class Results {
  private readonly file: string;
  private readonly known: Map<string, CellResult>;

  private constructor(file: string, known: Map<string, CellResult>) {
    this.file = file;
    this.known = known;
  }

  static async open(file: string): Promise<Results> {
    await mkdir(dirname(file), { recursive: true });
    const results = (await readLines(file)).flatMap(parsed);
    return new Results(file, new Map(results.map((result) => [keyOf(result), result])));
  }

  of(cell: Cell): CellResult | undefined {
    return this.known.get(keyOf(cell));
  }

  async add(result: CellResult): Promise<void> {
    this.known.set(keyOf(result), result);
    // a line that was cut off stays a line of its own
    await appendFile(this.file, `\n${JSON.stringify(result)}`);
  }
}

/** The cell that others are measured by: nobody attacks, and nothing is done about it. */
export const baselineOf = (cell: Cell): Cell => ({
  ...cell,
  rule: 'fed-avg',
  attack: HONEST,
  malicious: 0,
  copies: 'counted',
});

/** What a model that guesses has: it is what is left of a rule that gives up. */
const GUESSED = 0.1;

/** Points of accuracy lost against the baseline; undefined where a cell was not played. */
export function lost(results: Results, cell: Cell): number | undefined {
  const [baseline, result] = [results.of(baselineOf(cell)), results.of(cell)];
  if (baseline === undefined || result === undefined) return undefined;
  const accuracy = result.refused === undefined ? mean(result.accuracies) : GUESSED;
  return 100 * (mean(baseline.accuracies) - accuracy);
}
