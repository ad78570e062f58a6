/** The shapes that the widget's modules share. Read by the type checker alone; no browser loads it. */

import type { LOCALES } from './widget/locales.js';

export type Locale = keyof typeof LOCALES;

/** Everything the widget says, in one language. */
export type Texts = Record<keyof (typeof LOCALES)['en'], string>;

/** Where a widget stands. Pages can style it with `:state(solved)` and so on. */
export type State = 'loading' | 'ready' | 'checking' | 'solved' | 'failed';

/** What the person is told below the field. */
export interface Note {
  text: keyof Texts;
  tone?: 'success' | 'danger';
}

/** What a page asks of the server. */
export interface Ask {
  sitekey: string;
  kind?: string;
  action?: string;
  locale: string;
}

/** What the server sends, with each `expires_at` in milliseconds since the epoch by this browser's clock. */
export interface Challenge {
  key: string;
  kind: string;
  image_url: string;
  expires_at: number;
}

/** What the server says to a right answer. */
export interface Right {
  success: true;
  token: string;
  expires_at: number;
}

/** What the server says to any other answer. */
export interface Wrong {
  success: false;
  'error-codes': [string];
  challenge: Challenge;
}

export type Judgement = Right | Wrong;

/** What a person does in the view. */
export interface Actions {
  check(): void;
  refresh(): void;
  retry(): void;
  enter(): void;
  type(): void;
}

type Attributes = Record<string, string>;

export type Fill = <E extends Element>(element: E, attributes: Attributes, ...children: Node[]) => E;

/** Builds an element whose class and part are its `name`. */
export type Html = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  attributes?: Attributes,
  ...children: Node[]
) => HTMLElementTagNameMap[K];
