// Puts what Vite built where the Go package internal/web embeds it: pages as
// they are, every other file as .gz and .br only. What an earlier build left goes.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const built = join(root, 'dist');
const target = join(root, '..', 'internal', 'web', 'dist');

rmSync(join(target, 'assets'), { recursive: true, force: true });
for (const name of readdirSync(target)) {
  if (name !== '.gitkeep') rmSync(join(target, name), { recursive: true });
}

for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  const to = join(target, relative(built, file));
  const content = readFileSync(file);
  mkdirSync(dirname(to), { recursive: true });
  if (file.endsWith('.html')) {
    writeFileSync(to, content);
    continue;
  }
  writeFileSync(`${to}.gz`, gzipSync(content, { level: 9 }));
  const parameters = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: statSync(file).size };
  writeFileSync(`${to}.br`, brotliCompressSync(content, { params: parameters }));
}
