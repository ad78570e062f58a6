/** Packs a page's script with the packages that it imports, as a site that uses npm does. */

import { build } from 'esbuild';

/**
 * @param {URL} page the address of the module
 * @returns {Promise<string>} one script
 */
export async function bundle(page) {
  const { outputFiles } = await build({
    entryPoints: [page.pathname],
    bundle: true,
    write: false,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles.map(({ text }) => text).join('');
}
