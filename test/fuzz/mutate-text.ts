// Mutations of JSON and of texts like it, token by token, so that what comes out still parses often enough to reach the
// checks behind the parser: values of other types and sizes, members twice, nesting, and texts that Unicode forbids.

import type { Mutation } from './mutate-bytes.ts';
import type { FuzzRandom } from './random.ts';

const TOKENS = /"(?:[^"\\]|\\[^])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[\]{}:,]/g;

const VALUES = [
  ...['0', '-0', '-1', '1', '1.5', '1e999', '-1e999', '1e21', '5e-324', '2147483648', '4294967296'],
  ...['9007199254740991', '9007199254740993', '18446744073709551616', 'null', 'true', '[]', '{}', '[[]]', '""'],
  ...['"\\ud800"', '"\\udc00x"', '"\\u0000"', '"__proto__"', '"constructor"', '"toString"', '"\\u2028"', '"é"', '"é"'],
  ...['"../../x"', '"sha256:"', '"NaN"', '" "', '"a\\nb"', '"%00"', '"\\ud83d\\ude00"', '01', '+1', 'NaN', 'undefined'],
];
const DEPTHS = [31, 32, 33, 34, 200, 2000];

function nested(random: FuzzRandom): string {
  const depth = random.pick(DEPTHS);
  return random.below(2) === 0
    ? '['.repeat(depth) + ']'.repeat(depth)
    : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
}

function value(random: FuzzRandom): string {
  const kind = random.below(24);
  if (kind === 0) return nested(random);
  if (kind === 1) return `"${'x'.repeat(1 + random.below(3000))}"`;
  if (kind === 2) return `[${'0,'.repeat(random.below(2000))}0]`;
  return random.pick(VALUES);
}

interface Token {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Tokens are looked for in a window: long inputs would else cost more to bend than to parse. */
const WINDOW = 4096;

function tokens(text: string, start: number): Token[] {
  return Array.from(text.slice(start, start + WINDOW).matchAll(TOKENS), (match) => {
    const from = start + match.index;
    return { from, to: from + match[0].length, text: match[0] };
  });
}

type TextMutation = (text: string, found: readonly Token[], random: FuzzRandom) => string;

const splice = (text: string, from: number, to: number, by: string): string =>
  text.slice(0, from) + by + text.slice(to);
const isValue = ({ text }: Token): boolean => !/^[[\]{}:,]$/.test(text);

const textMutations: readonly TextMutation[] = [
  // another value
  (text, found, random) => {
    const { from, to } = random.pick(found.filter(isValue).concat(found[0] as Token));
    return splice(text, from, to, value(random));
  },
  // the value of another place
  (text, found, random) => {
    const { from, to } = random.pick(found);
    return splice(text, from, to, random.pick(found).text);
  },
  // a member or an item more
  (text, found, random) => {
    const opening = found.filter((token) => token.text === '{' || token.text === '[');
    if (opening.length === 0) return text;
    const { to, text: bracket } = random.pick(opening);
    const name = random.pick(['"a"', '"v"', '"__proto__"', '"jti"', '"\\ud800"', '""']);
    return splice(text, to, to, `${bracket === '{' ? `${name}:` : ''}${value(random)},`);
  },
  // a stretch of tokens again: members twice, brackets that do not close
  (text, found, random) => {
    const first = random.below(found.length);
    const last = Math.min(found.length - 1, first + random.below(8));
    const { to } = found[last] as Token;
    const piece = text.slice((found[first] as Token).from, to);
    return splice(text, to, to, random.below(2) === 0 ? piece : `,${piece}`);
  },
  // a stretch of tokens missing
  (text, found, random) => {
    const first = random.below(found.length);
    const last = Math.min(found.length - 1, first + random.below(6));
    return splice(text, (found[first] as Token).from, (found[last] as Token).to, '');
  },
  // blanks where none or some may be
  (text, found, random) => {
    const { from } = random.pick(found);
    return splice(text, from, from, random.pick([' ', '\n', '\t', '﻿', '\0']));
  },
];

/** A mutation of the text that bytes hold; bytes without a token of JSON are left as they are. */
export const mutateText: Mutation = (bytes, random) => {
  const text = bytes.toString('latin1');
  const found = tokens(text, text.length <= WINDOW ? 0 : random.below(text.length));
  if (found.length === 0) return bytes;
  const changed = random.pick(textMutations)(text, found, random);
  return Buffer.from(changed, /[^\0-\xff]/.test(changed) ? 'utf8' : 'latin1');
};
