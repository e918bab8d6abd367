// Writes the built page as one C++ source: node embed.mjs DIST OUT.cc. Each file is compressed once, here.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const [dist, out] = process.argv.slice(2);
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const filesOf = (folder) =>
  readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    });

const files = filesOf(dist).map((path) => {
  const content = readFileSync(path);
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: no content type for ${extname(path)}; add it to embed.mjs`);
  const name = `/${relative(dist, path)}`;
  return {
    name,
    type,
    etag: createHash('sha256').update(content).digest('hex').slice(0, 16),
    immutable: name.startsWith('/assets/'),
    gzip: gzipSync(content, { level: 9 }),
  };
});

const bytes = (buffer) => {
  const lines = [];
  for (let i = 0; i < buffer.length; i += 32) lines.push(`    ${[...buffer.subarray(i, i + 32)].join(',')},`);
  return lines.join('\n');
};

const source = `// SPDX-License-Identifier: Apache-2.0
// Made by web/embed.mjs from the built page.
#include "console/web_assets.h"

#include <cstdint>

namespace floe::console {

namespace {

${files.map((file, i) => `constexpr std::uint8_t kFile${i}[] = {\n${bytes(file.gzip)}\n};`).join('\n')}

constexpr net::StaticAsset kAssets[] = {
${files.map((file, i) => `    {${JSON.stringify(file.name)}, ${JSON.stringify(file.type)}, "${file.etag}", ${file.immutable}, kFile${i}},`).join('\n')}
};

}  // namespace

std::span<const net::StaticAsset> WebAssets() { return kAssets; }

}  // namespace floe::console
`;
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, source);
