// Flower's Python environment. PyTorch's wheels weigh some 3 GB.
import type { Note } from '../network/src/progress.ts';
import { ensurePython, type PythonEnvironment } from './python-environment.ts';

/** Makes Flower's environment unless it is there already. @throws MusterError ERR_TOOL_FAILED, as {@link ensurePython} does */
export function ensureFlower(note: Note, signal: AbortSignal): Promise<PythonEnvironment> {
  return ensurePython('flower', note, signal);
}
