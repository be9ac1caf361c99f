import { newerEngineRoot } from '../../setup/newerEngine.ts';
import { SecondEngine } from './secondEngine.ts';

/**
 * Debian 13's Docker (26.1) beside this machine's own engine, as if on another host. The first start on a machine downloads its packages.
 *
 * @throws Error that says what is missing on this machine.
 */
export async function startNewerEngine(): Promise<SecondEngine> {
  const engine = await SecondEngine.start(await newerEngineRoot(process.env, () => {}));
  const version = engine.docker('version', '--format', '{{.Server.Version}}');
  if (Number.parseInt(version, 10) >= 26) return engine;
  await engine.stop();
  throw new Error(`The second engine is Docker ${version}, and not the one of Debian 13`);
}
