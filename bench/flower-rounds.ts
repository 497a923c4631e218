// The lines that Flower's server app writes, one a round.

/** One line, as peers/flower/peer/server.py writes it. */
export interface FlowerRound {
  readonly round: number;
  readonly seconds: number;
  readonly trainingSeconds: number;
  readonly trainingSecondsPerClient: readonly number[];
  readonly evaluationSeconds: number;
  readonly examples: readonly number[];
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * Reads the complete lines; one still being written is left for the next reading.
 * @throws TypeError when the rounds do not follow one another from 1: the file is not of one run
 */
export function parseRounds(text: string): FlowerRound[] {
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = complete.split('\n').filter((line) => line !== '');
  return lines.map((line, index) => {
    const round = JSON.parse(line) as FlowerRound;
    if (round.round !== index + 1) throw new TypeError(`line ${index + 1} is of round ${round.round}`);
    return round;
  });
}
