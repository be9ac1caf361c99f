import * as pulumi from '@pulumi/pulumi';
import { stackFile } from '../settings/origin.js';
export const ofStackFile = () => ({
    ...stackFile(pulumi.getProject(), pulumi.getStack()),
    deployment: 'chat',
    nameOf: (what) => what,
    owns: () => true,
    opts: {},
});
