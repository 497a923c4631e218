// The rules that keep what every peer runs deterministic: one a hazard, each with its reason in its first lines.

import awaitStub from './await-stub.mjs';
import closeIterators from './close-iterators.mjs';
import noClock from './no-clock.mjs';
import noConsole from './no-console.mjs';
import noEnvironment from './no-environment.mjs';
import noLooseMaths from './no-loose-maths.mjs';
import noRandomness from './no-randomness.mjs';
import noSharedState from './no-shared-state.mjs';
import noUnboundedQuery from './no-unbounded-query.mjs';
import noUnordered from './no-unordered.mjs';

export const rules = {
  'await-stub': awaitStub,
  'close-iterators': closeIterators,
  'no-clock': noClock,
  'no-console': noConsole,
  'no-environment': noEnvironment,
  'no-loose-maths': noLooseMaths,
  'no-randomness': noRandomness,
  'no-shared-state': noSharedState,
  'no-unbounded-query': noUnboundedQuery,
  'no-unordered': noUnordered,
};

/** All rules as errors, under the name they are used by. */
export const all = Object.fromEntries(Object.keys(rules).map((name) => [`determinism/${name}`, 'error']));

export default { meta: { name: 'determinism' }, rules };
