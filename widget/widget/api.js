/** @import { Answer, Ask, Challenge, Earned, Judgement } from '../types.js' */

const RETRIES = 2;
// In milliseconds: before the first retry, the most that a busy server may ask for, for a reply, and of a challenge.
const PAUSE = 400;
const LONGEST_PAUSE = 30_000;
const TIMEOUT = 15_000;
const SHORTEST_LIFE = 2_000;

/** Why a request failed: the server's stable code, or `network` when no reply could be read. */
export class Problem extends Error {
  constructor(code = 'network', status = 0, message = code) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryable = !status || status === 429 || status >= 500;
  }
}

/** One conversation with the server: rejects with a `Problem`, and never resolves once the signal has ended it. */
export class Api {
  #base;
  #signal;
  #busy;

  constructor(/** @type {string} */ base, /** @type {AbortSignal} */ signal, /** @type {() => void} */ busy) {
    this.#base = new URL(base.replace(/\/*$/, '/'), document.baseURI);
    this.#signal = signal;
    this.#busy = busy;
  }

  /** @returns {Promise<Challenge | Earned>} */
  issue(/** @type {Ask} */ ask) {
    return this.#post('', ask);
  }

  /** @returns {Promise<Judgement>} */
  answer(/** @type {string} */ key, /** @type {Answer} */ answer) {
    return this.#post(`/${key}/answer`, answer);
  }

  async picture(/** @type {Challenge} */ { image_url }) {
    const url = new URL(image_url, this.#base);
    const load = async () => {
      const image = new Image();
      image.srcset = `${url}, ${url}?scale=2 2x`;
      await new Promise((resolve, reject) => {
        image.onload = resolve;
        image.onerror = reject;
      });
      return image;
    };
    // Why: an image does not tell why it failed, and a busy server says how long to wait.
    const image = await load().catch(() => this.#send(url).then(load));
    this.#signal.throwIfAborted();
    return image;
  }

  async #post(/** @type {string} */ path, /** @type {object} */ body) {
    const reply = await this.#send(new URL('api/v1/challenges' + path, this.#base), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // Why: our clock may be wrong, so what counts is how long after its reply the server means.
    const now = Date.now();
    const replied = Date.parse(reply.headers.get('date') ?? '') || now;
    const text = await reply.text();
    this.#signal.throwIfAborted();
    return JSON.parse(text, (key, value) =>
      key === 'expires_at' ? now + Math.max(Date.parse(value) - replied, SHORTEST_LIFE) : value,
    );
  }

  // Why: anything may be sent again. Issuing writes nothing, and an answer that was judged before finds its key spent.
  /** @returns {Promise<Response>} */
  async #send(/** @type {URL} */ url, /** @type {RequestInit} */ init = {}, retries = RETRIES) {
    const signal = AbortSignal.timeout(TIMEOUT);
    const reply = await fetch(url, { ...init, signal, credentials: 'omit' }).catch(() => null);
    this.#signal.throwIfAborted();
    if (reply?.ok) return reply;

    const { code, detail } = (await reply?.json().catch(() => null)) ?? {};
    const problem = new Problem(reply ? (code ?? 'http') : 'network', reply?.status, detail);
    const pause = Number(reply?.headers.get('retry-after')) * 1000 || PAUSE * (RETRIES + 1 - retries);
    if (!problem.retryable || !retries || pause > LONGEST_PAUSE) throw problem;
    this.#signal.throwIfAborted();
    if (reply) this.#busy();
    await new Promise((resume) => setTimeout(resume, pause));
    return this.#send(url, init, retries - 1);
  }
}
