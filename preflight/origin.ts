/** Whose deployment the preflight looks after: for the words of its errors, and for the names of what it registers itself. */

import * as pulumi from '@pulumi/pulumi';
import { type Origin, stackFile } from '../settings/origin.ts';

/** A deployment in a program. */
export interface Subject extends Origin {
  /** Name of the component in the program. */
  deployment: string;
  /** Name of what is registered before the component; several deployments of one program have their own. */
  nameOf: (what: string) => string;
  /** Whether a resource of the stack's state is a part of it, by its URN; others of the stack are other deployments'. */
  owns: (urn: string) => boolean;
  /** Options of that. */
  opts: pulumi.CustomResourceOptions;
  /** Whether it waits for something else of its program, which may well create what a preview does not find. Default: false */
  waits?: boolean;
  /** The provider with which the program wants the deployment, if it says so. */
  provider?: pulumi.ProviderResource | undefined;
}

/** The deployment of the present stack's file. */
export const ofStackFile = (): Subject => ({
  ...stackFile(pulumi.getProject(), pulumi.getStack()),
  deployment: 'chat',
  nameOf: (what) => what,
  // The only one of its stack.
  owns: () => true,
  opts: {},
});
