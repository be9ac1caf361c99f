/** A worker of a Swarm: its own containers, volumes and images, and a manager for all else. */

/** What a worker does not know, or no more of than its own tasks have brought. Containers join a network on their own engine. */
const FOR_MANAGERS = /^(node|service|swarm|network (ls|inspect|rm)) /;

type Command = (args: readonly string[], ...more: never[]) => unknown;
type Way = 'capture' | 'run' | 'attached' | 'start';

/** An engine whose commands that take a manager go to one. */
export function managedBy<Engine extends Record<Way, Command>>(manager: Engine, engine: Engine) {
  const routed = <Kind extends Way>(way: Kind) =>
    ((args, ...more) =>
      (FOR_MANAGERS.test(`${args.join(' ')} `) ? manager : engine)[way](args, ...more)) as Engine[Kind];
  return {
    ...{ ...engine, manager },
    ...{ capture: routed('capture'), run: routed('run'), attached: routed('attached'), start: routed('start') },
  };
}
