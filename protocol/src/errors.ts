// The one error of the product, and how it crosses boundaries where only text or plain data survives.

import { canonicalise } from './bytes/canonical.ts';
import { readJson } from './bytes/json.ts';
import { catalogue, type Family } from './catalogue.ts';

export type Code = keyof typeof catalogue;
/** The details a code carries. */
export type Details<C extends Code> = Parameters<(typeof catalogue)[C]['message']>[0];

/** The one error of the product: a code of the catalogue and the typed data needed to react to it. */
export class MusterError<C extends Code = Code> extends Error {
  readonly code: C;
  readonly details: Details<C>;

  constructor(code: C, details: Details<C>, options?: ErrorOptions) {
    super((catalogue[code].message as (d: Details<C>) => string)(details), options);
    this.name = 'MusterError';
    this.code = code;
    this.details = details;
  }

  get family(): Family {
    return catalogue[this.code].family;
  }

  get http(): number {
    return catalogue[this.code].http;
  }
}

/** Discriminated by `code`, so that a switch narrows `details`. */
export type AnyMusterError = { [C in Code]: MusterError<C> }[Code];

/** Narrows a caught value to a MusterError, of one code if given. */
export function isMusterError(error: unknown, code?: Code): error is AnyMusterError {
  return error instanceof MusterError && (code === undefined || error.code === code);
}

/** What of an error may be told to others: code and details. */
export interface ErrorReport {
  readonly code: Code;
  readonly details: Record<string, unknown>;
}

/** Code and details as plain data, as verdicts and problem documents carry them. */
export function report(error: MusterError): ErrorReport {
  return { code: error.code, details: { ...error.details } };
}

/** The error behind a report; the opposite of {@link report}. */
export function fromReport(told: ErrorReport): AnyMusterError {
  return new MusterError(told.code, told.details as Details<Code>) as AnyMusterError;
}

/**
 * The error behind a report that came from outside, whatever it is.
 * @returns undefined where it is no report, its code is unknown, or its details are not those of the code
 */
export function readReport(told: unknown): AnyMusterError | undefined {
  if (typeof told !== 'object' || told === null) return undefined;
  const { code, details } = told as Partial<Record<string, unknown>>;
  if (typeof code !== 'string' || !Object.hasOwn(catalogue, code)) return undefined;
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return undefined;
  try {
    return fromReport({ code: code as Code, details: details as Record<string, unknown> });
  } catch {
    return undefined; // a sentence could not be made of these details
  }
}

const MARK = 'MUSTER ';

/** The text that crosses the chaincode boundary, where only text survives: `MUSTER <code> <canonical JSON>`. */
export function toWire(error: MusterError): string {
  return `${MARK}${error.code} ${canonicalise(error.details)}`;
}

/**
 * Reads {@link toWire}'s text back, whatever a peer put in front of it ("chaincode response 500, ").
 * @returns undefined where the text holds no error of ours
 */
export function fromWire(text: string): AnyMusterError | undefined {
  const start = text.indexOf(MARK);
  if (start < 0) return undefined;
  const rest = text.slice(start + MARK.length);
  const space = rest.indexOf(' ');
  try {
    return readReport({ code: rest.slice(0, space), details: readJson(rest.slice(space + 1)) });
  } catch {
    return undefined; // cut off on its way: the caller still has the text
  }
}
