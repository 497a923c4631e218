// Enrolment with a Fabric CA and the keystore folder: what a device needs to become somebody.
export { createCaClient, type CaClient, type CaClientOptions, type Registration } from './ca-client.ts';
export { enrolKeystore, renewKeystore, type EnrolKeystoreOptions } from './enrol-keystore.ts';
export {
  keystorePaths,
  readIfPresent,
  readKeystore,
  writePrivately,
  type Keystore,
  type KeystorePaths,
} from './keystore.ts';
export { createKey, createSigningRequest } from './signing-request.ts';
export { createAuthorisationToken, type Signatory } from './authorisation-token.ts';
