// The adapter to ONNX Runtime: the only file here that loads it.
import { MusterError } from '@muster/protocol';
import ort, { type InferenceSession, type Tensor as OrtTensor } from 'onnxruntime-node';
import { sizeOf } from './graph/index.ts';

export type Session = InferenceSession;
export type SessionTensor = OrtTensor;

/** Error and worse: the runtime warns about initializers that its own optimiser has just made superfluous. */
const LOG_ERRORS = 3;

/**
 * Opens a session on the CPU. Opening and running block the thread they are called on.
 * @param model ONNX bytes
 * @param threads of the runtime within one operator. It adds up long sums in other portions with more of them, so that bits
 *   differ for some models (LSTM, ResNet; measured with 1.30): results are promised for 1
 * @throws MusterError ERR_MODEL_MALFORMED when the runtime finds fault with what the tables here let pass
 */
export async function openSession(model: Uint8Array, threads = 1): Promise<Session> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: LOG_ERRORS,
    });
  } catch (cause) {
    const reason = `ONNX Runtime refuses it: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new MusterError('ERR_MODEL_MALFORMED', { reason }, { cause });
  }
}

/** Wraps an array, without a copy, as a tensor. @throws TypeError when the shape does not fit */
export function tensor(data: Float32Array | Int32Array | BigInt64Array, shape: readonly number[]): SessionTensor {
  if (sizeOf(shape) !== data.length) throw new TypeError(`${data.length} elements are not [${shape.join()}]`);
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  return data instanceof Int32Array ? new ort.Tensor('int32', data, shape) : new ort.Tensor('int64', data, shape);
}
