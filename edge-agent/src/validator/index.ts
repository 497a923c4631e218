// The validator.

export { runValidatorService } from './run.ts';
export { runValidator, type ValidatorOptions } from './validator.ts';
