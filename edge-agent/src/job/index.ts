// Jobs: composing one, the acts around it, and its artefacts.

export { enrolCertificate, proposeJob, registerOrganisation, voteJob } from './acts.ts';
export { composeJob, quorumOf, type ComposedJob, type JobOptions } from './compose.ts';
export { createArtefactCache, createArtefactSource, type FetchArtefact } from './job-files.ts';
export { fetchJobModel, type JobModel } from './job-model.ts';
export { controlRate, verifyControl } from './control-terms.ts';
export { decodeRecipe, encodeRecipe, verifyTrainStep, type RecipeDocument } from './recipe-document.ts';
export { verifyArtefact } from './verify-artefact.ts';
