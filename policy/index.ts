import { PolicyPack } from '@pulumi/policy';
import { policies } from './policies.ts';

/** The pack: `pulumi preview --policy-pack policy`. Nobody can waive a mandatory rule but by changing it here. */
new PolicyPack('open-webui', { enforcementLevel: 'mandatory', policies: [...policies] });
