// The canonical bytes of examples as a model takes them: what a data-set root commits to where a format has no own rule.
import { endianness } from 'node:os';
import { elementsOf, widthOf, type ExampleLayout, type Examples, type Features, type Targets } from './source.ts';

const BIG_ENDIAN = endianness() === 'BE';

/** The elements as little-endian bytes, of which the values of one example are one piece. */
function littleEndian(values: Features | Targets): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (!BIG_ENDIAN) return bytes;
  const copy = Buffer.from(bytes);
  return values.BYTES_PER_ELEMENT === 8 ? copy.swap64() : copy.swap32();
}

/**
 * One leaf an example: its features as the model takes them, row-major, then its target; float32, int32 and int64 in
 * little-endian order, a class as int32.
 */
export function valueLeaves(layout: ExampleLayout, { features, targets }: Examples): Uint8Array[] {
  const ofFeatures = elementsOf(layout) * features.BYTES_PER_ELEMENT;
  const ofTarget = widthOf(layout.target) * 4;
  const [featureBytes, targetBytes] = [littleEndian(features), littleEndian(targets)];
  return Array.from({ length: targetBytes.length / ofTarget }, (_, row) =>
    Buffer.concat([
      featureBytes.subarray(row * ofFeatures, (row + 1) * ofFeatures),
      targetBytes.subarray(row * ofTarget, (row + 1) * ofTarget),
    ]),
  );
}
