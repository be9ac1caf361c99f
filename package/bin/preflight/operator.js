import { isPartOf, readOwnState } from './state.js';
export async function operatorPassword({ deployment }) {
    const secret = (await readOwnState()).find(({ urn }) => isPartOf(urn, deployment, 'secrets-operator-password'));
    return typeof secret?.outputs['result'] === 'string' ? secret.outputs['result'] : '';
}
