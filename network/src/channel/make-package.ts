// The first package of a network's chaincode.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writePrivately } from '@muster/edge-agent/enrol';
import type { NetworkPlan } from '../derive/plan.ts';
import { chaincodePackage, digestSources, packageId } from './chaincode-package.ts';
import type { Deployment } from './deploy-chaincode.ts';

const FIRST_SEQUENCE = 1;

/** The label of the first package. */
export function firstLabel({ description }: NetworkPlan): string {
  return `${description.chaincode}_${FIRST_SEQUENCE}`;
}

/** Packages the chaincode of this tree; the same sources give the same bytes. */
export async function makePackage(plan: NetworkPlan): Promise<Deployment> {
  const label = firstLabel(plan);
  const sources = ['chaincode', 'protocol'].map((folder) =>
    fileURLToPath(new URL(`../../../${folder}/src`, import.meta.url)),
  );
  await writePrivately(plan.packageFile, chaincodePackage(label, await digestSources(sources)));
  return deploymentOf(plan);
}

/** The deployment of the package that was made. */
export async function deploymentOf(plan: NetworkPlan): Promise<Deployment> {
  const id = packageId(firstLabel(plan), await readFile(plan.packageFile));
  return { packageId: id, packageFile: plan.packageFile, sequence: FIRST_SEQUENCE };
}
