// ONNX's element types by number (TensorProto.DataType): those that training graphs use, and the names of the others.
import type { ElementType } from './graph.ts';

/** TensorProto.DataType of each type that is supported. */
export const ELEMENT_CODES: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

const NAMES: Readonly<Record<number, string>> = {
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  8: 'string',
  10: 'float16',
  11: 'double',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
};

/** The supported type of a number, if it is one. */
export function elementOf(code: number | null | undefined): ElementType | undefined {
  const found = Object.entries(ELEMENT_CODES).find(([, each]) => each === code);
  return found?.[0] as ElementType | undefined;
}

/** What a refusal says of a type that is not supported. */
export function strangerType(code: number | null | undefined): string {
  const name = NAMES[code ?? 0] ?? `number ${String(code ?? 0)}`;
  return `has element type ${name}: only float32, int32, int64 and bool are supported`;
}
