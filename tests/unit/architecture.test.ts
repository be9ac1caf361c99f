/** The house keeps its floors: who imports whom, and where each fact stands. docs/architecture.md has the picture. */

import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { circles, isIn, type Source, sourceOf, sourcesIn } from '../support/sources.ts';

/** What each room may import besides itself: rooms, folders or single files. Nothing else, and never upwards. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // The ground that all stand on.
  core: [],
  system: ['core/errors.mjs'],
  docker: ['core', 'system'],
  settings: ['core'],
  // The program: what `pulumi up` runs.
  platform: ['core', 'docker'],
  components: ['core', 'platform'],
  preflight: ['core', 'system', 'docker', 'settings', 'platform', 'components/gateway/configuration.ts', 'ops/backup'],
  'index.ts': ['core', 'settings', 'preflight', 'platform', 'components'],
  'lean.cjs': [],
  // The component for programs of every language, which Pulumi starts.
  package: ['core', 'settings', 'platform', 'components', 'preflight'],
  'package.js': [],
  // The operations: what people run on a stack.
  ops: ['core', 'system', 'docker', 'settings'],
  // The setup of a machine.
  setup: ['core', 'system', 'docker', 'settings'],
  bootstrap: ['core/errors.mjs', 'system', 'cli/main.ts'],
  // The commands, above all of them.
  cli: [
    ...['core', 'system', 'docker', 'settings', 'platform', 'components', 'preflight', 'ops', 'setup', 'bench'],
    ...['package/schema.ts', 'package/compatibility.ts'],
  ],
  // What looks at the house from outside.
  policy: ['core'],
  bench: [
    ...['core', 'system', 'docker', 'settings', 'platform', 'components', 'ops', 'setup'],
    // A Swarm that is none of this machine's own engine.
    'tests/support/secondEngine.ts',
  ],
  examples: ['components/index.ts'],
  'jest.config.cjs': [],
  tests: [
    ...['core', 'system', 'docker', 'settings', 'platform', 'components', 'preflight', 'index.ts', 'lean.cjs', 'ops'],
    ...['setup', 'bootstrap', 'cli', 'policy', 'bench', 'package'],
  ],
};

/** Packages that only some places may import. */
const USERS_OF: Readonly<Record<string, readonly string[]>> = {
  '@pulumi/docker': ['platform/docker', 'platform/swarm', 'policy', 'bench', 'examples/beside', 'tests'],
  '@pulumi/policy': ['policy', 'tests'],
  '@pulumi/pulumi': [
    ...['platform', 'components', 'preflight', 'index.ts', 'settings/read.ts', 'ops', 'cli'],
    ...['policy', 'bench', 'examples', 'package', 'tests'],
  ],
  zod: ['settings', 'ops', 'package', 'tests'],
};

/** Rooms that run before there are any packages. */
const WITHOUT_PACKAGES = ['system', 'bootstrap', 'lean.cjs', 'core/errors.mjs'];

/** What core/ may import: nothing that reads, writes or asks. Where there are names, these alone. */
const PURE: Readonly<Record<string, readonly string[] | undefined>> = {
  '@swimlane/docker-reference': undefined,
  'node:crypto': undefined,
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
  'node:path': ['posix'],
  'node:timers/promises': undefined,
};

/** Where programs are started. The package's build runs before there is anything to import. */
const STARTERS = ['system/exec.mjs', 'components/build.mjs', 'tests'];

/** Files that do something when they are imported. */
const ENTRIES = [
  ...['cli/main.ts', 'bootstrap/run.mjs', 'policy/index.ts', 'components/build.mjs', 'examples'],
  ...['package/index.ts', 'package.js'],
];

/** What is made of the sources, and is none of them. */
const BUILT = /^package\/bin\//;

/** A fact, how it reads in code, and the one file that has it; undefined where it is no source file. */
interface Fact {
  fact: string;
  pattern: RegExp;
  home: string | undefined;
  /** Places where the same text is something else. */
  elsewhere?: readonly string[];
}

/** Names of resources in the program end alike, and are no names on an engine. */
const LOGICAL_NAMES = ['components', 'platform', 'examples'];

