import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { Valkey } from '../../components/valkey/index.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { changed } from '../support/dockerClient.ts';
import { record } from '../support/mocks.ts';

const args = { platform: dockerPlatform(), name: 'redis-valkey', networkName: 'net', volume: 'redis-data' };

describe('limit of processes', () => {
  let warned: string[];

  beforeEach(() => {
    warned = [];
    jest.spyOn(pulumi.log, 'warn').mockImplementation(async (text) => {
      warned.push(text);
    });
  });

  const limits = () => warned.filter((text) => text.includes('processes'));

  it('is set when the container is there', async () => {
    await record(() => new Valkey('valkey', { ...args, pidsLimit: 100 }));
    expect(changed()).toEqual([{ endpoint: {}, args: ['update', '--pids-limit', '100', 'redis-valkey'] }]);
    expect(limits()).toEqual([]);
  });

  it('is set on the engine of the container', async () => {
    await record(() => {
      const provider = new docker.Provider('engine', {
        host: 'tcp://docker.example.com:2376',
        certPath: '/certificates',
      });
      return new Valkey('valkey', args, { provider });
    });
    const endpoint = { address: 'tcp://docker.example.com:2376', certificates: '/certificates' };
    expect(changed().map((one) => one.endpoint)).toEqual([endpoint]);
  });

  it('is left alone by a preview', async () => {
    await record(() => new Valkey('valkey', args), { preview: true });
    expect(changed()).toEqual([]);
  });

  it('is missed with a warning where it cannot be set', async () => {
    await record(() => new Valkey('valkey', args), { present: new Error('there is no docker command on PATH') });
    expect(limits()).toEqual([
      'The processes of redis-valkey are not limited to 256: there is no docker command on PATH.',
    ]);
  });
});
