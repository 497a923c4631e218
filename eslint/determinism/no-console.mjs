// no-console: what a transaction has to say it says by its answer; a log per endorsement leaks what others may not read.

import { againstGlobals } from './names.mjs';

export default againstGlobals('forbids console', '{{name}} is no way for a transaction to tell anything.', {
  globals: ['console'],
});
