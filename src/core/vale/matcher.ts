/** What the kinds of Vale rules have in common. */
import type { Files } from '../contracts.ts';
import type { ValeRule } from './definition.ts';
import type { View } from './views.ts';

/** Start and end in a text. */
export type Span = readonly [start: number, end: number];

/** Something a rule found in a text. */
export interface Hit {
  /** undefined: it is about the file as a whole. */
  readonly span: Span | undefined;
  /** Everything that was counted. */
  readonly counted?: readonly Span[];
  /** What the message says at %s, in order; the words that were found and their replacement when left out. */
  readonly args?: readonly string[];
  /** In place of the rule's own message. */
  readonly message?: string;
  /** What may stand there instead; what the rule's action says when left out. */
  readonly replacements?: readonly string[];
}

/** What a rule is read with. */
export interface Setting {
  /** Words that are right and wrong, as patterns. */
  readonly accept: readonly string[];
  readonly reject: readonly string[];
  /** BCP 47. */
  readonly locale: string;
  /** Names of the brand that no dictionary has. */
  readonly names: readonly string[];
  readonly styles: Files;
}

/** Reads the texts of one file in order; it may remember. */
export type Reader = (view: View) => readonly Hit[];

/** Begins to read a file. */
export type Matcher = (views: readonly View[]) => Reader;

/** @throws SyntaxError for a pattern or formula that makes no sense */
export type Compile = (rule: ValeRule, setting: Setting) => Matcher;
