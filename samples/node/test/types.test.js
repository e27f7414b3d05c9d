'use strict';
// The typings, as a program in TypeScript takes them. Without tsc and @types/node it is skipped: UVKAFKA_TYPESCRIPT is a
// folder whose node_modules has them; otherwise they are looked for where Node finds modules.
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');

const uvkafka = require('..');

function find(name) {
  const folders = [process.env.UVKAFKA_TYPESCRIPT, path.join(__dirname, '..'), '/usr/lib', '/usr/local/lib',
    '/usr/share/nodejs/..'];
  const places = folders.filter(Boolean).map((folder) => path.join(folder, 'node_modules', name));
  return places.find((place) => fs.existsSync(place));
}

const typescript = find('typescript');
const types = find('@types/node');
const missing = typescript === undefined || types === undefined;

test('a program compiles with tsc --strict', { skip: missing && 'SKIPPED: typescript and @types/node are not installed' },
  (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'uvkafka-types-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    fs.mkdirSync(path.join(folder, 'node_modules', '@types'), { recursive: true });
    fs.symlinkSync(path.dirname(__dirname), path.join(folder, 'node_modules', 'uvkafka'));
    fs.symlinkSync(types, path.join(folder, 'node_modules', '@types', 'node'));
    const undici = path.join(types, '..', '..', 'undici-types');
    if (fs.existsSync(undici)) fs.symlinkSync(undici, path.join(folder, 'node_modules', 'undici-types'));
    fs.copyFileSync(path.join(__dirname, 'types', 'program.ts'), path.join(folder, 'program.ts'));
    for (const [module, resolution] of [['node16', 'node16'], ['esnext', 'bundler']]) {
      const done = spawnSync(process.execPath, [path.join(typescript, 'bin', 'tsc'), '--strict', '--noEmit', '--target', 'es2022',
        '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--types', 'node', '--preserveSymlinks',
        '--module', module, '--moduleResolution', resolution, 'program.ts'], { cwd: folder, encoding: 'utf8' });
      assert.strictEqual(done.stdout + done.stderr, '');
      assert.strictEqual(done.status, 0);
    }
  });

test('the typings name what the package has, and nothing else', () => {
  const text = fs.readFileSync(path.join(__dirname, '..', 'index.d.ts'), 'utf8');
  const told = [...text.matchAll(/^export (?:declare )?(?:class|function|const) (\w+)/gm)].map((found) => found[1]);
  // Made by sessions and consumers only: programs have their types, and not their constructors.
  const made = ['Batch', 'Consumer', 'Groups', 'Message', 'Producer'];
  assert.deepStrictEqual(told.filter((name) => !made.includes(name)).sort(), Object.keys(uvkafka).sort());
});
