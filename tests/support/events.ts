/** Events of Pulumi's engine, as its log has them. */

import type { automation } from '@pulumi/pulumi';
import { CONTAINER } from '../../core/resourceTypes.ts';

/** How the engine writes a secret into its log. */
export const SECRET = {
  '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
  ciphertext: '[secret]',
};

type Step = Partial<Omit<automation.StepEventMetadata, 'op' | 'old' | 'new'>> & {
  inputs?: Record<string, unknown>;
  was?: Record<string, unknown>;
  id?: string;
  custom?: boolean;
  retainOnDelete?: boolean;
};

const event = (rest: Partial<automation.EngineEvent>): automation.EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  ...rest,
});

const urnOf = (type: string, name: string) => `urn:pulumi:test::open-webui::${type}::${name}`;

/** What would be done to one resource. */
export function step(op: automation.OpType, type: string, name: string, given: Step = {}): automation.EngineEvent {
  const { inputs = {}, was = inputs, id = name, custom = true, retainOnDelete, ...rest } = given;
  const urn = urnOf(type, name);
  const state = (values: Record<string, unknown>): automation.StepEventStateMetadata => ({
    ...{ type, urn, id, custom, parent: '', provider: '', outputs: {}, inputs: values },
    ...(retainOnDelete === undefined ? {} : { retainOnDelete }),
  });
  const metadata = {
    ...{ op, urn, type, provider: '' },
    ...(op === 'create' ? {} : { old: state(was) }),
    ...(op === 'delete' ? {} : { new: state(inputs) }),
    ...rest,
  };
  return event({ resourcePreEvent: { metadata, planning: true } as automation.ResourcePreEvent });
}

export const differing = (...paths: string[]) => ({
  detailedDiff: Object.fromEntries(paths.map((path) => [path, {} as automation.PropertyDiff])),
});

export const says = (severity: string, message: string): automation.EngineEvent =>
  event({ diagnosticEvent: { severity, message, color: 'never' } as automation.DiagnosticEvent });

export const violates = (policyName: string, enforcementLevel: string, message: string): automation.EngineEvent =>
  event({
    policyEvent: {
      ...{ policyName, enforcementLevel, message, color: 'never' },
      resourceUrn: urnOf(CONTAINER, 'webui-container'),
    } as automation.PolicyEvent,
  });
