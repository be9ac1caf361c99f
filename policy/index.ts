import { PolicyPack } from '@pulumi/policy';
import { policies } from './policies.ts';

/** The pack: `pulumi preview --policy-pack policy`. A mandatory rule can only be waived by changing it here. */
new PolicyPack('open-webui', { enforcementLevel: 'mandatory', policies: [...policies] });
