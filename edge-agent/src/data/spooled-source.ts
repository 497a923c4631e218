// Examples decoded once, in the order of their file, into a scratch file that is read by ranges.
import { bytesOf } from '../bytes-of.ts';
import { malformed } from './malformed.ts';
import { RecordFile } from './record-file.ts';
import { valueSource } from './value-source.ts';
import { emptyExamples, type DecodedData, type ExampleLayout, type Examples, type ExampleSource } from './source.ts';
import { Spool } from './spool.ts';

/** Indices are 32 bits. */
const EXAMPLES_MAX = 2 ** 31 - 1;

/**
 * Spools examples.
 * @param name of the file they come from
 * @param decode hands over one example after the other
 * @param scratch folder for the scratch file
 * @throws MusterError ERR_DATA_MALFORMED when there are none, or too many, and what decoding throws
 */
export async function spooledSource(
  name: string,
  layout: Omit<ExampleLayout, 'examples'>,
  decode: AsyncIterable<Examples>,
  scratch?: string,
): Promise<ExampleSource> {
  const spool = await Spool.create(name, scratch);
  let examples = 0;
  try {
    for await (const { features, targets } of decode) {
      if (examples === EXAMPLES_MAX) throw malformed(name, `has more than ${EXAMPLES_MAX} examples`);
      await spool.append(bytesOf(features));
      await spool.append(bytesOf(targets));
      examples++;
    }
    if (examples === 0) throw malformed(name, 'has no examples');
  } catch (error) {
    await spool.close();
    throw error;
  }
  const file = await spool.finish();
  const whole = { ...layout, examples };
  const { descriptor, bytes } = file;
  return { ...recordsSource(whole, file), decoded: { kind: 'decoded', name, layout: whole, descriptor, bytes } };
}

/** Opens what another source of this process has decoded, for as long as that is open. */
export function decodedSource({ name, layout, descriptor, bytes }: DecodedData): ExampleSource {
  return recordsSource(layout, RecordFile.borrow(name, descriptor, bytes));
}

function recordsSource(layout: ExampleLayout, file: RecordFile): ExampleSource {
  const room = emptyExamples(layout, 1);
  const [ofFeatures, ofTargets] = [room.features.byteLength, room.targets.byteLength];
  return valueSource(layout, {
    async fill(indices, { features, targets }) {
      const [featureBytes, targetBytes] = [bytesOf(features), bytesOf(targets)];
      await file.read({ start: 0, size: ofFeatures + ofTargets }, indices, (record, place) => {
        featureBytes.set(record.subarray(0, ofFeatures), place * ofFeatures);
        targetBytes.set(record.subarray(ofFeatures), place * ofTargets);
      });
    },
    close: () => file.close(),
  });
}
