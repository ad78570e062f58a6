/** The shapes that the widget's modules share. Read by the type checker alone; no browser loads it. */

import type { LOCALES } from './widget/locales.js';
import type { watch } from './widget/signals.js';

export type Locale = keyof typeof LOCALES;

/** Everything the widget says, in one language. */
export type Texts = Record<keyof (typeof LOCALES)['en'], string>;

/** Where a widget stands. Pages can style it with `:state(solved)` and so on. */
export type State = 'loading' | 'ready' | 'checking' | 'solved' | 'failed';

/** What the person is told below the field. */
export interface Note {
  texts: (keyof Texts)[];
  tone?: 'success' | 'danger';
}

/** What a page asks of the server. */
export interface Ask {
  sitekey: string;
  kind?: string;
  action?: string;
  locale: string;
}

/** What a page sends of an answer. */
export interface Answer {
  answer: string;
  cdata: string | null;
  signals: ReturnType<ReturnType<typeof watch>['end']>;
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
  params: Params;
  theme?: string;
  locale?: string | null;
  /** Whether it begins when it is executed, not when it is rendered. One in a dialog always does. */
  waits?: boolean;
  /** Where its dialog is put; else into the body. */
  into?: Element | null;
  /** Whether the dialog ends when its challenge expires, rather than with a new picture. */
  ends?: boolean;
  /** Whether it is seen only when a picture must be answered. */
  shy?: boolean;
  /** After how many milliseconds it tries again by itself, if at all. */
  retry?: number;
  /** What follows when something expires outside a dialog: a new picture, which is the default, a button for one, or nothing. */
  refresh?: { [what: string]: 'auto' | 'manual' | 'never' | undefined };
  /** What its token is sent in. */
  fields: [name: string, id: string, type?: 'hidden'][];
  /** A picture must be answered. */
  opened?(): void;
  /** `asked` is whether a picture had to be answered. */
  solved(token: string, asked?: boolean): void;
  expired(what: Expiring, token: string): void;
  failed(failure: Failure): void;
  /** The person has closed the dialog. */
  closed?(): void;
  /** What `execute` rejects with. */
  reason?(why: Why): unknown;
}

export type Expiring = 'challenge' | 'token';
export type Why = 'closed' | 'expired' | Failure;

/** The detail of the widget's event `error`. */
export interface Failure {
  code: string;
  message: string;
  status: number;
  retryable: boolean;
}

/**
 * Puts the widget into its place, or into a dialog that opens when a picture must be answered, and makes the fields for
 * its token. `place` is where the dialog is put, if it is to have one.
 */
export type NewCaptcha = (container: HTMLElement, plan: Plan, place?: Element) => Captcha;

/** What a provider's captcha needs of the widget. */
export interface Widget extends HTMLElement {
  readonly typed: boolean;
  check(): Promise<void>;
  reset(): void;
}

/** Puts a dialog into `place`, and tells when the person has closed it. */
export type Dialog = (
  widget: Widget,
  place: Element,
  closed: () => void,
) => { open(): void; close(): void; remove(): void };

/** One captcha of a provider's. */
export interface Captcha {
  readonly container: HTMLElement;
  readonly plan: Plan;
  id: string | number;
  /** The response token, or an empty string. */
  token: string;
  /** The key of the challenge that was shown last. */
  key: string;
  /** Whether there was a token that is now too old. */
  isExpired: boolean;
  widget?: Widget;
  dialog?: ReturnType<Dialog>;
  /** Whether a picture waits for its answer. */
  shown: boolean;
  /** What `execute` promised, and how it is kept. */
  pending?: Promise<string>;
  resolve?(token: string): void;
  reject?(reason: unknown): void;
  /** Until it tries again by itself. */
  timer?: number;
  /** Begins, unless that is done already, and gives the token. */
  execute(): Promise<string>;
  /** Closes the dialog. */
  close(): void;
  /** Forgets the token, and begins again. */
  reset(): void;
  remove(): void;
}

/** Those on a page. */
export interface Captchas {
  /** An element by itself, its id, or a selector. */
  element(where: any): HTMLElement | null;
  /**
   * Puts a captcha into an element, or binds it to a button. `inherit` is whether the element's `data-…` attributes
   * count too.
   */
  render(where: any, given?: Params, inherit?: boolean): string | number;
  /** A captcha by its id, its element or a selector; the first one for nothing. */
  find(which?: unknown): Captcha | undefined;
  remove(captcha: Captcha): void;
  /** Renders what has one of the classes and a site key, now and whenever the page has changed. */
  watch(...classes: string[]): void;
}

export type NewCaptchas = (dialect: Dialect) => Captchas;

/** A provider's own way. */
export interface Dialect {
  name: string;
  id(number: number): string | number;
  /** Plans the nth captcha, from 0; `call` calls a callback by the name of its parameter. */
  plan(params: Params, number: number, call: (name: string, ...given: unknown[]) => void): Plan;
}

/** What a provider's module does behind its script. */
export interface Compat {
  /** Renders by class name, from now on. */
  watch(): void;
  methods: Record<string, (first?: any, second?: any, third?: any) => unknown>;
}

/** Starts it, with what the script's address says. */
export type Start = (setup: {
  /** The id of the nth captcha, from 0. */
  id(number: number): string | number;
  hl?: string;
  /** Whether hCaptcha fills reCAPTCHA's field too. */
  compat: boolean;
  /** Whether hCaptcha stands in for reCAPTCHA too. */
  alone: boolean;
}) => Compat;