const FACTS: readonly Fact[] = [
  { fact: 'labels on the engine', pattern: /com\.pulumi\./, home: 'core/labels.ts' },
  { fact: 'port of Open WebUI', pattern: /\b8080\b/, home: 'core/webui.ts' },
  { fact: 'port of Valkey', pattern: /\b6379\b/, home: 'core/valkey.ts' },
  {
    fact: 'user of the image of Valkey',
    pattern: /^999(:1000)?$|\b999:1000\b/,
    home: 'core/valkey.ts',
    // The image of Postgres has the same number for another user.
    elsewhere: ['core/postgres.ts'],
  },
  { fact: 'port of Postgres', pattern: /\b5432\b/, home: 'core/postgres.ts' },
  { fact: "Postgres' role of operations", pattern: /^operations$/, home: 'core/postgres.ts' },
  { fact: "Valkey's operator", pattern: /^operator$/, home: 'core/valkey.ts' },
  {
    fact: "Valkey's application",
    pattern: /^openwebui$/,
    home: 'core/valkey.ts',
    elsewhere: ['core/resourceTypes.ts'],
  },
  { fact: 'types of resources', pattern: /\bdocker:index\//, home: 'core/resourceTypes.ts' },
  { fact: 'types of components', pattern: /\bopenwebui:index:/, home: 'core/resourceTypes.ts' },
  { fact: 'name of an init container', pattern: /-init$/, home: 'core/names.ts', elsewhere: LOGICAL_NAMES },
  {
    fact: 'name of a volume for secrets',
    pattern: /(?<!--show)-secrets$/,
    home: 'core/names.ts',
    elsewhere: LOGICAL_NAMES,
  },
  { fact: 'name of an archive container', pattern: /-archive$/, home: 'core/names.ts' },
  // Pulumi.local.yaml names them.
  { fact: 'local images', pattern: /\blocal\/(valkey|open-webui|postgres)\b/, home: undefined },
  { fact: 'prefix of local images', pattern: /^local\/$/, home: 'core/images.ts' },
  {
    fact: 'what looks like a secret',
    pattern: /(SECRETS?|PASSWORDS?|TOKENS?)\\?[?$)]*\|_?[A-Z]|\|_?(SECRET|PASSWORD|TOKEN)|^SECRETS\?$/i,
    home: 'core/secretPatterns.ts',
  },
];

const sources = sourcesIn(join(__dirname, '..', '..'));
const paths = new Set(sources.map(({ path }) => path));
const roomOf = (path: string) => Object.keys(MAY_IMPORT).find((room) => isIn(path, [room]));
const packageOf = (name: string) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(name)?.[0] ?? name;

/** Sentences about what is wrong; a test shows them all at once. */
const findings = (rule: (source: Source) => string[]) =>
  sources.flatMap((source) => rule(source).map((text) => `${source.path} ${text}`));

describe('imports', () => {
  it('every file has its room', () => {
    expect(findings(({ path }) => (roomOf(path) ? [] : ['is in no room of the table']))).toEqual([]);
    expect(Object.keys(MAY_IMPORT).filter((room) => !sources.some(({ path }) => isIn(path, [room])))).toEqual([]);
  });

  it('name files that exist', () => {
    expect(
      findings(({ imports }) => imports.filter((to) => !paths.has(to) && !BUILT.test(to)).map((to) => `imports ${to}`)),
    ).toEqual([]);
  });

  it('go downwards, by the table', () => {
    const forbidden = ({ path, imports }: Source) => {
      const room = roomOf(path) ?? '';
      return imports
        .filter((to) => !isIn(to, [room, ...(MAY_IMPORT[room] ?? [])]) && !BUILT.test(to))
        .map((to) => `imports ${to}`);
    };
    expect(findings(forbidden)).toEqual([]);
  });

  it('make no circle', () => {
    expect(circles(sources).map((way) => way.join(' -> '))).toEqual([]);
  });
});

