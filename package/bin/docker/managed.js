const FOR_MANAGERS = /^(node|service|swarm|network (ls|inspect|rm)) /;
export function managedBy(manager, engine) {
    const routed = (way) => ((args, ...more) => (FOR_MANAGERS.test(`${args.join(' ')} `) ? manager : engine)[way](args, ...more));
    return {
        ...{ ...engine, manager },
        ...{ capture: routed('capture'), run: routed('run'), attached: routed('attached'), start: routed('start') },
    };
}
