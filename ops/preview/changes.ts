/** What a preview found, read from the events of Pulumi's engine. Names of properties only: values may be secrets. */

import type { automation } from '@pulumi/pulumi';
import { ROLE_LABEL, type Role } from '../../core/labels.ts';
import { VOLUME } from '../../core/resourceTypes.ts';

export type Operation = 'create' | 'update' | 'replace' | 'delete' | 'import';

/** What would happen to one object of the engine or generated secret. */
export interface Change {
  operation: Operation;
  /** Name in the program. */
  name: string;
  /** Such as `docker:Volume`. */
  type: string;
  /** What the engine calls what is there now. */
  id: string;
  /** Whether people's data is in it. */
  data: boolean;
  /** Whether the engine keeps what Pulumi deletes or replaces. */
  kept: boolean;
  /** Properties that differ. */
  paths: string[];
}

export interface Violation {
  mandatory: boolean;
  policy: string;
  /** Name in the program; empty for the stack as a whole. */
  resource: string;
  message: string;
}

export interface Findings {
  changes: Change[];
  /** Number of objects that stay as they are. */
  unchanged: number;
  /** Number of changes in Pulumi's own notes, which touch nothing outside of its state. */
  notes: number;
  violations: Violation[];
  warnings: string[];
  errors: string[];
}

const OPERATIONS: readonly string[] = ['create', 'update', 'replace', 'delete', 'import'] satisfies Operation[];

/** The engine's last line about a preview that failed for reasons that it has reported before. */
export const FAILED = 'preview failed';

const nameOf = (urn: string): string => urn.split('::').slice(3).join('::');

/** `docker:index/volume:Volume` is `docker:Volume` to people. */
const shortType = (type: string): string => type.replace(/:[^:]*:/, ':');

type Inputs = Record<string, unknown>;

/** Properties whose inputs differ. A secret is the same text here whatever its value is, so a change of one alone is not seen. */
function differing(before: Inputs = {}, after: Inputs = {}): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)].filter((name) => name !== '__defaults'));
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function pathsOf({ op, detailedDiff, diffs, old: before, new: after }: automation.StepEventMetadata): string[] {
  if (op !== 'update' && op !== 'replace') return [];
  const detailed = Object.keys(detailedDiff ?? {});
  // The engine tells no details of what it replaces because something else is replaced.
  const paths = detailed.length ? detailed : (diffs ?? differing(before?.inputs as Inputs, after?.inputs as Inputs));
  return [...paths].sort();
}

interface Label {
  label?: string;
  value?: string;
}

/** A volume, unless it says of itself that all of it can be made again. */
function holdsData(type: string, { labels = [] }: { labels?: Label[] }): boolean {
  if (type !== VOLUME) return false;
  return !labels.some(({ label, value }) => label === ROLE_LABEL && value === ('scratch' satisfies Role));
}

function changeOf(step: automation.StepEventMetadata): Change {
  const state = step.old ?? step.new;
  return {
    operation: step.op as Operation,
    name: nameOf(step.urn),
    type: shortType(step.type),
    id: step.old?.id ?? '',
    data: holdsData(step.type, (state?.inputs ?? {}) as { labels?: Label[] }),
    kept: state?.retainOnDelete ?? false,
    paths: pathsOf(step),
  };
}

/** Whether a step is about something that exists outside of Pulumi's state. */
const isReal = ({ type, old: before, new: after }: automation.StepEventMetadata): boolean =>
  (after ?? before)?.custom === true && !type.startsWith('pulumi:');

const once = (texts: string[]): string[] => [...new Set(texts.map((text) => text.trim()).filter(Boolean))];

/** Sorts the events of one preview into what people ask about. */
export function findings(events: readonly automation.EngineEvent[]): Findings {
  const steps = events.flatMap(({ resourcePreEvent: event }) => (event ? [event.metadata] : []));
  const done = steps.filter(({ op }) => OPERATIONS.includes(op));
  const said = (severity: string) =>
    once(
      events.flatMap(({ diagnosticEvent: event }) =>
        event?.severity === severity && !event.ephemeral ? [event.message] : [],
      ),
    );
  return {
    changes: done
      .filter(isReal)
      .map(changeOf)
      .sort((a, b) => a.name.localeCompare(b.name)),
    unchanged: steps.filter((step) => step.op === 'same' && isReal(step)).length,
    notes: done.filter((step) => !isReal(step)).length,
    violations: events.flatMap(({ policyEvent: event }) =>
      event
        ? [
            {
              mandatory: event.enforcementLevel === 'mandatory',
              policy: event.policyName,
              resource: nameOf(event.resourceUrn ?? ''),
              message: event.message.trim(),
            },
          ]
        : [],
    ),
    warnings: said('warning'),
    errors: said('error').filter((text) => text !== FAILED),
  };
}
