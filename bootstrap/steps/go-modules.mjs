/** Builds Pulumi's programs from published Go modules, for machines that reach packages but not Pulumi's downloads. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, folder } from '../../system/cache.mjs';
import { UserError } from '../../system/console.mjs';
import { run, which } from '../../system/exec.mjs';

const MODULES = fileURLToPath(new URL('../go', import.meta.url));
const VERSION_VARIABLE = 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version';

/** Names a build by what goes into it, so that a changed module is built again. */
function fingerprint(...modules) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const module of modules) {
    const dir = join(MODULES, module);
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith('_test.go'))
        hash.update(readFileSync(join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** The version of a module's requirement, as go.mod has it. */
const required = (module, path) =>
  new RegExp(`^(?:require )?\\s*${path.replaceAll('.', '\\.')} (v\\S+)`, 'm').exec(
    readFileSync(join(MODULES, module, 'go.mod'), 'utf8'),
  )[1];

function checkTools(env) {
  if (process.platform !== 'linux') {
    throw new UserError(
      "Pulumi's downloads cannot be reached from here, and building them from Go modules is for Linux only.\nInstall Pulumi 3.250 or newer (pulumi.com/docs/install) so that it is on PATH, and try again.",
    );
  }
  if (!which('go', env.PATH)) {
    throw new UserError(
      "Pulumi's downloads cannot be reached from here, so Pulumi has to be built, which needs Go.\nInstall Go 1.26 or newer (or any since 1.21 that may fetch its own newer release), or put pulumi 3.250 or newer on PATH, and try again.",
    );
  }
}

async function build(env, progress, module, what, args) {
  checkTools(env);
  progress(`building ${what} from Go modules`);
  await run('go', ['build', '-trimpath', ...args], {
    // The compiler must not be steered by what the machine sets for its own projects.
    env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
    cwd: join(MODULES, module),
    log: cached('logs', `go-${module}.log`),
  });
}

/** Builds the CLI and the language host; returns the folder that holds both. */
export function buildCli(env, progress) {
  return folder(buildCli.dir(), async (into) => {
    progress(
      "Pulumi's downloads cannot be reached: building from Go modules instead, about 5 minutes on 2 cores, once",
    );
    const version = buildCli.version();
    await build(env, progress, 'cli', `the Pulumi CLI ${version}`, [
      '-ldflags',
      `-s -w -X ${VERSION_VARIABLE}=${version}`,
      '-o',
      `${into}/`,
      'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
    ]);
    await build(env, progress, 'language-nodejs', 'the language host', [
      '-ldflags',
      '-s -w',
      '-o',
      join(into, 'pulumi-language-nodejs'),
      '.',
    ]);
  });
}
buildCli.version = () => required('cli', 'github.com/pulumi/pulumi/pkg/v3');
buildCli.dir = () => cached('pulumi', `modules-${fingerprint('cli', 'language-nodejs')}`);

/** Names the present build of the plugins. */
export const pluginBuild = () => `modules-${fingerprint('providers')}`;

/** Builds the plugins; returns the file of one of them. */
export async function buildPlugin(name, env, progress) {
  const dir = await folder(cached('plugins', pluginBuild()), async (into) => {
    progress('its download cannot be reached: building from Go modules instead, about 5 minutes on 2 cores, once');
    await build(env, progress, 'providers', 'the plugins', [
      '-tags',
      'no_compose',
      '-ldflags',
      '-s -w',
      '-o',
      `${into}/`,
      './cmd/...',
    ]);
  });
  return join(dir, `pulumi-resource-${name}`);
}
