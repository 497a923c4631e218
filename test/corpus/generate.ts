// Writes the corpus of the fuzzed parsers: `node test/corpus/generate.ts`. Certificates are made anew each time, with keys
// that nobody keeps; all else comes out as it is committed. Inputs that once failed are beside these, as `found-<digest>`.

import { writeCorpus } from '../fuzz/corpus.ts';
import { certificates } from '../support/corpus/certificates.ts';
import { encodings } from '../support/corpus/encodings.ts';
import { programs } from '../support/corpus/programs.ts';
import { statements } from '../support/corpus/statements.ts';

for (const [parser, entries] of Object.entries({ ...encodings, ...statements, ...certificates, ...programs })) {
  for (const [name, content] of Object.entries(entries)) writeCorpus(parser, name, Buffer.from(content as Uint8Array));
}
