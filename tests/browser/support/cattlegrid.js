/** Runs the real server, and knows the answers as whoever has its secret does. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const BINARY = process.env.CATTLEGRID_BIN;

// Why: every variable that starts so is configuration to the server, which refuses what it does not know.
const OTHERS = Object.entries(process.env).filter(([name]) => !name.startsWith('CATTLEGRID_'));
const ENVIRONMENT = { ...Object.fromEntries(OTHERS), CATTLEGRID_LOG__LEVEL: 'warn' };

/** @typedef {{ kind: string, prompt: string, answer: string, expires_at: string }} Opened */

/**
 * What a challenge key holds that was sealed under the secret in this folder.
 *
 * @param {string} key
 * @param {string} data
 * @returns {Promise<Opened>}
 */
export async function open(key, data) {
  const asked = promisify(execFile)(String(BINARY), ['open', key, '--data', data], { env: ENVIRONMENT });
  return JSON.parse((await asked).stdout);
}

export class Cattlegrid {
  /**
   * @param {string} data
   * @param {import('node:child_process').ChildProcess} server
   * @param {{ address: string, site_key: string, secret_key: string }} started
   */
  constructor(data, server, started) {
    this.data = data;
    this.server = server;
    this.url = started.address;
    this.siteKey = started.site_key;
    this.secretKey = started.secret_key;
  }

  /**
   * @param {string} [config] TOML
   * @returns {Promise<Cattlegrid>}
   */
  static async start(config = '') {
    assert.ok(BINARY, 'CATTLEGRID_BIN must be the path of the cattlegrid binary; `cargo xtask test` sets it');
    const data = await mkdtemp(join(tmpdir(), 'cattlegrid-'));
    const file = join(data, 'cattlegrid.toml');
    await writeFile(file, config);
    const flags = ['serve', '--config', file, '--listen', '127.0.0.1:0', '--json', '--data', data];
    const server = spawn(BINARY, flags, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: server.stdout });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(server, 'exit').then(([code]) => assert.fail(`the server ended with status ${code}`)),
    ]);
    return new Cattlegrid(data, server, JSON.parse(line));
  }

  /** What a sealed challenge key holds. */
  open(/** @type {string} */ key) {
    return open(key, this.data);
  }

  /**
   * What a site's back end is told.
   *
   * @param {Record<string, string>} fields
   * @param {string} [path] the provider's
   * @returns {Promise<any>}
   */
  async siteverify(fields, path = '/siteverify') {
    const reply = await fetch(this.url + path, { method: 'POST', body: new URLSearchParams(fields) });
    return reply.json();
  }

  async stop() {
    const ended = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    await ended;
    await rm(this.data, { recursive: true });
  }
}