describe('packages', () => {
  const modulesOf = (source: Source) => source.modules.map(({ name, names }) => ({ of: packageOf(name), name, names }));

  it('stay in the rooms that need them', () => {
    expect(
      findings((source) =>
        modulesOf(source)
          .filter(({ of }) => USERS_OF[of] && !isIn(source.path, USERS_OF[of]))
          .map(({ name }) => `imports ${name}`),
      ),
    ).toEqual([]);
  });

  it('are none where nothing is installed yet', () => {
    expect(
      findings((source) =>
        modulesOf(source)
          .filter(({ name }) => isIn(source.path, WITHOUT_PACKAGES) && !isBuiltin(name))
          .map(({ name }) => `imports ${name}`),
      ),
    ).toEqual([]);
  });

  it('and the world outside are unknown to core', () => {
    const impure = (source: Source) =>
      !isIn(source.path, ['core'])
        ? []
        : [
            ...modulesOf(source)
              .filter(({ name, names }) => !(name in PURE) || !names.every((one) => PURE[name]?.includes(one) ?? true))
              .map(({ name, names }) => `imports ${names.join(', ')} of ${name}`),
            ...source.globals.map((name) => `uses ${name}`),
          ];
    expect(findings(impure)).toEqual([]);
  });

  it('to start programs are used in one place', () => {
    expect(
      findings((source) =>
        source.modules
          .filter(
            ({ name, typeOnly }) => /^(node:)?child_process$/.test(name) && !typeOnly && !isIn(source.path, STARTERS),
          )
          .map(({ names }) => `imports ${names.join(', ')} of node:child_process`),
      ),
    ).toEqual([]);
  });
});

describe('facts stand in one place', () => {
  it.each(FACTS)('$fact', ({ pattern, home, elsewhere = [] }) => {
    const copies = findings(({ path, literals }) =>
      isIn(path, ['tests', ...elsewhere, ...(home ? [home] : [])]) ? [] : literals.filter((text) => pattern.test(text)),
    );
    expect(copies).toEqual([]);
    const own = sources.find(({ path }) => path === home)?.literals ?? [];
    expect(own.some((text) => pattern.test(text))).toBe(home !== undefined);
  });
});

describe('files', () => {
  it('do nothing when they are imported, but for the entries', () => {
    const runs = ({ path, runs }: Source) => (runs && !isIn(path, [...ENTRIES, 'tests']) ? ['runs on import'] : []);
    expect(findings(runs)).toEqual([]);
  });

  it('hold one idea', () => {
    const long = ({ path, lines }: Source) => (lines >= 300 && !isIn(path, ['tests']) ? [`has ${lines} lines`] : []);
    expect(findings(long)).toEqual([]);
    expect(sources.find(({ path }) => path === 'index.ts')?.lines).toBeLessThanOrEqual(45);
  });
});

describe('the reader of sources', () => {
  it('finds every kind of import, and none in comments or texts', () => {
    const text = `
      // import './comment.ts';
      import type { A } from './a.ts';
      import { isIP as is } from 'node:net';
      import type * as all from '@scope/all/inner.js';
      export * from '../b.ts';
      export { c } from './c.ts';
      type D = import('./d.ts').D;
      const later = async () => [await import('./e.ts'), require('./f.cjs')];
      const text = "import './text.ts'";
      import 'pulumi-open-webui';
    `;
    const { imports, modules } = sourceOf('room/file.ts', text);
    expect(imports.sort()).toEqual([
      ...['b.ts', 'components/index.ts', 'room/a.ts', 'room/c.ts', 'room/d.ts', 'room/e.ts', 'room/f.cjs'],
    ]);
    expect(modules).toEqual([
      { name: 'node:net', names: ['isIP'], typeOnly: false },
      { name: '@scope/all/inner.js', names: ['*'], typeOnly: true },
    ]);
    expect(sourceOf('a/b.mjs', "/** @type {import('../c.mjs').D} */ export const d = 1;").imports).toEqual(['c.mjs']);
  });

  it('finds literals, what runs, and circles', () => {
    const code = `export const a = \`x-\${8080}-init\`; // 6379\nexport const b = /999/u, c = 'd';`;
    const { literals, runs } = sourceOf('a.ts', code);
    expect([literals.sort(), runs]).toEqual([['-init', '8080', '999', 'd', 'x-'], false]);
    expect(sourceOf('a.ts', 'await main();').runs).toBe(true);
    expect(sourceOf('a.ts', 'export const f = () => process.env;').globals).toEqual(['process']);
    const files = [sourceOf('a.ts', "import './b.ts'"), sourceOf('b.ts', "import type { C } from './c.ts'")];
    expect(circles(files)).toEqual([]);
    expect(circles([...files, sourceOf('c.ts', "import './a.ts'")])).toEqual([['a.ts', 'b.ts', 'c.ts', 'a.ts']]);
  });
});
