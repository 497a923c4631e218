// Telling a person, a log or a program how far a long run is. Every step is timed.
import pc from 'picocolors';

/** Tells more about a step while it runs. */
export type Note = (text: string) => void;

export interface Progress {
  /** Runs a step and tells its start, its notes and its end with the seconds it took. Steps may overlap. */
  step<T>(name: string, run: (note: Note) => Promise<T>): Promise<T>;
  /** Something worth telling that is no step: `text` for people, `event` with `data` for programs. */
  tell(text: string, event: string, data?: Readonly<Record<string, unknown>>): void;
  /** Seconds each step took so far, in the order they ended. */
  readonly timings: readonly StepTiming[];
}

export interface StepTiming {
  readonly step: string;
  readonly seconds: number;
}

export type ProgressFace = 'terminal' | 'lines' | 'json' | 'silent';

interface Writer {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** What a face does at each moment. */
interface Face {
  started(step: string): void;
  noted(step: string, text: string): void;
  ended(step: string, seconds: number, failure?: string): void;
  told(text: string, event: string, data: Readonly<Record<string, unknown>>): void;
}

/** The face that suits: JSON when asked for, redrawing on a terminal, plain lines elsewhere. */
export function chooseFace(json: boolean, out: Writer): ProgressFace {
  return json ? 'json' : out.isTTY === true ? 'terminal' : 'lines';
}

export function createProgress(faceName: ProgressFace, out: Writer = process.stdout): Progress {
  const face = { terminal: terminalFace, lines: linesFace, json: jsonFace, silent: silentFace }[faceName](out);
  const timings: StepTiming[] = [];
  return {
    timings,
    async step(name, run) {
      const began = performance.now();
      const seconds = (): number => Math.round(performance.now() - began) / 1000;
      face.started(name);
      try {
        const result = await run((text) => face.noted(name, text));
        timings.push({ step: name, seconds: seconds() });
        face.ended(name, seconds());
        return result;
      } catch (error) {
        face.ended(name, seconds(), error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
    tell: (text, event, data = {}) => face.told(text, event, data),
  };
}

function jsonFace(out: Writer): Face {
  const line = (content: object): void => void out.write(`${JSON.stringify(content)}\n`);
  return {
    started: (step) => line({ event: 'step', step, state: 'started' }),
    noted: ignore,
    ended: (step, seconds, failure) =>
      line(
        failure === undefined
          ? { event: 'step', step, state: 'finished', seconds }
          : { event: 'step', step, state: 'failed', seconds, failure },
      ),
    told: (_text, event, data) => line({ event, ...data }),
  };
}

/** Notes come by the hundred; a log needs one now and then. */
const NOTE_EVERY_MS = 5000;

function linesFace(out: Writer): Face {
  let notedAt = performance.now();
  return {
    started: () => undefined,
    noted(step, text) {
      if (performance.now() - notedAt >= NOTE_EVERY_MS) {
        notedAt = performance.now();
        out.write(`  … ${step}: ${text}\n`);
      }
    },
    ended: (step, seconds, failure) => void out.write(`${ending(step, seconds, failure)}\n`),
    told: (text) => void out.write(`${text}\n`),
  };
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;

function terminalFace(out: Writer): Face {
  const running = new Map<string, { began: number; note: string }>();
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => void out.write('\r\u001b[2K');
  const draw = (): void => {
    const [latest] = [...running].reverse();
    if (latest === undefined) {
      return;
    }
    const [step, { began, note }] = latest;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    frame = (frame + 1) % FRAMES.length;
    const others = running.size > 1 ? pc.dim(` (+${running.size - 1})`) : '';
    clear();
    out.write(`${pc.cyan(FRAMES[frame] ?? '')} ${step} ${pc.dim(`${seconds} s ${note.slice(0, 60)}`)}${others}`);
  };
  const above = (text: string): void => {
    clear();
    out.write(`${text}\n`);
    draw();
  };
  return {
    started(step) {
      running.set(step, { began: performance.now(), note: '' });
      // Does not keep a process alive that has nothing else to do.
      timer ??= setInterval(draw, FRAME_MS).unref();
    },
    noted(step, note) {
      const entry = running.get(step);
      if (entry !== undefined) {
        entry.note = note;
      }
    },
    ended(step, seconds, failure) {
      running.delete(step);
      if (running.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
      above(ending(step, seconds, failure));
    },
    told: (text) => above(text),
  };
}

function silentFace(): Face {
  return { started: ignore, noted: ignore, ended: ignore, told: ignore };
}

function ignore(): void {
  // Nobody watches.
}

function ending(step: string, seconds: number, failure?: string): string {
  const time = pc.dim(`${seconds.toFixed(1)} s`);
  return failure === undefined ? `${pc.green('✓')} ${step} ${time}` : `${pc.red('✗')} ${step} ${time}`;
}
