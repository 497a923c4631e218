// FLTrust (Cao et al. 2021, section 4): trust by the direction of a root update, which validators train themselves.

import type { Prepare } from './held.ts';
import { eachBlock, squaredDistancesTo } from './rows.ts';
import { BLOCK } from '../kernels/layout.ts';
import { weighted } from './clip.ts';

/** Σ TS · g · ‖g0‖ / ‖g‖ / Σ TS, with TS = relu(cos(g, g0)); 0 where nobody is trusted. */
export const flTrust: Prepare = (rows, workspace, { root }) => {
  if (root === undefined) throw new TypeError('fltrust without a root update');
  const { kernels } = workspace;
  const { count } = rows;
  const norms = Array.from(squaredDistancesTo(rows, workspace), Math.sqrt);
  const dots = kernels.float64(count);
  const own = kernels.float64(1);
  const to = workspace.row();
  eachBlock(rows, (from) => {
    const part = root.subarray(from, from + BLOCK);
    to.fill(0).set(part);
    kernels.addDots(rows.block(from), to, dots);
    kernels.addDots(to, to, own);
  });
  const rootNorm = Math.sqrt(own[0] as number);
  const trust = norms.map((norm, i) => {
    const product = norm * rootNorm;
    return product > 0 ? Math.max(0, (dots[i] as number) / product) : 0;
  });
  const sum = trust.reduce((total, each) => total + each, 0);
  const { weights, write } = weighted(count, workspace);
  trust.forEach((each, i) => {
    weights[i] = each > 0 ? (each / sum) * (rootNorm / (norms[i] as number)) : 0;
  });
  return write;
};
