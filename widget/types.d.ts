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

/** A response token, which the server may also send in place of a challenge. */
export interface Earned {
  token: string;
  expires_at: number;
}

/** What the server says to a right answer. */
export interface Right extends Earned {
  success: true;
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

/** What a page gives a provider's `render`, or says in `data-…` attributes. */
export type Params = Record<string, any>;

/** What a captcha is to be, and what it is to say to the page. */
export interface Plan {
  /** The widget's attributes, and its custom properties. */
  attributes: Record<string, string | null | undefined>;
  styles: Record<string, string>;
  /** Whether it begins when it is executed, not when it is rendered. */
  waits: boolean;
  /** Where its dialog is put, if it has one. */
  dialog?: Element;
  /** Whether it is seen only when a picture must be answered. */
  shy?: boolean;
  /** After how many milliseconds it tries again by itself, if at all. */
  retry?: number;
  /** What happens when something expires: a new picture, a button for one, nothing, or the end of the dialog. */
  refresh?: Record<'challenge' | 'token', 'auto' | 'manual' | 'never' | 'end'>;
  fields: (HTMLInputElement | HTMLTextAreaElement)[];
  opened?(): void;
  solved(token: string, shown: boolean): void;
  expired(what: 'challenge' | 'token', token: string): void;
  failed(failure: Failure): void;
  closed?(): void;
  /** What an `execute` rejects with. */
  reason?(why: 'closed' | 'expired' | Failure): unknown;
}

/** The detail of the widget's event `error`. */
export interface Failure {
  code: string;
  message: string;
  status: number;
  retryable: boolean;
}

export interface Pending {
  promise: Promise<string>;
  resolve(token: string): void;
  reject(reason: unknown): void;
}

/** A provider's own way. */
export interface Dialect {
  name: string;
  id(number: number): string | number;
  plan(container: Element, params: Params, number: number): Plan;
}

/** What the address of a provider's script says. */
export interface Setup {
  /** The id of the captcha that is rendered as the nth, from 0. */
  id(number: number): string | number;
  hl: string | null;
  /** Whether hCaptcha fills reCAPTCHA's field too. */
  compat: boolean;
  /** Whether hCaptcha stands in for reCAPTCHA too. */
  alone: boolean;
}

/** What a provider's module does behind its script. */
export interface Compat {
  /** Renders by class name, from now on. */
  watch(): void;
  methods: Record<string, (...given: any[]) => any>;
}
