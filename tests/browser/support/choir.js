/** Runs the example site in axum, and knows the answers as whoever has its secret does. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { open } from './cattlegrid.js';

const CATTLEGRID = process.env.CATTLEGRID_BIN;

export class Choir {
  /** A little longer than its forms have to be shown, in milliseconds. */
  static LEAST_AGE = 1100;

  /**
   * @param {string} data
   * @param {import('node:child_process').ChildProcess} server
   * @param {string} url
   */
  constructor(data, server, url) {
    this.data = data;
    this.server = server;
    this.url = url;
  }

  /** @returns {Promise<Choir>} */
  static async start() {
    assert.ok(CATTLEGRID, 'CATTLEGRID_BIN must be the path of the cattlegrid binary; `cargo xtask test` sets it');
    const data = await mkdtemp(join(tmpdir(), 'choir-'));
    // Why there: cargo puts all programs of the workspace into one folder.
    const program = join(dirname(CATTLEGRID), 'choir');
    const server = spawn(program, ['--port', '0', '--data', data], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: server.stdout });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(server, 'exit').then(([code]) => assert.fail(`the site ended with status ${code}`)),
    ]);
    const url = /http:\/\/[^/]+/.exec(line)?.[0];
    assert.ok(url, line);
    return new Choir(data, server, url);
  }

  /** What a sealed challenge key holds. */
  open(/** @type {string} */ key) {
    return open(key, this.data);
  }

  /** The link in the letter that has come, once it has. */
  async link() {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await pause(50)) {
      const letters = (await readdir(join(this.data, 'mail'))).filter((name) => name.endsWith('.eml'));
      const texts = await Promise.all(letters.map((name) => readFile(join(this.data, 'mail', name), 'utf8')));
      const text = texts
        .join('')
        .replace(/=\r?\n/g, '')
        .replaceAll('=3D', '=');
      const [link] = /http:\S+\/confirm\?token=[\w-]+/.exec(text) ?? [];
      if (link) return link;
    }
    return assert.fail('no letter came');
  }

  async stop() {
    const ended = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    await ended;
    await rm(this.data, { recursive: true });
  }
}
